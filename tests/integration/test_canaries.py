"""A word of its own in every field that comes from outside: where each is found afterwards, and where it may be.

The whole road is walked with real photos, also over what is broken; then logs, numbers, pages by role, exports,
public numbers, replies and a backup are searched.
"""

# ruff: noqa: E501  (the table of fields, one a line)
from __future__ import annotations

import io
import json
import logging
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from PIL import Image
from structlog.testing import capture_logs

from bot.config import Config
from bot.console.app import ConsoleSettings, build_app
from bot.pipeline import backing_up, counting
from bot.services import case_files, exporting, importing, people, public_numbers, replies, review
from bot.services import cases as registry
from bot.wiring import Built
from store.errors import HomewardError
from store.records.case import Case
from tests.integration import ready
from tests.integration.conftest import work_off
from tests.integration.console.conftest import Browser

pytestmark = pytest.mark.servers

POSTS = {"rob", "ada"}
"""Who reads posts: the reviewer, and the one person of a small team."""
CASES = {"rob", "regi", "ada", "root"}
"""Who reads cases; the administrator without faces."""
OUTBOX = POSTS | {"olga", "root"}
"""Who sees to whom a reply goes."""
RAW = POSTS
"""What the page of a sighting shows below all else: the payload as it came."""
NOBODY: set[str] = set()
# Each field and the accounts whose pages may show it. What is nobody's must be found on no page at all.
MAY_SHOW: dict[str, set[str]] = {
    "author_name": POSTS, "author_handle": OUTBOX, "author_bio": RAW, "author_field": RAW,
    "author_avatar": RAW, "text": POSTS, "alt_text": POSTS, "warning": POSTS, "permalink": POSTS,
    "tag_url": RAW, "mention": POSTS, "media_path": RAW, "media_query": RAW, "file_name": RAW,
    "unknown_field": RAW, "exif_artist": NOBODY, "exif_comment": NOBODY, "exif_description": NOBODY,
    "exif_model": POSTS, "jpeg_comment": NOBODY, "icc": NOBODY, "behind_the_end": NOBODY,
    "case_name": CASES, "case_description": CASES, "case_marks": CASES, "case_place": CASES,
    "case_source_id": CASES, "case_photo_name": NOBODY, "case_photo_exif": NOBODY,
    "contact_name": NOBODY, "contact_phone": NOBODY, "contact_email": NOBODY,
    "broken_json": NOBODY, "broken_photo": NOBODY, "bad_row": NOBODY, "no_xml": NOBODY, "bad_date": NOBODY,
}  # fmt: skip
WORDS = {name: f"kq{number:02d}{name.replace('_', '')}zx" for number, name in enumerate(MAY_SHOW)}
STAFF = {
    "root": "admin", "rob": "reviewer", "regi": "registrar", "vera": "viewer", "olga": "organiser",
    "omar": "officer", "ada": people.EVERYDAY,
}  # fmt: skip
PAGES = (
    "/", "/review", "/review?pile=aside", "/sightings", "/sightings?show=1", "/cases", "/outbox", "/outbox/talks",
    "/outbox/tasks", "/outbox/summons", "/outbox/people", "/coverage", "/alarms", "/hashtags", "/campaign",
    "/campaign/reports", "/leads", "/finding", "/finding/audit", "/holds", "/case-files", "/referrals", "/quarantine",
    "/safeguarding", "/people", "/me", "/cases/import", "/cases/duplicates", "/cases/removed", "/api/v1/sightings",
    "/api/v1/candidates", "/api/v1/cases", "/api/v1/outbox", "/api/v1/overview", "/api/v1/hashtags", "/api/v1/alarms",
)  # fmt: skip
FORMULA = "=HYPERLINK(1)+"


def w(name: str) -> str:
    """The word of a field."""
    return WORDS[name]


def picture(source: Path, *names: str) -> bytes:
    """A real photo with words in its metadata, and behind its end."""
    image = Image.open(source).convert("RGB")
    exif = Image.Exif()
    comment, profile, tail = b"", b"", b""
    if names:
        exif[0x010E], exif[0x013B], exif[0x0110] = w("exif_description"), w("exif_artist"), w("exif_model")
        exif.get_ifd(0x8769)[0x9286] = b"ASCII\0\0\0" + w("exif_comment").encode()
        comment, profile, tail = (w(name).encode() for name in ("jpeg_comment", "icc", "behind_the_end"))
    else:
        exif[0x010E] = w("case_photo_exif")
    out = io.BytesIO()
    image.save(out, "JPEG", quality=95, exif=exif.tobytes(), comment=comment, icc_profile=profile or None)
    return out.getvalue() + tail


