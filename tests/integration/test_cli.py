"""The command line as people and scripts use it: help, JSON, exit codes, one sentence for each mistake."""

from __future__ import annotations

import hashlib
import inspect
import json
import logging
import os
import re
import shlex
import shutil
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import structlog
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot import home, main
from bot.cli.app import command as root_command
from store import jobs, migrate
from store.db import Store, sqlite_url, utc_now
from store.records.work import Stage
from tests.integration import ready
from tests.integration.conftest import ROOT, SAMPLE

DONE, PROBLEMS, WRONG_USE, WRONG_CONFIG, OUTSIDE = range(5)
MATCHING = "mastodon:https://sample.example/users/lin_sample/statuses/115600000000000101"

CONFIG = """
campaign:
  hashtags: []
contact: {address: tests@homeward.example}
legal: {responsible: Tests, country: CN, face_basis: tests, privacy_contact: tests@homeward.example}
accounts:
  mastodon: {server: "https://sample.example", handle: homeward}
reply: {receipt_delay_min_s: 0, receipt_delay_max_s: 0}
console: {port: 0}
"""


@dataclass
class Said:
    """What one call answered."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one document on standard output."""
        return json.loads(self.out)

    def assert_one_sentence(self) -> None:
        """A failure is told in one line, without a traceback and without an answer."""
        assert "Traceback" not in self.err + self.out
        lines = [line for line in self.err.splitlines() if line.strip()]
        assert len(lines) == 1 and 10 < len(lines[0]) < 400, self.err


@pytest.fixture(autouse=True)
def _logs_as_they_were() -> Iterator[None]:
    root = logging.getLogger()
    before = root.handlers[:], root.level
    yield
    root.handlers[:], root.level = before
    structlog.reset_defaults()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A config file with everything but hashtags: a fresh folder shows the sample."""
    path = tmp_path / "conf" / "config.yaml"
    path.parent.mkdir()
    path.write_text(CONFIG)
    return path


Call = Callable[..., Said]


@pytest.fixture
def call(file: Path, data: Path, capfd: pytest.CaptureFixture[str]) -> Call:
    """Runs one command in this process on the test's config and data folder."""

    def run(*arguments: str | Path, config: Path = file, on: Path = data) -> Said:
        capfd.readouterr()
        code = main.main(["--config", str(config), "--data", str(on), *map(str, arguments)])
        out, err = capfd.readouterr()
        assert "Traceback" not in out + err
        return Said(code, out, err)

    return run


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory, places: Path) -> Path:
    """A data folder in which `once` has shown the sample."""
    folder = tmp_path_factory.mktemp("template")
    shutil.copy(places, folder / "places.sqlite")
    config = folder / "config.yaml"
    config.write_text(CONFIG)
    assert main.main(["--config", str(config), "--data", str(folder), "once", "--json"]) == DONE
    return folder


@pytest.fixture
def worked(template: Path, data: Path, call: Call) -> Call:
    """Like `call`, with the sample worked off."""
    ready.copied(template, data)
    return call


def process(*arguments: str | Path, **options: Any) -> Said:
    """The same in a process of its own, as a person would."""
    command = [sys.executable, str(ROOT / "run_bot.py"), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, **options)
    return Said(done.returncode, done.stdout, done.stderr)


