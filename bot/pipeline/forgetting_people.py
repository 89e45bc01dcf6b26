"""Forgetting a person or single posts in every table, file and cache; says what went and what could not.

Who may ask for it and when is decided in bot/services/erasure.py. A post goes by `ingest.take_gone`, as when
its author deletes it; this adds what names an author beside their posts, and that they stay forgotten.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import structlog

from bot.pipeline import ingest, optouts
from bot.pipeline.road import Road
from store import audit, campaign_days, erasing, forgotten, hidden, letting_go, posts, record_keys
from store.db import Transaction
from store.erasing import Held
from store.errors import UsageError
from store.records.post import Author, Gone, Platform
from store.steps import step

log = structlog.get_logger(__name__)

WHY = "forgotten: somebody asked for it"
AT_ONCE = 100
MOST_FILE_MB = 64
LEAST_NAME = 4
PACKED = (".zip", ".gz", ".tgz", ".bz2", ".xz", ".7z", ".rar", ".tar")
KEPT = (
    ("records of what was done", "the audit chain and tombstones keep addresses of posts, without content, "
     "so that the posts are not taken again"),
    ("wishes", "keyed digests of the account keep it from being written to and collected again"),
    ("backups", "those made until now hold it until they end; what lay under seal opens in none of them, and "
     "a restore forgets it again"),
    ("elsewhere", "copies on the platforms, and case files that were handed over, are out of reach"),
)  # fmt: skip


@dataclass(slots=True)
class Report:
    """What went by kind, what is left by kind (nothing, where all is well), and what cannot go and why."""

    went: dict[str, int] = field(default_factory=dict)
    left: dict[str, int] = field(default_factory=dict)
    kept: list[tuple[str, str]] = field(default_factory=list)

    @property
    def total(self) -> int:
        """How much went."""
        return sum(self.went.values())


def held_of(road: Road, tx: Transaction, platform: Platform, author_id: str, handle: str) -> Held:
    """An author as rows know them. Raises UsageError where a handle stood for several accounts."""
    found = erasing.accounts(tx, platform.value, author_id, handle)
    ids = {each for each, _ in found if each} | ({author_id} - {""})
    if len(ids) > 1:
        words = f"stood for {len(ids)} accounts here; say which by its lasting id: {', '.join(sorted(ids))}"
        raise UsageError(handle, words)
    plain = handle.strip().lstrip("@＠")
    handles = {each for _, each in found if each} | ({plain} - {""})
    digests = tuple(road.key.digest("author", f"{platform.value}:{each}") for each in sorted(ids))
    return Held(platform.value, tuple(sorted(ids)), tuple(sorted(handles)), digests)


def person(road: Road, platform: Platform, author_id: str, handle: str, *, by: str) -> Report:
    """Forget an author: all posts with all that hangs on them, messages, names in the outbox, files.

    Can be called again: then nothing is left to go. Raises UsageError (see `held_of`).
    """
    with road.store.reading() as tx:
        who = held_of(road, tx, platform, author_id, handle)
        keys = _keys(tx, who)
        before = erasing.counts(tx, keys) | erasing.of_author(tx, who)
    with road.store.transaction(durable=True) as tx:
        # First, so that nothing of them comes in meanwhile.
        _remember(road, tx, who, by)
    _posts(road, keys, by)
    with road.store.transaction(durable=True) as tx:
        for each in who.ids:
            hidden.drop_author(tx, platform, each)
        erasing.drop_of_author(tx, who)
    report = _settled(road, keys, before, who)
    files = _files(road, report, who, keys)
    if files:
        report.went["imported files"] = files
    _written(road, report, by, "person.forgotten", optouts.digest(road, platform, _author(who))[:16])
    return report


def _author(who: Held) -> Author:
    return Author(who.ids[0] if who.ids else "", who.handles[0] if who.handles else "")


def single(road: Road, keys: Sequence[str], *, by: str) -> Report:
    """Forget single posts. Can be called again: then nothing is left to go."""
    with road.store.reading() as tx:
        before = erasing.counts(tx, keys)
    _posts(road, keys, by)
    report = _settled(road, keys, before, None)
    _written(road, report, by, "posts.forgotten", str(len(keys)))
    return report


def _keys(tx: Transaction, who: Held) -> list[str]:
    keys = set(erasing.posts_of(tx, who.platform, who.ids, who.handles))
    for each in who.ids:
        keys |= set(letting_go.by_author(tx, Platform(who.platform), each))
    return sorted(keys)


def _remember(road: Road, tx: Transaction, who: Held, by: str) -> None:
    now = road.clock()
    for each in who.ids or ("",):
        for handle in who.handles or ("",):
            names = forgotten.author_digests(road.key.digest, who.platform, each, handle)
            forgotten.put_author(tx, names, who.platform, now)
            author = Author(each, handle)
            why = f"asked to be forgotten, done by {by}"
            optouts.put(road, tx, Platform(who.platform), author, everywhere=False, why=why)


def _posts(road: Road, keys: Sequence[str], by: str) -> None:
    for start in range(0, len(keys), AT_ONCE):
        part, now = keys[start : start + AT_ONCE], road.clock()
        with road.store.transaction(durable=True) as tx:
            known = [key for key in part if posts.has(tx, key)]
            for key in known:
                ingest.take_gone(road, tx, Gone(key, posts.get(tx, key).platform, WHY, now))
            campaign_days.bring(tx, known, road.life.zone, now)
            step("forget.person.before_commit")


def _settled(road: Road, keys: Sequence[str], before: dict[str, int], who: Held | None) -> Report:
    """Keys of rows that are gone, and the database's log, go too; then everything is counted once more."""
    with road.store.transaction(durable=True) as tx:
        record_keys.drop_orphans(tx)
    road.store.empty_log()
    with road.store.reading() as tx:
        after = erasing.counts(tx, keys) | (erasing.of_author(tx, who) if who is not None else {})
    report = Report(kept=list(KEPT))
    for kind, number in before.items():
        if number > after.get(kind, 0):
            report.went[kind] = number - after.get(kind, 0)
    report.left = {kind: number for kind, number in after.items() if number}
    if report.left.get("our replies that name them"):
        report.kept.append(("our replies", "are being taken back; call this again when they are"))
    return report


