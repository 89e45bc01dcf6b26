"""Tables (CSV) of Weibo posts as statuses: one row a post, the columns told by their names. Pure.

Weibo documents no export of one's own posts; tables of statuses are what people have.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from typing import IO, Any, cast

from collectors.archive_files import MB, ArchiveLimits, Broken, Meter, Value
from collectors.weibo import parse_date

_NAMES: dict[str, tuple[str, ...]] = {
    "id": ("mid", "id", "idstr", "微博id", "weibo_id"),
    "text": ("text", "正文", "微博正文", "微博内容", "内容", "content"),
    "created_at": ("created_at", "发布时间", "发布日期", "日期", "date", "time"),
    "pictures": ("pic_urls", "pics", "原始图片url", "微博图片url", "图片", "图片链接", "original_pictures"),
    "user_id": ("user_id", "uid", "用户id"),
    "screen_name": ("screen_name", "用户昵称", "昵称", "用户名", "user_name"),
    "region": ("region_name", "publish_place", "发布位置", "位置", "ip"),
    "repost_id": ("retweet_id", "retweeted_id", "源微博id", "原微博id"),
}
_NEEDED = ("id", "text")
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_WEIBO_ZONE = timezone(timedelta(hours=8))
_SPLIT = re.compile(r"[\s,;，；]+")
_MOST_COLUMNS = 500


def read_rows(stream: IO[bytes], meter: Meter, limits: ArchiveLimits) -> Iterator[Value | Broken]:
    """The rows of a table as statuses in Weibo's own form, with the number of their line.

    UTF-8 or GB 18030. A row that is longer than a post can be is set aside with the rest of the file.
    """
    csv.field_size_limit(int(limits.max_line_mb * MB))
    text = io.TextIOWrapper(
        cast(Any, _Metered(stream, meter)), _encoding(stream), errors="replace", newline=""
    )
    table = csv.reader(text, strict=False)
    columns: dict[str, int] | None = None
    try:
        for row in table:
            if columns is None:
                columns = _columns(row)
                if columns is None:
                    words = ", ".join(_NAMES[name][0] for name in _NEEDED)
                    yield Broken("", f"a table without the columns {words} holds no posts that we know")
                    return
                continue
            if any(cell.strip() for cell in row):
                yield _status(row, columns, f":{table.line_num}")
    except csv.Error as error:
        yield Broken(f":{table.line_num}", f"not a row of a table ({error}); nothing behind it was read")
    if columns is None:
        yield Broken("", "the file is empty")


class _Metered(io.BufferedIOBase):
    """The stream, counted."""

    def __init__(self, stream: IO[bytes], meter: Meter) -> None:
        self._stream = stream
        self._meter = meter

    def readable(self) -> bool:
        return True

    def read1(self, size: int = -1, /) -> bytes:
        return self.read(size if size >= 0 else 1 << 16)

    def read(self, size: int | None = -1, /) -> bytes:
        data = self._stream.read(1 << 16 if size is None or size < 0 else size)
        self._meter.add(len(data))
        return data


def _encoding(stream: IO[bytes]) -> str:
    head = stream.peek(1 << 16) if isinstance(stream, io.BufferedReader) else b""
    try:
        # What is cut off in the middle of a character says nothing against UTF-8.
        head[: max(0, len(head) - 4)].decode("utf-8")
    except UnicodeDecodeError as error:
        return "utf-8-sig" if error.start >= len(head) - 8 else "gb18030"
    return "utf-8-sig"


def _columns(names: list[str]) -> dict[str, int] | None:
    """Which column holds what; None where a needed one is missing."""
    spelled = [name.strip().strip("\ufeff").casefold() for name in names[:_MOST_COLUMNS]]
    found = {
        field: spelled.index(name)
        for field, known in _NAMES.items()
        for name in reversed(known)
        if name in spelled
    }
    return found if all(name in found for name in _NEEDED) else None


def _status(row: list[str], columns: dict[str, int], place: str) -> Value | Broken:
    cells = {name: row[at].strip() if at < len(row) else "" for name, at in columns.items()}
    ident = cells["id"].strip("'\"\t ")
    if not (ident.isascii() and ident.isdecimal()):
        return Broken(place, "a row without the number of a post", ",".join(row)[:200].encode())
    status: dict[str, Any] = {"mid": ident, "idstr": ident, "text": cells["text"]}
    user = {"idstr": cells.get("user_id", ""), "screen_name": cells.get("screen_name", "")}
    status["user"] = {name: value for name, value in user.items() if value}
    created = cells.get("created_at", "")
    if created:
        status["created_at"] = _date(created)
    status["pic_urls"] = [a for a in _SPLIT.split(cells.get("pictures", "")) if a.startswith("http")]
    if cells.get("region"):
        status["region_name"] = cells["region"]
    repost = cells.get("repost_id", "")
    if repost.isascii() and repost.isdecimal() and repost != "0":
        status["retweeted_status"] = {"mid": repost}
    return Value(place, status)


def _date(words: str) -> str:
    """In Weibo's own spelling; without a zone it is Beijing's. What is no date stays as it is."""
    if parse_date(words):
        return words
    try:
        moment = datetime.fromisoformat(words.replace("/", "-"))
    except ValueError:
        return words
    moment = moment if moment.tzinfo else moment.replace(tzinfo=_WEIBO_ZONE)
    day, month = _DAYS[moment.weekday()], _MONTHS[moment.month - 1]
    return f"{day} {month} {moment:%d %H:%M:%S %z} {moment.year}"