def status() -> dict[str, Any]:
    """A Mastodon status with a word in every field that shows or names something."""
    made = ready.mastodon_status(1, "p1.jpg")
    made["content"] = made["content"].replace("没有人陪", f"没有人陪 {w('text')} ")
    made["account"] |= {
        "display_name": w("author_name"), "acct": f"{w('author_handle')}@sample.example",
        "username": w("author_handle"), "note": f"<p>{w('author_bio')}</p>", "avatar": f"https://x.example/{w('author_avatar')}",
        "fields": [{"name": w("author_field"), "value": w("author_field")}],
    }  # fmt: skip
    made["media_attachments"][0] |= {
        "description": w("alt_text"), "url": f"https://files.sample.example/{w('media_path')}/p1.jpg?k={w('media_query')}",
        "meta": {"name": w("file_name")},
    }  # fmt: skip
    made["mentions"].append(
        {"id": "5", "username": "x", "acct": f"{w('mention')}@x.example", "url": "https://x.example"}
    )
    made["tags"][0]["url"] = f"https://sample.example/{w('tag_url')}"
    made["spoiler_text"], made["x_unknown"] = w("warning"), {"deep": [w("unknown_field")]}
    made["url"] = f"https://sample.example/@{w('permalink')}/1"
    return made


def bring_what_is_broken(built: Built, folder: Path) -> None:
    """Files of every kind that cannot be read, each with a word in it."""
    folder.mkdir(parents=True, exist_ok=True)
    broken = ready.mastodon_status(2, "bad.jpg")
    ready.bring_in(built, folder, "with-bad-photo", [broken], bad=f"<svg>{w('broken_photo')}</svg>".encode())
    dated = ready.mastodon_status(3) | {"created_at": w("bad_date")}
    ready.bring_in(built, folder, "with-bad-date", [dated])
    (folder / "cut.json").write_text('[{"text": "' + w("broken_json"))
    importing.import_paths(built.road, [folder / "cut.json"], by="test", statement=ready.MADE_UP)
    (folder / "rows.csv").write_text(f"id,full_name,sex\nr.example/9,{w('bad_row')},{w('bad_row')}\n")
    (folder / "no.xml").write_text(f"<!DOCTYPE {w('no_xml')}><pfif>{w('no_xml')}")
    for name in ("rows.csv", "no.xml"):
        with suppress(HomewardError):
            case_files.import_file(built.road, folder / name, by="ana", source_name="r.example")


def register(built: Built, folder: Path) -> str:
    """The child whom the photo shows, with words in every field."""
    photo = folder / f"{w('case_photo_name')}.jpg"
    photo.write_bytes(picture(ready.REGISTERED))
    case = Case(
        "reg.example/1", f"{FORMULA}{w('case_name')}", "reg.example", w("case_source_id"), sex="male", date_of_birth="1990",
        description=w("case_description"), marks=f"@{w('case_marks')}", last_seen_place=f"-{w('case_place')}",
    )  # fmt: skip
    contact = {name: w(name) for name in ("contact_name", "contact_phone", "contact_email")}
    registry.add(
        built.road,
        case,
        [registry.read_photo(photo, 31)],
        by="ana",
        contact=contact,
        standing=ready.standing(case.id),
    )
    registry.verify(built.road, case.id, by="ben", evidence="police ref. 1")
    registry.activate(built.road, case.id, by="ben")
    return case.id


@dataclass
class Walked:
    """The installation after the walk, and everything that it logged on the way."""

    built: Built
    case_id: str
    logs: list[str] = field(default_factory=list)


@pytest.fixture
def walked(
    build: Callable[..., Built], config: Callable[..., Config], tmp_path: Path, caplog: Any
) -> Iterator[Walked]:
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.INFO, "PIL")  # It tells of the pictures that are drawn here.
    built = ready.quick(build(config()))
    with capture_logs() as said:
        ready.staff(built)
        for name, role in STAFF.items():
            people.add(built.road, name, role, by="test")
        case_id = register(built, tmp_path)
        ready.bring_in(built, tmp_path / "posts", "posts", [status()], p1=picture(ready.PORTRAIT, "words"))
        bring_what_is_broken(built, tmp_path / "broken")
        work_off(built)
        counting.rebuild(built.road)
        found = Walked(built, case_id)
        yield found
        found.logs += [json.dumps(entry, default=str, ensure_ascii=False) for entry in said]


def words_in(text: str) -> set[str]:
    """The fields whose words stand in a text, however it is escaped or coded."""
    plain = text.casefold()
    return {name for name, word in WORDS.items() if word in plain}


def browser(built: Built, name: str) -> Browser:
    app = build_app(built.road, ConsoleSettings(metrics=built.road.metrics.render))
    made = Browser(app)
    assert made.post(f"/enter/{people.link(built.road, name)}").status_code == 303
    made.get("/me")
    return made


def pages_of(built: Built, case_id: str, who: Browser) -> Iterator[tuple[str, Any]]:
    """Every page with what is there filled in, and the pages that these link to."""
    keys = [card.row.match.key for card in review.listing(built.road)]
    assert keys, "the photo was not found to be the child's"
    post = review.listing(built.road)[0].post.key
    named = [f"/review?key={quote(key, safe='')}" for key in keys]
    named += [f"/sighting?key={quote(post, safe='')}", f"/case?id={quote(case_id, safe='')}&show=1"]
    named += [f"/api/v1/sighting?key={quote(post, safe='')}", f"/api/v1/case?id={quote(case_id, safe='')}"]
    named += [f"/cases/edit?id={quote(case_id, safe='')}"]
    seen: set[str] = set()
    for path in (*PAGES, *named):
        answer = who.get(path)
        assert answer.status_code < 500, path
        yield path, answer
        seen |= set(re.findall(r'(?:src|href)="(/photo/[^"]+|/crop/[^"]+)"', answer.text))
    for path in sorted(seen):
        yield path.replace("&amp;", "&"), who.http.get(path.replace("&amp;", "&"))


