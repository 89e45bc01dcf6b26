"""A platform that does not exist, brought by four new files: nothing that stands has to be edited for it."""

from __future__ import annotations

import importlib
import json
import logging
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
import structlog

import bot.rules
import bot.senders
import collectors
from bot import main, wiring
from bot.senders import registry as senders
from collectors import registry
from store import posts
from store import tables as t
from store.db import Store, sqlite_url, utc_now
from store.migrate import migrate
from store.records.permit import Use
from store.records.reply import Level
from tests.levels import agree_in

COLLECTOR = '''
"""Posts that pigeons bring: one JSON object a line in the loft's file."""

from dataclasses import replace
from pathlib import Path

from collectors.base import Checked, NotSupported, Option, Secret, SourceSpec
from collectors.payload import Fields, Reading, decode_json, refused
from store.errors import BadPayload, Unreachable
from store.records.page import Page
from store.records.post import Author, Gone, Platform, Post

PIGEON = Platform("pigeon")
SPEC = SourceSpec(
    "pigeon", PIGEON, streams=False, polls=True, poll_every_s=600.0, docs="docs/platforms/pigeon.md",
    options=(Option("loft", str, None, "the loft's file"), Option("page_size", int, 2, "notes at once")),
    secrets=(Secret("HOMEWARD_PIGEON_RING", "the ring of our own pigeon: ask the loft keeper"),),
)


def is_payload(value):
    return isinstance(value, dict) and "ring" in value and "note" in value


def read_payload(value, received_at, *, where=""):
    note = Fields(value, [])
    ring = note.ident("ring")
    if not ring:
        return refused(where, "a note without ring", value)
    author = note.text("from")
    text = note.text("note")
    names = tuple(word.strip("@") for word in text.split() if word.startswith("@"))
    tags = tuple(word.strip("#") for word in text.split() if word.startswith("#"))
    post = Post(
        f"pigeon:{ring}", PIGEON, Author(author, author), text, received_at, note.time("flown"), ring,
        hashtags=tags, mentions=names, raw=value, problems=tuple(note.problems),
    )
    return Reading(posts=(post,))


def build(name, options, context):
    return Loft(name, Path(options["loft"]), options["page_size"], context)


class Loft:
    spec = SPEC

    def __init__(self, name, file, size, context):
        self.name, self._file, self._size, self._context = name, file, size, context

    def _lines(self):
        try:
            return self._file.read_text().splitlines()
        except OSError:
            raise Unreachable(self.name, "no pigeon has come back") from None

    def poll(self, query, cursor):
        lines, start = self._lines(), int(cursor or 0)
        page, end = Page(), min(start + self._size, len(lines))
        for at, line in enumerate(lines[start:end], start):
            where = f"{self.name} line {at}"
            try:
                reading = read_payload(decode_json(line.encode()), self._context.clock(), where=where)
            except ValueError as error:
                reading = refused(where, str(error), line.encode())
            aside = page.set_aside + reading.set_aside
            page = replace(page, posts=page.posts + reading.posts, set_aside=aside)
        return replace(page, cursor=str(end), more=end < len(lines))

    def follow(self, queries, cursor, stop):
        raise NotSupported(self.name)

    def search(self, query, span, cursor):
        raise NotSupported(self.name)

    def mentions(self, cursor):
        raise NotSupported(self.name)

    def lookup(self, ids):
        now = self._context.clock()
        known = {p.native_id: p for p in self.poll(None, "").posts}
        return [known.get(i) or Gone(f"pigeon:{i}", PIGEON, "flown away", now) for i in ids]

    def check(self, queries):
        return [Checked("loft", True, f"{len(self._lines())} notes are in the loft")]

    def close(self):
        pass
'''

