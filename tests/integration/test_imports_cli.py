"""`import` and `imports` as people and scripts use them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bot import main
from tests.integration.ready import mastodon_status
from tests.unit.collectors import exports
from tests.unit.collectors.exports import create, note

DONE, PROBLEMS, WRONG_USE = range(3)
CONFIG = "campaign:\n  hashtags: []\ncontact: {address: tests@homeward.example}\n"


class Line:
    """Runs commands on one data folder."""

    def __init__(self, folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
        self.config, self.data, self.capfd = folder / "config.yaml", folder / "data", capfd
        self.config.write_text(CONFIG)
        self.out = self.err = ""

    def __call__(self, *words: object) -> int:
        self.capfd.readouterr()
        code = main.main(["--config", str(self.config), "--data", str(self.data), *map(str, words)])
        self.out, self.err = self.capfd.readouterr()
        assert "Traceback" not in self.out + self.err
        return code


@pytest.fixture
def line(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> Line:
    return Line(tmp_path, capfd)


def test_an_import_without_a_word_tells_what_to_do_and_a_statement_does_it(
    line: Line, tmp_path: Path
) -> None:
    (tmp_path / "s.json").write_text(json.dumps([mastodon_status(1), mastodon_status(2)]))
    assert line("import", tmp_path / "s.json") == DONE
    assert "waits for its basis" in line.out and "imports state" in line.out
    assert line("imports", "--json") == DONE
    (found,) = json.loads(line.out)["imports"]
    assert (found["state"], found["posts"], found["basis"]) == ("waiting", 2, "")
    assert line("imports") == DONE and found["id"] in line.out and "waits" in line.out
    words = ("--source", "Ana, by mail", "--basis", "consent", "--until", "2999-01-01", "--scope", "match")
    assert line("imports", "state", found["id"][:5], *words, "--json") == DONE
    stated = json.loads(line.out)
    assert (stated["state"], stated["scope"], stated["posts_reached"]) == ("stated", ["match"], 2)
    assert line("imports", "revoke", found["id"]) == DONE and "is revoked; 2 posts" in line.out
    assert line("imports", "revoke", found["id"]) == WRONG_USE and "revoked already" in line.err


def test_a_packed_export_comes_in_with_its_basis_and_the_span_that_it_covers(
    line: Line, tmp_path: Path
) -> None:
    exports.mastodon_export(tmp_path / "m", [create(note(1)), create(note(2))])
    packed = exports.tarred(tmp_path / "m", tmp_path / "m.tar.gz")
    said = ("--source", "Wren", "--basis", "platform_export_by_author")
    covers = ("--covers", "#SeenAtThePier", "--covers-since", "2026-02-01", "--covers-until", "2026-03-01")
    assert line("import", packed, *said, *covers, "--json") == DONE
    found = json.loads(line.out)
    assert (found["stored"], found["waiting_for_basis"]) == (2, [])
    assert line("coverage", "--json") == DONE
    (tag,) = json.loads(line.out)["tags"]
    assert (tag["source"], tag["tag"], tag["spans"][0]["state"]) == ("archive", "SeenAtThePier", "complete")
    assert "stated by operator" in tag["spans"][0]["why"]
    assert not list((line.data / "unpacked").iterdir())


@pytest.mark.parametrize(
    "words",
    [
        ("--source", "x"),
        ("--basis", "consent"),
        ("--source", "x", "--basis", "guess"),
        ("--source", "x", "--basis", "consent", "--scope", "show"),
        ("--source", "x", "--basis", "consent", "--until", "soon"),
        ("--covers", "tag"),
        ("--covers-since", "2026-01-01"),
    ],
)
def test_wrong_words_import_nothing(line: Line, tmp_path: Path, words: tuple[str, ...]) -> None:
    (tmp_path / "s.json").write_text(json.dumps([mastodon_status(1)]))
    assert line("import", tmp_path / "s.json", *words) == WRONG_USE
    assert line.out == "" and len(line.err.strip().splitlines()) == 1
    assert not (line.data / "homeward.db").exists()


def test_stating_nothing_or_an_unknown_import_is_wrong_use(line: Line, tmp_path: Path) -> None:
    (tmp_path / "s.json").write_text(json.dumps([mastodon_status(1)]))
    assert line("import", tmp_path / "s.json") == DONE
    assert line("imports", "state", "x") == WRONG_USE
    assert line("imports", "state", "x", "--source", "a", "--basis", "consent") == WRONG_USE
    assert "run_bot.py imports" in line.err
    assert line("imports", "state", "x", "--source", "a", "--basis", "consent", "--by", "nobody") == WRONG_USE
