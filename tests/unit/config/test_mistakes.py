"""Every mistake is named by file, line, path, what was found and what is allowed; all at once."""

from __future__ import annotations

from io import StringIO
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from bot.config import load
from bot.config_yaml import parse
from store.errors import ConfigError
from tests.unit.config.conftest import SPECS, Load, Mistakes

# Each line: text, path, line, words of what was found, words of what is allowed.
ONE_MISTAKE = [
    ("campain:\n  name: x\n", "campain", 1, 'unknown key "campain"', '"campaign" is the nearest'),
    (
        "campaign:\n  name: x\n  hashtag: []\n",
        "campaign.hashtag",
        3,
        "unknown key",
        '"hashtags" is the nearest',
    ),
    ("reply:\n  per-hour: 3\n", "reply.per-hour", 2, "unknown key", '"per_hour" under "reply.caps:"'),
    ("per_hour: 3\n", "per_hour", 1, "unknown key", '"per_hour" under "reply.caps:"'),
    ("campaign:\n  hashtags:\n    - a\n    - #b\n", "campaign.hashtags[1]", 4, "begins a comment", "text"),
    ("campaign:\n  hashtags: [2026]\n", "campaign.hashtags[0]", 2, "the number 2026", "text"),
    ("campaign:\n  hashtags: a\n", "campaign.hashtags", 2, 'the text "a"', "a list"),
    ('campaign:\n  hashtags: ["##"]\n', "campaign.hashtags[0]", 2, '"##"', "one hashtag"),
    ("campaign:\n  hashtags: [a, A]\n", "campaign.hashtags[1]", 2, '"A"', "each hashtag once"),
    ("campaign:\n  starts_at: 2026-05-25\n", "campaign.starts_at", 2, '"2026-05-25"', "with its zone"),
    ("campaign:\n  starts_at: 2026-05-25T08:00\n", "campaign.starts_at", 2, "08:00", "with its zone"),
    ('campaign:\n  starts_at: "5"\n', "campaign.starts_at", 2, '"5"', "with its zone"),
    (
        "campaign:\n  starts_at: 2026-05-25T08:00:00Z\n  ends_at: 2026-05-25T08:00:00Z\n",
        "campaign.ends_at",
        3,
        "2026-05-25",
        "after starts_at",
    ),
    ("photos:\n  timeout_s: soon\n", "photos.timeout_s", 2, '"soon"', "a number above 0, at most 300"),
    ("photos:\n  timeout_s: .inf\n", "photos.timeout_s", 2, "inf", "a number above 0, at most 300"),
    ("photos:\n  max_redirects: 1.5\n", "photos.max_redirects", 2, "1.5", "a whole number from 0 to 20"),
    ("photos:\n  max_redirects: true\n", "photos.max_redirects", 2, "true", "a whole number from 0 to 20"),
    ("photos: 7\n", "photos", 1, "the number 7", "a block with max_photo_mb"),
    ("reply:\n  level: loud\n", "reply.level", 2, '"loud"', "dry-run, confirm or auto"),
    ("reply:\n  receipt_delay_max_s: 1\n", "reply.receipt_delay_max_s", 2, "the number 1", "at least 60"),
    ("reply:\n  quiet_hours: {start: 22:00, end: 7:00}\n", "reply.quiet_hours.end", 2, '"7:00"', '"07:00"'),
    (
        "reply:\n  quiet_hours: {start: 22:00, end: 07:00, zone: Mars/Base}\n",
        "reply.quiet_hours.zone",
        2,
        "Mars/Base",
        "IANA",
    ),
    (
        "legal:\n  country: Germany\n  responsible: a\n  face_basis: b\n  privacy_contact: c\n",
        "legal.country",
        2,
        "Germany",
        "ISO 3166",
    ),
    (
        "legal:\n  country: DE\n  responsible: a\n  privacy_contact: c\n",
        "legal.face_basis",
        1,
        "nothing",
        "the legal basis",
    ),
    ("contact: {address: call me}\n", "contact.address", 1, '"call me"', "mail address or an https"),
    (
        "accounts:\n  mastodon: {server: http://far.example, handle: a}\n",
        "accounts.mastodon.server",
        2,
        "http://far",
        "https://",
    ),
    (
        "matching: {alert_tnorm: 1}\n",
        "matching.alert_tnorm",
        1,
        "the number 1",
        "at least review_tnorm (3.8)",
    ),
    ("console: {port: 70000}\n", "console.port", 1, "70000", "0 to 65535"),
    ("database_url: mysql://h/db\n", "database_url", 1, "mysql", "sqlite:///FILE or postgresql"),
    ("sample: true\n", "sample", 1, "true", "sample/config.yaml alone"),
    (
        "reply:\n  hotlines:\n    - {countries: [CN], number: 110, source: s, checked: 2026-01-02}\n",
        "reply.hotlines[0].number",
        3,
        "the number 110",
        "in quotes",
    ),
    (
        'reply:\n  hotlines:\n    - {countries: [CN, CN], number: "110", source: s, checked: 2026-01-02}\n',
        "reply.hotlines",
        2,
        "a list",
        "twice: CN",
    ),
    ("limits:\n  workers: 1\n  workers: 2\n", "limits.workers", 3, "a second time (first in line 2)", "once"),
    ("limits: {workers: 1}\nphotos: &p {}\nconsole: *p\n", "console", 2, "an alias", "written out"),
    ("limits: !!python/name:os.system {}\n", "limits", 1, "!!python/name:os.system", "plain values"),
    ("contact: !secret x\n", "contact", 1, "!secret", "plain values"),
]
SOURCE = "campaign:\n  sources:\n    - name: one\n      kind: brook\n"
ONE_SOURCE_MISTAKE = [
    ("      wyre: v1\n", "wyre", 5, 'unknown key "wyre"', '"wire" is the nearest'),
    ("      wire: v3\n", "wire", 5, '"v3"', "v1 or v2 (format of the stream)"),
    ("      hosts: one\n", "hosts", 5, '"one"', "a list of texts"),
    ("      hosts: [1]\n", "hosts", 5, "a list", "a list of texts"),
    ("      rewind_s: x\n", "rewind_s", 5, '"x"', "a number"),
    ("      rewind_s: true\n", "rewind_s", 5, "true", "a number"),
    ("      raw_only: 1\n", "raw_only", 5, "the number 1", "true or false"),
    ("      poll_every_s: 1\n", "poll_every_s", 5, "the number 1", "a number from 5 to 86400"),
    ("      enabled: yes\n", "enabled", 5, '"yes"', "true or false"),
]
BROKEN = [
    ("a:\n\t- b\n", 2, "a tab", "spaces"),
    ("a: [1,\nb: 2\n", 1, "never closed", "closing bracket"),
    ("x:\na: {b: 1\n", 2, "never closed", "closing bracket"),
    ("a: 1\n  b: 2\n", 2, '": " where none', "in one column"),
    ("a:\n - b\n  - c\n- d\n", 4, "broken YAML", "`key: value`"),
    ("a: 'x\n\n\n", 1, "never closed", "closing quote"),
    ("a: @b\n", 1, 'unquoted "@"', "quotes"),
    ("a: b: c\n", 1, '": "', "quotes"),
    ("a: 1\n---\nb: 1\n", 2, "second document", "one document"),
    ("a: *b\n", 1, "an alias", "the value itself"),
    ("a: 1\nb: \x07\n", 2, "control character", "plain text"),
    ("[" * 3000, 1, "nested far too deep", "levels"),
    ("- a\n- b\n", 1, "a list", "campaign:"),
    ("just words\n", 1, "just words", "campaign:"),
]