def test_each_word_is_found_only_where_it_belongs(walked: Walked, tmp_path: Path, caplog: Any) -> None:
    built, shown = walked.built, dict[str, set[str]]()
    photos = 0
    for name in STAFF:
        for path, answer in pages_of(built, walked.case_id, browser(built, name)):
            if answer.headers.get("content-type", "").startswith("image/"):
                photos += 1
                assert words_in(answer.content.decode("latin-1")) == set(), path
                clean = Image.open(io.BytesIO(answer.content))
                assert set(clean.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}, (
                    path,
                    clean.info,
                )
                assert not clean.getexif(), path
                continue
            assert words_in(json.dumps(dict(answer.headers))) == set(), path
            for word in words_in(answer.text):
                shown.setdefault(word, set()).add(f"{name} {path}")
    wrong = [
        f"{word}: {place}"
        for word, places in sorted(shown.items())
        for place in sorted(places)
        if place.split()[0] not in MAY_SHOW[word]
    ]
    assert not wrong, "\n".join(wrong)
    assert {"text", "author_handle", "case_name", "case_description"} <= set(shown), "the walk showed nothing"
    assert photos >= 4
    _nothing_open_tells(built)
    _documents(built, walked.case_id, tmp_path)
    said = "\n".join(json.dumps(record.__dict__, default=str) for record in caplog.records)
    assert words_in(said) == set()


def _nothing_open_tells(built: Built) -> None:
    """What needs no session: probes, metrics, public numbers, errors, the login page."""
    stranger = Browser(build_app(built.road, ConsoleSettings(metrics=built.road.metrics.render)))
    for path in (
        "/healthz",
        "/readyz",
        "/metrics",
        "/public",
        "/public/numbers.json",
        "/login",
        "/nope",
        "/sighting",
    ):
        answer = stranger.get(path)
        assert words_in(answer.text + json.dumps(dict(answer.headers))) == set(), path
    with suppress(HomewardError):  # Nothing is published until somebody decides to.
        assert words_in(json.dumps(public_numbers.public(built.road), default=str)) == set()
    ada = browser(built, "ada")
    for path in (
        "/case?id=reg.example/404",
        "/sighting?key=mastodon:404",
        "/review?key=nothing",
        "/photo/" + "0" * 64,
    ):
        assert words_in(ada.get(path).text) == set(), path


def _documents(built: Built, case_id: str, folder: Path) -> None:
    """Replies, exports and a backup."""
    rows = replies.listing(built.road)
    assert rows and words_in(" ".join(row.text for row in rows)) <= {"author_handle"}
    sheet = exporting.export(built.road, by="root", why="test", form="csv")
    cells = [cell.strip('"') for line in sheet.text.splitlines() for cell in line.split(",")]
    assert not [cell for cell in cells if cell[:1] in ("=", "+", "-", "@", "\t", "\r")], (
        "a formula in a sheet"
    )
    for form in exporting.FORMATS:
        told = words_in(exporting.export(built.road, by="root", why="test", form=form).text)
        assert not told & {"contact_name", "contact_phone", "contact_email", "case_photo_exif"}, form
        assert not told & {name for name in WORDS if not name.startswith("case_")}, form
    assert built.road.backup is not None
    made = backing_up.make(built.road, built.road.backup, folder / "backup", by="test")
    assert words_in(made.path.read_bytes().decode("latin-1")) == set()


def test_no_word_from_outside_is_logged(walked: Walked, tmp_path: Path) -> None:
    with capture_logs() as said:
        for name in ("ada", "root"):
            for _ in pages_of(walked.built, walked.case_id, browser(walked.built, name)):
                pass
        bring_what_is_broken(walked.built, tmp_path / "again")
        work_off(walked.built)
    lines = [json.dumps(entry, default=str, ensure_ascii=False) for entry in said]
    assert [line for line in lines if words_in(line)] == []


def test_the_words_of_the_walk_itself_are_in_no_log_line(
    build: Callable[..., Built], config: Callable[..., Config], tmp_path: Path, caplog: Any
) -> None:
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.INFO, "PIL")  # It tells of the pictures that are drawn here.
    with capture_logs() as said:
        built = ready.quick(build(config()))
        ready.staff(built)
        register(built, tmp_path)
        ready.bring_in(built, tmp_path / "posts", "posts", [status()], p1=picture(ready.PORTRAIT, "words"))
        bring_what_is_broken(built, tmp_path / "broken")
        work_off(built)
    lines = [json.dumps(entry, default=str, ensure_ascii=False) for entry in said]
    lines += [record.getMessage() for record in caplog.records]
    assert lines and [line for line in lines if words_in(line)] == []