def commands(group: Any = None, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Every command and group of commands, by its words."""
    group = group or root_command()
    for name, command in group.commands.items():
        yield (*path, name)
        if hasattr(command, "commands"):
            yield from commands(command, (*path, name))


ALL = sorted(commands())
LEAVES = [path for path in ALL if not any(other[: len(path)] == path and other != path for other in ALL)]


# ── help ─────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("path", [(), *ALL], ids=lambda path: " ".join(path) or "(root)")
def test_every_command_has_help(path: tuple[str, ...], call: Call) -> None:
    said = call(*path, "--help")
    assert said.code == DONE and "Usage:" in said.out
    is_group = path not in LEAVES
    assert is_group or "Example:" in said.out, "no command without an example"
    assert len(re.sub(r"\s+", " ", said.out)) > 80


def examples() -> list[tuple[tuple[str, ...], str]]:
    """(command, its documented example) of every command."""
    found = []
    for path in LEAVES:
        command: Any = root_command()
        for name in path:
            command = command.commands[name]
        text = re.search(r"Example: (.+)", command.callback.__doc__ or command.help or "")
        assert text, path
        found.append((path, text[1].strip()))
    return found


@pytest.mark.parametrize(("path", "example"), examples(), ids=lambda value: str(value)[:40])
def test_every_documented_example_parses(path: tuple[str, ...], example: str) -> None:
    words = shlex.split(example)
    assert words[0] == "run_bot.py"
    command: Any = root_command()
    context = command.make_context("run_bot.py", words[1:])
    meant: Any = command
    for name in path:
        meant = meant.commands[name]
    while hasattr(command, "commands"):
        rest = [*context._protected_args, *context.args]
        name, command, rest = command.resolve_command(context, rest)
        context = command.make_context(name, list(rest), parent=context)
    assert inspect.unwrap(command.callback) is inspect.unwrap(meant.callback), "an example of this command"


def test_the_documented_commands_are_there() -> None:
    first = {path[0] for path in ALL}
    assert {
        "run",
        "once",
        "import",
        "cases",
        "matches",
        "review",
        "reply",
        "status",
        "doctor",
        "config",
        "user",
    } <= first


# ── once, and what it left ───────────────────────────────────────────────────────────────────────


def test_once_on_a_fresh_folder_shows_the_samples_matches(call: Call) -> None:
    said = call("once", "--json")
    assert (said.code, said.json["posts"], said.json["problems"]) == (DONE, 6, [])
    found = call("matches", "list", "--json").json
    assert {(m["case"], m["who_hears"]) for m in found if m["label"] == "sighting"} == {
        ("sample.example/001", "case team and author"),
        ("sample.example/001", "case team only"),
    }
    assert {m["tier"] for m in found if m["label"] == "poster"} == {"set_aside"}
    again = call("once", "--json")
    assert again.json["posts"] == 6 and call("matches", "list", "--json").json == found


def test_a_process_of_its_own_gives_the_same(worked: Call, data: Path, file: Path) -> None:
    said = process("--config", file, "--data", data, "matches", "list", "--json")
    assert said.code == DONE and len(said.json) == 3
    assert said.json == worked("matches", "list", "--json").json
    assert said.err == ""


READERS = [
    ("status",), ("matches", "list"), ("review", "list"), ("reply", "list"), ("cases", "list"),
    ("user", "list"),
    ("config", "show"), ("config", "check"), ("doctor",), ("cases", "show", "sample.example/001"),
]  # fmt: skip


@pytest.mark.parametrize("words", READERS, ids=lambda words: " ".join(words))
def test_json_is_one_document_on_standard_output_and_nothing_else(
    worked: Call, words: tuple[str, ...]
) -> None:
    said = worked("--log-level", "DEBUG", *words, "--json")
    assert said.code in (DONE, PROBLEMS)
    assert said.out.strip()[0] in "[{" and said.json is not None
    plain = worked(*words)
    assert plain.code == said.code and plain.out.strip()
    with pytest.raises(ValueError, match=r"Expecting|Extra|char"):
        json.loads(plain.out) if words != ("config", "show") else json.loads("x")


@pytest.mark.servers
def test_logs_go_to_standard_error(data: Path, file: Path) -> None:
    said = process(
        "--config", file, "--data", data, "--log-level", "INFO", "import", SAMPLE / "posts", "--json"
    )
    assert said.code == DONE
    counts = {name: said.json[name] for name in ("found", "stored", "set_aside", "not_kept")}
    assert counts == {"found": 6, "stored": 6, "set_aside": [], "not_kept": {}}
    quiet = process("--config", file, "--data", data, "status", "--json")
    assert quiet.json["posts"] == 6 and quiet.err == ""


def test_clusters_reasons_and_thresholds_have_commands(worked: Call) -> None:
    key = next(m["key"] for m in worked("matches", "list", "--json").json if m["post"] == MATCHING)
    together = worked("review", "cluster", key, "--of", "case", "--json").json
    assert together["matches"][0]["key"] == key and len(together["matches"]) == 2
    shown = worked("review", "show", key, "--json").json
    assert {"sex_words", "first_hand", "travel", "new_picture"} <= {r["name"] for r in shown["reasons"]}
    assert worked("review", "assign", key, "--to", "nobody").code == WRONG_USE
    assert worked("matches", "why", MATCHING, "--json").json == []
    assert worked("matches", "why").code == WRONG_USE
    state = worked("thresholds", "list", "--json").json
    assert state["in_force"]["alert"] is None and state["proposals"] == [], "the wish was never measured"
    proposed = worked("thresholds", "propose")
    assert proposed.code == WRONG_USE and "100 cases" in proposed.err
    assert worked("thresholds", "accept", "1").code == WRONG_USE
    turned = worked("review", "not-this-child", key, "--of", "case", "--json")
    assert (turned.code, turned.json["state"]) == (DONE, "rejected")
    assert worked("review", "list", "--json").json == []


def test_matches_review_and_reply_round(worked: Call) -> None:
    found = worked("matches", "list", "--json").json
    key = next(m["key"] for m in found if m["post"] == MATCHING)
    short = worked("matches", "list").out
    assert key[:12] in short, "the short key of the table"
    shown = worked("matches", "show", key[:16], "--json").json
    assert shown["key"] == key and shown["reasons"] and shown["when"]["start"] and shown["where"]["lat"]
    decided = worked("review", "possible", key, "--note", "looks alike", "--json")
    assert (decided.code, decided.json["state"]) == (DONE, "possible")
    (reply,) = decided.json["replies"]
    assert reply["state"] == "rehearsed"
    twice = worked("review", "not-this-child", key)
    assert twice.code == WRONG_USE
    twice.assert_one_sentence()
    assert worked("review", "undo", "--json").json["state"] == "open"
    assert worked("review", "later", key, "--json").json["state"] == "later"
    assert [m["key"] for m in worked("review", "list", "--later", "--json").json] == [key]
    row = worked("reply", "show", reply["key"], "--json").json
    assert row["text"] == reply["text"] and row["visibility"] == "direct"
    refused = worked("reply", "approve", reply["key"])
    assert refused.code == WRONG_USE and "dry-run" in refused.err
    assert worked("reply", "stop", "--why", "tried").code == DONE
    assert worked("status", "--json").json["paused"] is True
    assert worked("reply", "resume").code == WRONG_USE, "a reason is asked for"
    assert worked("reply", "resume", "--why", "it was only tried").code == DONE


def test_photos_of_a_match_are_written_as_clean_copies(worked: Call, tmp_path: Path) -> None:
    found = worked("matches", "list", "--json").json
    key = next(m["key"] for m in found if m["post"] == MATCHING)
    said = worked("matches", "show", key, "--photos", tmp_path / "look", "--json")
    assert said.code == DONE and said.json["key"] == key
    written = list((tmp_path / "look").iterdir())
    assert len(written) == 2 and all(p.read_bytes()[:2] == b"\xff\xd8" for p in written)


def test_a_picture_is_reported_and_only_the_officer_hears_what_it_is(call: Call, tmp_path: Path) -> None:
    for name, role in (("ana", "registrar"), ("olga", "officer")):
        assert call("user", "add", name, "--role", role).code == DONE
    added = call("cases", "add", "home/1", "--name", "A", "--photo", ready.REGISTERED, "--by", "ana")
    assert added.code == DONE, added.err
    digest = hashlib.sha256(ready.REGISTERED.read_bytes()).hexdigest()
    said = call("quarantine", "report", digest, "--note", "test", "--by", "ana", "--json")
    assert said.code == DONE, said.err
    reference = said.json["reference"]
    status = call("status")
    assert "1 quarantine task open" in status.out and reference not in status.out
    assert "1 quarantine task open" in call("doctor").out
    assert call("cases", "show", "home/1", "--json").json["photos"] == []
    refused = call("quarantine", "list", "--by", "ana")
    assert refused.code == WRONG_USE and "officer" in refused.err
    refused.assert_one_sentence()
    (task,) = call("quarantine", "list", "--by", "olga", "--json").json
    assert (task["reference"], task["state"]) == (reference, "open")
    assert "12377" in call("quarantine", "show", reference, "--by", "olga").out
    told = ("quarantine", "reported", reference, "--to", "12377", "--reference", "7", "--by", "olga")
    call(*told).assert_one_sentence()
    done = call(*told, "--preserve-until", "2099-01-01", "--json")
    assert done.code == DONE and done.json["state"] == "reported"
    file = tmp_path / "evidence.bin"
    over = call("quarantine", "hand-over", reference, "--to", file, "--why", "police", "--by", "olga")
    assert over.code == DONE and file.read_bytes() == ready.REGISTERED.read_bytes()
    late = call("quarantine", "release", reference, "--why", "a portrait", "--by", "olga")
    assert late.code == WRONG_USE and "reported" in late.err
    assert call("quarantine", "lists", "--json").json["lists"] == []


def test_cases_and_users_round(call: Call, data: Path) -> None:
    nobody = call("cases", "add", "home/1", "--name", "A", "--photo", ready.REGISTERED)
    assert nobody.code == WRONG_USE and "user add" in nobody.err
    nobody.assert_one_sentence()
    assert not (data / "homeward.db").exists(), "a refused command begins no real data"
    for name in ("ana", "ben"):
        assert call("user", "add", name, "--role", "registrar").code == DONE
    assert [user["name"] for user in call("user", "list", "--json").json] == ["ana", "ben"]
    added = call(
        "cases", "add", "home/1", "--name", "A Child", "--photo", ready.REGISTERED, "--photo-age", "31",
        "--born", "1990", "--by", "ana", "--json",
    )  # fmt: skip
    assert (added.code, added.json["status"], len(added.json["photos"])) == (DONE, "draft", 1)
    own = call("cases", "verify", "home/1", "--evidence", "police 1", "--by", "ana")
    assert own.code == WRONG_USE and "second person" in own.err
    early = call("cases", "verify", "home/1", "--evidence", "police 1", "--by", "ben")
    assert early.code == WRONG_USE and "neither an authority's reference" in early.err
    rests = call(
        "cases", "standing", "home/1", "--authority", "police", "--reference", "ref. 12/345",
        "--relation", "parent",
        "--relation-evidence", "birth certificate", "--photo-consent-by", "her mother", "--photo-consent-on",
        "2026-01-02", "--adult-basis", "an adult, who agreed", "--by", "ana", "--json",
    )  # fmt: skip
    assert rests.code == DONE and rests.json["holds"] == []
    assert call("cases", "verify", "home/1", "--evidence", "police 1", "--by", "ben").code == DONE
    assert call("cases", "activate", "home/1", "--by", "ben", "--json").json["status"] == "active"
    said = ("--source", "the makers of the sample", "--basis", "fictional")
    assert call("import", SAMPLE / "posts", *said, "--json").code == DONE
    assert call("once", "--json").code == DONE
    assert [m["case"] for m in call("review", "list", "--json").json] == ["home/1", "home/1"]
    ended = call("cases", "end", "home/1", "located", "--evidence", "police call", "--by", "ben", "--json")
    assert ended.json["status"] == "located"
    assert call("review", "list", "--json").json == []
    link = call("user", "link", "ana", "--json").json["url"]
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/enter/[\w-]{20,}", link)


def test_a_sealed_case_is_shown_on_the_command_line_to_its_team_alone(call: Call, tmp_path: Path) -> None:
    for name, role in (("ana", "registrar"), ("ben", "registrar"), ("ada", "admin")):
        call("user", "add", name, "--role", role)
    sheet = tmp_path / "cases.json"
    sheet.write_text('[{"source_id": "1", "full_name": "A"}, {"source_id": "2", "full_name": "B"}]')
    call("cases", "import", sheet, "--source", "reg.example", "--by", "ana")
    assert call("cases", "seal", "reg.example/1", "--why", "an order", "--by", "ana").code == DONE
    for by in ((), ("--by", "ben"), ("--by", "ada")):
        hidden = call("cases", "show", "reg.example/1", *by)
        assert hidden.code == WRONG_USE
        assert hidden.err == call("cases", "show", "reg.example/9", *by).err.replace("/9", "/1")
        assert [case["id"] for case in call("cases", "list", *by, "--json").json] == ["reg.example/2"]
    assert call("cases", "show", "reg.example/1", "--by", "ana", "--json").json["sealed"] is True
    assert len(call("cases", "list", "--by", "ana", "--json").json) == 2
    letter = ("--publish", "--basis", "letter of 5 January", "--by", "ana")
    assert call("cases", "source", "reg.example", *letter, "--json").json[0]["publish"] is True
    out = tmp_path / "out.xml"
    done = call("cases", "export", out, "--why", "to the police", "--by", "ada", "--json")
    assert (done.code, done.json["cases"]) == (DONE, ["reg.example/2"])
    assert "reg.example/2" in out.read_text() and "reg.example/1" not in out.read_text()
    feed = ("--source", "other.example", "--domain", "reg.example")
    other = call("cases", "import", out, *feed, "--by", "ana")
    assert other.code == PROBLEMS and "from another source" in other.out


def test_cases_are_imported_with_exit_code_1_for_listed_problems(call: Call, tmp_path: Path) -> None:
    call("user", "add", "ana", "--role", "registrar")
    sheet = tmp_path / "cases.csv"
    sheet.write_text("source_id,full_name\n1,A\n2,\n")
    dry = call("cases", "import", sheet, "--source", "reg", "--by", "ana", "--dry-run", "--json")
    assert (dry.code, dry.json["added"], dry.json["dry_run"]) == (PROBLEMS, ["reg/1"], True)
    assert call("cases", "list", "--json").json == []
    done = call("cases", "import", sheet, "--source", "reg", "--by", "ana", "--json")
    assert done.json["set_aside"][0]["where"] == "cases.csv:3"
    assert [case["id"] for case in call("cases", "list", "--json").json] == ["reg/1"]


def test_retry_brings_set_aside_work_back(worked: Call, data: Path) -> None:
    store = Store(sqlite_url(data / "sample" / "homeward.db"))
    with store.transaction() as tx:
        jobs.enqueue(tx, Stage.LOOK, MATCHING, priority=0, not_before=utc_now(), now=utc_now())
        (job,) = jobs.claim(tx, [Stage.LOOK], now=utc_now(), lease=timedelta(seconds=1), most=1)
        jobs.give_back(tx, job, not_before=utc_now(), reason="tried enough", dead=True)
    store.close()
    assert worked("status", "--json").json["dead_jobs"][0]["reason"] == "tried enough"
    assert worked("retry", "look", MATCHING).code == DONE
    assert worked("status", "--json").json["dead_jobs"] == []
    nothing = worked("retry", "look", MATCHING)
    assert nothing.code == WRONG_USE
    nothing.assert_one_sentence()


# ── sample and real data ─────────────────────────────────────────────────────────────────────────


def test_the_sample_can_be_left_and_entered_until_real_data_begins(worked: Call, data: Path) -> None:
    assert worked("status", "--json").json["sample"] is True
    assert worked("sample", "leave").code == DONE
    assert worked("sample", "enter").code == DONE
    assert worked("status", "--json").json["sample"] is True
    assert worked("import", SAMPLE / "posts" / "x.json", "--json").json["stored"] == 1
    status = worked("status", "--json").json
    assert (status["sample"], status["posts"]) == (False, 1)
    refused = worked("sample", "enter")
    assert refused.code == WRONG_USE
    refused.assert_one_sentence()
    assert (data / "sample" / "homeward.db").exists(), "the sample lies there, apart"


def test_hashtags_in_the_config_are_real_data(worked: Call, file: Path) -> None:
    file.write_text(CONFIG.replace("hashtags: []", "hashtags: [Mine]"))
    assert worked("status", "--json").json["sample"] is False
    refused = worked("sample", "enter")
    assert refused.code == WRONG_USE and "hashtags" in refused.err


@pytest.mark.parametrize(
    "words", [("import", "nowhere.json"), ("user", "add", "bad name!"), ("cases", "import", "no.csv")]
)
def test_a_mistaken_command_does_not_end_the_sample(call: Call, data: Path, words: tuple[str, ...]) -> None:
    said = call(*words)
    assert said.code == WRONG_USE
    said.assert_one_sentence()
    assert not (data / "homeward.db").exists()
    assert call("status", "--json").json["sample"] is True


def test_an_import_with_problems_lists_them_and_exits_1(call: Call, tmp_path: Path) -> None:
    broken = tmp_path / "broken.json"
    broken.write_text('{"statuses": [')
    said = call("import", broken, SAMPLE / "posts" / "x.json", "--json")
    assert said.code == PROBLEMS
    assert said.json["stored"] == 1 and set(said.json["set_aside"][0]) == {"where", "reason"}
    plain = call("import", broken)
    assert plain.code == PROBLEMS and "set aside" in plain.out


# ── wrong config ─────────────────────────────────────────────────────────────────────────────────


def test_a_wrong_config_is_3_with_file_line_and_the_nearest_name(call: Call, file: Path) -> None:
    file.write_text("campaign:\n  hastags: [x]\n  sources:\n    - {name: a, kind: mastodn}\n")
    for words in (("config", "check"), ("status",), ("once",), ("run",), ("doctor",), ("cases", "list")):
        said = call(*words)
        assert said.code == WRONG_CONFIG, words
        assert re.search(r"config\.yaml:2: .*hastags.*hashtags", said.err), said.err
        assert re.search(r"config\.yaml:4: .*mastodn", said.err)
        assert said.out == ""
    document = call("config", "check", "--json")
    assert document.code == WRONG_CONFIG and document.json["ok"] is False
    assert {m["line"] for m in document.json["mistakes"]} == {2, 4}


@pytest.mark.parametrize("content", [None, b"\xff\xfe\x00", b"[1, 2]", b"campaign: {", b"a: &a [*a]"])
def test_a_config_that_cannot_be_read_is_3(call: Call, file: Path, content: bytes | None) -> None:
    file.unlink()
    if content is not None:
        file.write_bytes(content)
    said = call("status")
    assert said.code == WRONG_CONFIG and "config.yaml" in said.err


def test_a_folder_as_config_is_3(call: Call, tmp_path: Path) -> None:
    assert call("status", config=tmp_path).code == WRONG_CONFIG


def test_config_check_says_that_all_is_right(call: Call) -> None:
    assert call("config", "check", "--json").json == {"ok": True, "mistakes": []}
    assert call("config", "check").code == DONE


def test_config_show_masks_secrets(data: Path, file: Path) -> None:
    canary = "token-CANARY-1234"
    env = {**os.environ, "HOMEWARD_MASTODON_TOKEN": canary}
    said = process("--config", file, "--data", data, "config", "show", "--json", env=env)
    assert said.code == DONE and said.json["secrets"]["HOMEWARD_MASTODON_TOKEN"] != "not set"
    assert canary not in said.out + said.err


# ── wrong use ────────────────────────────────────────────────────────────────────────────────────

WRONG = [
    ("nonsense",), ("cases",), ("cases", "nonsense"), ("cases", "show"), ("cases", "show", "nobody"),
    ("matches", "show", "zzz"), ("review", "possible", "zzz"), ("review", "undo", "zzz"), ("review", "undo"),
    ("reply", "show", "zzz"), ("reply", "list", "--state", "nonsense"), ("--nonsense",),
    ("user", "link", "x"),
    ("retry", "nonsense", "x"), ("retry", "look", "x"), ("--log-level", "LOUD", "status"),
    ("once", "--stream-s", "many"), ("review", "possible", "%", "--by", "nobody"),
    ("cases", "end", "sample.example/001", "active", "--evidence", "x"),
    ("user", "add", "ana", "--role", "king"),
]  # fmt: skip


@pytest.mark.parametrize("words", WRONG, ids=lambda words: " ".join(words))
def test_wrong_use_is_2_with_a_word_about_it(worked: Call, words: tuple[str, ...]) -> None:
    said = worked(*words)
    assert said.code == WRONG_USE
    assert said.err.strip() and said.out == ""


def test_a_photo_that_is_none_is_wrong_use(call: Call, tmp_path: Path) -> None:
    call("user", "add", "ana")
    fake = tmp_path / "photo.jpg"
    fake.write_text("no photo")
    for photo in (fake, tmp_path / "missing.jpg", tmp_path):
        said = call("cases", "add", "home/1", "--name", "A", "--photo", photo, "--by", "ana")
        assert said.code == WRONG_USE
        said.assert_one_sentence()
    wrong = call(
        "cases", "add", "home/1", "--name", "A", "--photo", ready.REGISTERED, "--sex", "girl", "--by", "ana"
    )
    assert wrong.code == WRONG_USE
    wrong.assert_one_sentence()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    path=st.sampled_from([p for p in LEAVES if p not in (("run",), ("once",))]),
    rest=st.lists(
        st.sampled_from(
            [
                "--json",
                "--by",
                "--state",
                "sent",
                "--",
                "-",
                "--tier",
                "alert",
                "--help",
                "x",
                "\ud800",
                "a\x00",
            ]
        )
        | st.text(max_size=6),
        max_size=5,
    ),
)
def test_no_arguments_whatsoever_bring_a_traceback(
    worked: Call, path: tuple[str, ...], rest: list[str]
) -> None:
    said = worked(*path, *rest)
    assert said.code in range(5)


def test_half_a_character_is_wrong_use_in_one_sentence(worked: Call) -> None:
    said = worked("cases", "show", "\ud800")
    assert said.code == WRONG_USE
    said.assert_one_sentence()


# ── what lies in the way ─────────────────────────────────────────────────────────────────────────


def test_a_newer_database_is_refused_in_one_sentence(worked: Call, data: Path) -> None:
    with sqlite3.connect(data / "sample" / "homeward.db") as database:
        database.execute("UPDATE alembic_version SET version_num = '9999_from_the_future'")
    database.close()
    for words in (("status",), ("once",), ("run",)):
        said = worked(*words)
        assert said.code in (WRONG_USE, OUTSIDE)
        said.assert_one_sentence()
        assert "newer" in said.err
    lock = home.DaemonLock(home.Home(data / "sample", True))
    lock.take()
    lock.release()


def test_a_file_that_is_no_database_is_refused_in_one_sentence(worked: Call, data: Path) -> None:
    for path in (data / "sample").glob("homeward.db*"):
        path.unlink()
    (data / "sample" / "homeward.db").write_bytes(b"this is no database, whatever its name says" * 100)
    said = worked("status")
    assert said.code == OUTSIDE
    said.assert_one_sentence()


def test_a_file_in_place_of_the_data_folder_is_one_sentence(call: Call, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    for words in (("status",), ("once",), ("run",), ("sample", "leave")):
        said = call(*words, on=tmp_path / "file")
        assert said.code == WRONG_USE
        said.assert_one_sentence()


def test_a_second_daemon_is_one_sentence_and_other_commands_go_on(worked: Call, data: Path) -> None:
    lock = home.DaemonLock(home.Home(data / "sample", True))
    lock.take()
    try:
        for words in (("run",), (), ("once",)):
            said = worked(*words)
            assert said.code == WRONG_USE and str(os.getpid()) in said.err
            said.assert_one_sentence()
        found = worked("matches", "list", "--json").json
        assert worked("review", "later", found[0]["key"]).code == DONE
        assert worked("status").code == DONE and worked("doctor").code in (DONE, PROBLEMS)
    finally:
        lock.release()


def test_an_occupied_port_is_one_sentence(worked: Call, file: Path, data: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        config = SAMPLE / "config.yaml"
        mine = file.parent / "sample" / "config.yaml"
        mine.parent.mkdir()
        mine.write_text(config.read_text() + f"\nconsole: {{port: {port}}}\n")
        said = worked("run", config=mine)
    assert said.code == WRONG_USE and str(port) in said.err and "console.port" in said.err
    said.assert_one_sentence()
    lock = home.DaemonLock(home.Home(data / "sample", True))
    lock.take()
    lock.release()


def test_the_daemon_runs_says_its_address_and_ends_on_a_signal(
    template: Path, data: Path, file: Path
) -> None:
    ready.copied(template, data)
    mine = file.parent / "sample" / "config.yaml"
    mine.parent.mkdir()
    mine.write_text((SAMPLE / "config.yaml").read_text() + "\nconsole: {port: 0}\n")
    command = [sys.executable, str(ROOT / "run_bot.py"), "--config", str(mine), "--data", str(data)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
        assert running.stderr is not None and running.stdout is not None
        said = ""
        while "/enter/" not in said:
            line = running.stderr.readline()
            assert line, said
            said += line
        beside = process("--config", mine, "--data", data, "status", "--json")
        assert beside.code == DONE and beside.json["sample"] is True
        second = process("--config", mine, "--data", data, "run")
        assert second.code == WRONG_USE and str(running.pid) in second.err
        second.assert_one_sentence()
        begun = time.monotonic()
        running.terminate()
        assert running.wait(30) == DONE
        assert time.monotonic() - begun < 25
        assert "Traceback" not in running.stderr.read()
        assert running.stdout.read() == ""


def test_an_untouched_database_is_not_migrated_twice(worked: Call, data: Path) -> None:
    store = Store(sqlite_url(data / "sample" / "homeward.db"))
    assert migrate.migrate(store) is False
    store.close()
    assert worked("status").code == DONE