@pytest.mark.parametrize(("text", "path", "line", "found", "allowed"), ONE_MISTAKE)
def test_a_mistake_is_named_by_line_path_found_and_allowed(
    mistakes_in: Mistakes, text: str, path: str, line: int, found: str, allowed: str
) -> None:
    mistakes = mistakes_in(text)
    assert list(mistakes) == [path]
    assert mistakes[path].line == line
    assert found in mistakes[path].found
    assert allowed in mistakes[path].allowed


@pytest.mark.parametrize(("text", "key", "line", "found", "allowed"), ONE_SOURCE_MISTAKE)
def test_a_sources_own_options_are_checked_against_its_adapter(
    mistakes_in: Mistakes, text: str, key: str, line: int, found: str, allowed: str
) -> None:
    mistakes = mistakes_in(SOURCE + text)
    assert list(mistakes) == [f"campaign.sources[0].{key}"]
    (mistake,) = mistakes.values()
    assert (mistake.line, found in mistake.found, allowed in mistake.allowed) == (line, True, True)


@pytest.mark.parametrize(("text", "line", "found", "allowed"), BROKEN)
def test_a_file_that_cannot_be_read_is_named_by_line(
    mistakes_in: Mistakes, text: str, line: int, found: str, allowed: str
) -> None:
    (mistake,) = mistakes_in(text).values()
    assert mistake.line == line
    assert found in mistake.found
    assert allowed in mistake.allowed