def _files(road: Road, report: Report, who: Held, keys: Sequence[str]) -> int:
    """Imported files that hold the author, in `inbox/done`: they are needed for nothing any more."""
    if road.backup is None:
        return 0
    names = (*who.handles, *who.ids, *keys)
    gone, unread = drop_files(road.backup.home.inbox / "done", names)
    words = "is packed or large and was not looked through; delete it if it may hold the person"
    report.kept += [(f"inbox/done/{name}", words) for name in unread]
    return gone


def drop_files(done: Path, named: Iterable[str]) -> tuple[int, list[str]]:
    """Delete files below a folder that hold one of the names: (how many, those not looked through)."""
    names, gone, unread = {each.encode() for each in named if len(each) >= LEAST_NAME}, 0, list[str]()
    for path in sorted(done.rglob("*")) if done.is_dir() else ():
        if not path.is_file() or path.is_symlink():
            continue
        if path.suffix.lower() in PACKED or path.stat().st_size > MOST_FILE_MB * 2**20:
            unread.append(str(path.relative_to(done)))
        elif _holds(path, names):
            path.unlink()
            gone += 1
    return gone, unread


def _holds(path: Path, names: set[bytes]) -> bool:
    data = path.read_bytes()
    return any(name in data for name in names)


def _written(road: Road, report: Report, by: str, action: str, subject: str) -> None:
    with road.store.transaction(durable=True) as tx:
        audit.write(tx, road.clock(), by, action, subject, went=report.went, left=report.left)
    log.info("forgotten", rows=report.total, left=sum(report.left.values()))