SENDER = '''
"""Answers by pigeon: one line in the file beside the loft."""

import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path

from bot.rules.lengths import LengthRule
from bot.senders.base import SenderSpec
from store.records.post import Platform
from store.records.reply import Absent, Receipt, Refused, SenderLimits

SPEC = SenderSpec(Platform("pigeon"), LengthRule(400, "letters", "https://pigeon.example/legs", count=len))


def build(account, secrets, user_agent):
    ring = secrets.get("HOMEWARD_PIGEON_RING", "")
    return PigeonSender(account, ring) if ring else None


class PigeonSender:
    platform = "pigeon"
    limits = SenderLimits(400, "letters", 20, 100, "https://pigeon.example/legs")

    def __init__(self, account, ring):
        self.account, self._file = account.handle, Path(ring)

    def measure(self, text, to_handle):
        return len(text)

    def may_answer(self, reply):
        return ""

    def send(self, reply):
        with self._file.open("a") as sent:
            sent.write(json.dumps({"to": reply.to_native_id, "text": reply.text}) + "\\n")
        digest = hashlib.sha256(reply.text.encode()).hexdigest()
        return Receipt(f"leg-{reply.reference}", "", datetime.now(UTC), digest)

    def find(self, reply):
        return Absent("no pigeon carries it")

    def withdraw(self, receipt):
        return Refused("a pigeon cannot be called back")
'''

POLICY = """
platform: pigeon
read_on: 2026-11-01
delete_within_h: 48
lines:
  - {id: pigeon_store, use: store, allows: true, words: Notes may be kept., source: "https://pigeon.example/a"}
  - {id: pigeon_match, use: match, allows: false, words: Pigeons refuse., source: "https://pigeon.example/b"}
  - {id: pigeon_reply, use: reply, allows: true, words: Answers may fly., source: "https://pigeon.example/c"}
  - {id: pigeon_show, use: show, allows: true, words: Notes may be shown., source: "https://pigeon.example/d"}
signs:
  - {id: pigeon_bot, sign: no_bot, forbids: [store], words: No bots., source: "https://pigeon.example/e"}
"""

CONFIG = """
campaign:
  hashtags: ["found"]
  sources:
    - name: loft
      kind: pigeon
      loft: {loft}{more}
contact: {{address: tests@homeward.example}}
legal: {{responsible: Tests, country: CN, face_basis: tests, privacy_contact: tests@homeward.example}}
accounts:
  pigeon: {{handle: homeward}}
permissions:
  - {{platform: pigeon, use: show, basis: a note, grantor: the keeper}}
reply: {{level: auto, receipt_delay_min_s: 0, receipt_delay_max_s: 0}}
console: {{port: 0}}
"""
NOTES = [
    {
        "ring": "r1",
        "note": "@homeward seen #found at the pier",
        "from": "ana",
        "flown": "2026-02-08T12:00:00Z",
    },
    {"ring": "r2", "note": "seen #found too", "from": "ben", "flown": "yesterday", "futureField": 1},
    {"note": "no ring #found"},
    {"ring": "r3", "note": "and #found again", "from": "cas", "flown": "2026-02-08T12:01:00Z"},
]


def forget() -> None:
    """What is remembered of the adapters that are there."""
    for name in ("collectors.pigeon", "bot.senders.pigeon"):
        sys.modules.pop(name, None)
    for cached in (registry._adapters, senders._modules, wiring.policies):
        cached.cache_clear()
    importlib.invalidate_caches()


@pytest.fixture
def pigeon(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder with the new platform's files, found as if they lay in the packages."""
    new = tmp_path / "pigeon"
    texts = {"collectors": COLLECTOR, "senders": SENDER, "rules/policies": POLICY}
    for folder, text in texts.items():
        (new / folder).mkdir(parents=True)
        (new / folder / f"pigeon.{'yaml' if 'policies' in folder else 'py'}").write_text(text)
    for package, folder in ((collectors, "collectors"), (bot.senders, "senders"), (bot.rules, "rules")):
        monkeypatch.setattr(package, "__path__", [*package.__path__, str(new / folder)])
    root = logging.getLogger()
    before = root.handlers[:], root.level
    forget()
    yield new
    monkeypatch.undo()
    forget()
    root.handlers[:], root.level = before
    structlog.reset_defaults()


@pytest.fixture
def call(
    pigeon: Path, data: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, Any]]:
    """Runs a command on a campaign whose one source is the loft; gives exit code and answer."""
    loft, config = pigeon / "loft.jsonl", pigeon / "config.yaml"
    loft.write_text("".join(json.dumps(note) + "\n" for note in NOTES))
    config.write_text(CONFIG.format(loft=loft, more=""))
    monkeypatch.setenv("HOMEWARD_PIGEON_RING", str(pigeon / "sent.jsonl"))

    def run(*words: str) -> tuple[int, Any]:
        capfd.readouterr()
        code = main.main(["--config", str(config), "--data", str(data), *words, "--json"])
        out, err = capfd.readouterr()
        assert "Traceback" not in out + err
        return code, json.loads(out)

    return run