def test_unknown_kinds_missing_options_and_doubled_names_are_named(mistakes_in: Mistakes) -> None:
    mistakes = mistakes_in(
        "campaign:\n  sources:\n    - {name: a, kind: puddle}\n    - {name: b, kind: pond}\n    - just text\n"
    )
    assert mistakes["campaign.sources[0].kind"].allowed == "brook or pond"
    assert mistakes["campaign.sources[1].base_url"].found == "nothing"
    assert mistakes["campaign.sources[2]"].line == 5
    twice = mistakes_in("campaign:\n  sources:\n    - {name: a, kind: brook}\n    - {name: a, kind: brook}\n")
    assert twice["campaign.sources[1].name"].allowed == "a name of its own"


def test_all_mistakes_are_reported_at_once_in_the_order_of_their_lines(load_text: Load) -> None:
    text = (
        "contact: {address: nope}\n"
        "campain: {}\n"
        "campaign:\n  hashtags: [1]\n  sources:\n    - {name: A B, kind: brook, wire: v9}\n"
        "photos: {timeout_s: -1, max_photo_mb: lots}\n"
        "limits:\n  workers: 1\n  workers: 2\n"
    )
    with pytest.raises(ConfigError) as caught:
        load_text(text, "HOMEWARD_POND_TOKE=x\n")
    lines = [each.line for each in caught.value.mistakes]
    assert lines[:-1] == sorted(lines[:-1]) == [1, 2, 4, 6, 6, 7, 7, 10]
    assert Path(caught.value.mistakes[-1].file).name == ".env"
    said = str(caught.value)
    assert "9 mistakes" in said
    assert "config.yaml:7: photos.timeout_s: found the number -1; allowed: a number above 0" in said


def test_a_file_in_another_encoding_is_named_by_the_line_of_its_first_bad_byte(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_bytes("campaign:\n  name: 回家\n".encode("gbk"))
    with pytest.raises(ConfigError) as caught:
        load(tmp_path / "config.yaml", {}, SPECS)
    assert [(m.line, "UTF-8" in m.allowed) for m in caught.value.mistakes] == [(2, True)]


@pytest.mark.parametrize("name", ["missing.yaml", "."])
def test_a_file_that_is_not_there_is_one_clear_mistake(tmp_path: Path, name: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load(tmp_path / name, {}, SPECS)
    assert [m.allowed for m in caught.value.mistakes] == ["a file that can be read"]


def test_the_sample_can_have_neither_live_sources_nor_a_level_that_sends(tmp_path: Path) -> None:
    (tmp_path / "sample").mkdir()
    file = tmp_path / "sample" / "config.yaml"
    file.write_text(
        "sample: true\nreply: {level: confirm}\ncampaign:\n  sources:\n    - {name: a, kind: brook}\n",
        "utf-8",
    )
    with pytest.raises(ConfigError) as caught:
        load(file, {}, SPECS)
    assert [(m.line, m.path) for m in caught.value.mistakes] == [(2, "reply.level"), (4, "campaign.sources")]


# Real keys, so that more than the first level is reached.
KEYS = st.sampled_from(
    [
        "campaign",
        "sources",
        "hashtags",
        "name",
        "kind",
        "options",
        "reply",
        "caps",
        "hotlines",
        "legal",
        "x",
        "",
    ]
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(VALUES)
def test_any_values_are_either_taken_or_named(tmp_path: Path, values: object) -> None:
    out = StringIO()
    YAML(typ="safe", pure=True).dump(values, out)
    file = tmp_path / "config.yaml"
    file.write_text(out.getvalue(), "utf-8", errors="surrogateescape")
    try:
        load(file, {}, SPECS)
    except ConfigError as error:
        assert all(mistake.found and mistake.allowed for mistake in error.mistakes)
        assert error.mistakes


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet=st.sampled_from("ab:-#[]{},&*!|>'\"%@`?\n\t 0.~\\u\x00é回"), max_size=40))
def test_any_text_is_read_or_named_and_never_raises(text: str) -> None:
    document = parse(text, "config.yaml")
    assert document.data is not None or document.mistakes or text.strip()
    assert all(0 < mistake.line <= text.count("\n") + 2 for mistake in document.mistakes)