def test_the_registry_finds_its_collector_its_sender_and_its_policy(pigeon: Path) -> None:
    spec = registry.specs()["pigeon"]
    assert spec.platform in registry.platforms() and spec.platform.value == "pigeon"
    assert senders.lengths()[spec.platform].measure("five!") == 5
    assert wiring.policies()["pigeon"].delete_within_h == 48


def test_config_check_takes_its_kind_and_names_what_it_does_not_know(
    call: Callable[..., tuple[int, Any]], pigeon: Path
) -> None:
    assert call("config", "check") == (0, {"ok": True, "mistakes": []})
    file = pigeon / "config.yaml"
    file.write_text(CONFIG.format(loft="x", more="\n      page_sice: 3\n      page_size: many"))
    code, answer = call("config", "check")
    found = {item["path"].rpartition(".")[2]: item for item in answer["mistakes"]}
    assert code == 3 and set(found) == {"page_sice", "page_size"}
    assert "page_size" in found["page_sice"]["allowed"] and "a whole number" in found["page_size"]["allowed"]
    file.write_text(
        CONFIG.format(loft="x", more="").replace("pigeon:", "pigeom:").replace(" pigeon,", " dove,")
    )
    _, answer = call("config", "check")
    paths = [item["path"] for item in answer["mistakes"]]
    assert "accounts.pigeom" in paths and "permissions[0].platform" in paths
    assert all("pigeon" in item["allowed"] for item in answer["mistakes"])


def test_its_posts_are_collected_under_its_policy_and_its_sender_answers(
    call: Callable[..., tuple[int, Any]], pigeon: Path, data: Path
) -> None:
    store = Store(sqlite_url(data / "homeward.db"))
    migrate(store)
    agree_in(store, Level.AUTO, utc_now())
    code, answer = call("once")
    assert code == 0 and answer["problems"] == []
    with store.reading() as tx:
        stored = {row.key: row for row in tx.execute(sa.select(t.posts))}
        permit = posts.permit_of(tx, "pigeon:r1")
        aside = tx.execute(sa.select(t.set_aside)).all()
        again = posts.get(tx, "pigeon:r2")
    store.close()
    assert set(stored) == {"pigeon:r1", "pigeon:r2", "pigeon:r3"}
    assert {line.rule for line in permit.why} >= {"pigeon_store", "pigeon_match", "pigeon_reply"}
    assert not permit.may_match and [line.use for line in permit.why if not line.allows] == [Use.MATCH]
    assert (
        again.platform is registry.specs()["pigeon"].platform and again.problems and again.raw["futureField"]
    )
    assert len(aside) == 1 and "without ring" in aside[0].reason
    sent = [json.loads(line) for line in (pigeon / "sent.jsonl").read_text().splitlines()]
    assert [line["to"] for line in sent] == ["r1"] and len(sent[0]["text"]) <= 400
    assert call("once")[0] == 0 and len((pigeon / "sent.jsonl").read_text().splitlines()) == 1


def test_import_reads_its_payloads(call: Callable[..., tuple[int, Any]], pigeon: Path) -> None:
    code, answer = call("import", str(pigeon / "loft.jsonl"))
    assert code in (0, 1) and answer["stored"] == 3 and len(answer["set_aside"]) == 1


def test_doctor_tries_it_out(call: Callable[..., tuple[int, Any]], pigeon: Path) -> None:
    checks = {check["name"]: check for check in call("doctor")[1]["checks"]}
    assert checks["source loft"]["ok"] and checks["source loft"]["words"] == "4 notes are in the loft"
    (pigeon / "loft.jsonl").unlink()
    checks = {check["name"]: check for check in call("doctor")[1]["checks"]}
    assert not checks["source loft"]["ok"] and "no pigeon has come back" in checks["source loft"]["words"]


def test_nothing_of_it_is_left_when_its_files_are_gone() -> None:
    assert "pigeon" not in registry.specs() and "pigeon" not in wiring.policies()
