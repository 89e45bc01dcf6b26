"""The tools `extract`, `places` and `pictures` as people and scripts use them."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot import main
from bot.services import extracting
from store.errors import HomewardError
from tests.unit.extract.fake_gazetteer import FakeGazetteer
from tests.unit.photos.drawing import jpeg, scene

DONE, PROBLEMS, WRONG_USE = 0, 1, 2
TOWN = Path(__file__).resolve().parents[1] / "fixtures" / "places" / "town.osm"
TEXT = "昨天下午三点在成都望云地铁站B口,一个五六岁的男孩在乞讨"
AT = "2026-05-25T10:00:00+08:00"

Call = Callable[..., tuple[int, str, str]]


@pytest.fixture(autouse=True)
def _logs_as_they_were() -> Iterator[None]:
    root = logging.getLogger()
    before = root.handlers[:], root.level
    yield
    root.handlers[:], root.level = before
    structlog.reset_defaults()


@pytest.fixture
def call(data: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> Call:
    """Runs one command on a fresh folder that shows the sample; gives code, answer, what was said beside."""
    config = tmp_path / "config.yaml"
    config.write_text("campaign: {hashtags: []}\ncontact: {address: tests@homeward.example}\n")

    def run(*arguments: str | Path) -> tuple[int, str, str]:
        capfd.readouterr()
        code = main.main(["--config", str(config), "--data", str(data), *map(str, arguments)])
        out, err = capfd.readouterr()
        assert "Traceback" not in out + err
        return code, out, err

    return run


def lines(file: Path) -> list[Any]:
    return [json.loads(line) for line in file.read_text("utf-8").splitlines()]


# ── extract ──────────────────────────────────────────────────────────────────────────────────────


def test_places_are_told_in_the_readers_language(call: Call) -> None:
    code, out, _ = call("extract", "--text", TEXT, "--posted-at", AT, "--json", "--reader", "zh")
    assert code == DONE and json.loads(out)["names"][0]["city"] == "成都市"
    code, _, err = call("extract", "--text", TEXT, "--posted-at", AT, "--reader", "tlh")
    assert code != DONE and "--reader" in err


def test_one_post_is_explained_in_one_document(call: Call) -> None:
    code, out, _ = call("extract", "--text", TEXT, "--posted-at", AT, "--json")
    found = json.loads(out)
    assert code == DONE and found["sighting"] is True
    a, b = found["when"]["span"]
    assert TEXT[a:b] == found["when"]["text"] == "昨天下午三点"
    assert found["when"]["start"] == "2026-05-24T14:45:00+08:00"
    assert found["who"]["age"] == [5, 6] and found["who"]["sex"] == "male"
    assert next(TEXT[m["span"][0] : m["span"][1]] for m in found["where"]["mentions"]) == "B口"


def test_one_post_is_explained_to_people_with_its_words_and_reasons(call: Call) -> None:
    code, out, _ = call("extract", "--text", TEXT, "--posted-at", AT, "--geo", "29.56,106.55")
    assert code == DONE
    for words in (TEXT, "2026-05-24 14:45", "昨天下午三点", "成都", "geotag", "5 to 6 years", "1 child"):
        assert words in out, words
    assert "km away" in out, "the geotag in another city is a conflict that is shown"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "either a FILE"),
        (("--text", "x"), "--posted-at"),
        (("--text", "x", "--posted-at", "yesterday"), "write it like"),
        (("--text", "x", "--posted-at", "2026-05-25T10:00:00"), "without an offset"),
        (("--text", "x", "--posted-at", AT, "--geo", "30"), "LAT,LON"),
        (("--text", "x", "--posted-at", AT, "--geo", "nan,1"), "finite"),
        (("nowhere.jsonl", "--text", "x"), "either a FILE"),
        (("nowhere.jsonl",), "--out"),
        (("nowhere.jsonl", "--out", "o.jsonl"), "cannot be read or written"),
    ],
)
def test_wrong_use_is_one_sentence(
    arguments: tuple[str, ...], words: str, call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    code, out, err = call("extract", *arguments)
    assert (code, out) == (WRONG_USE, "") and words in err and len(err.strip().splitlines()) == 1


def test_a_file_is_read_line_by_line_and_bad_lines_are_set_aside_with_their_reason(
    call: Call, tmp_path: Path
) -> None:
    good = {
        "id": "a", "text": TEXT, "lang": "zh", "platform": "weibo", "created_at": AT,
        "author_location": "四川 成都", "geo": [30.65, 104.08],
    }  # fmt: skip
    bad = [
        b"{", b"[1]", b"\xff\xfe", b'{"id": 1}', json.dumps(good | {"created_at": "2026-05-25"}).encode(),
        json.dumps(good | {"platform": "icq"}).encode(), json.dumps(good | {"geo": [1, 2, 3]}).encode(),
        json.dumps(good | {"geo": [1e999, 2]}).encode(), json.dumps(good | {"lang": 7}).encode(),
        b'{"id": "' + b"x" * 1_100_000 + b'"}', b'{"a":' * 100_000,
    ]  # fmt: skip
    odd = [{"id": 7, "text": "", "created_at": AT}, good | {"id": "s", "text": "\ud800 成都", "geo": None}]
    file, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    file.write_bytes(
        b"\n".join(
            [b"\xef\xbb\xbf" + json.dumps(good).encode(), *bad, b"", *(json.dumps(o).encode() for o in odd)]
        )
    )
    code, said, err = call("extract", file, "--out", out, "--json")
    report = json.loads(said)
    assert code == PROBLEMS and (report["read"], report["bad"]) == (3, len(bad))
    assert [item["line"] for item in report["set_aside"]] == list(range(2, 2 + len(bad)))
    assert all(item["reason"] for item in report["set_aside"])
    assert "line 2 set aside" in err and "3 read, 11 set aside" in err
    assert [line["id"] for line in lines(out)] == ["a", "7", "s"]
    assert set(lines(out)[0]) >= {"id", "sighting", "firsthand", "when", "where", "who"}
    assert [p.name for p in tmp_path.iterdir() if p.name.endswith(".part")] == []


def test_the_file_that_is_read_is_never_written_over(call: Call, tmp_path: Path) -> None:
    file = tmp_path / "in.jsonl"
    file.write_text("{}\n")
    code, _, err = call("extract", file, "--out", file)
    assert code == WRONG_USE and "is the file that is read" in err and file.read_text() == "{}\n"


FIELDS = ["id", "text", "lang", "platform", "created_at", "author_location", "geo"]


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=12),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
            st.sampled_from(FIELDS), inner, max_size=7
        ),
        max_leaves=12,
    )
)  # fmt: skip
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_line_is_a_post_or_one_typed_error(value: Any) -> None:
    if not isinstance(value, dict):
        value = {"id": "x", "text": "t", "created_at": AT, "geo": value}
    try:
        post = extracting.post_of(value)
    except HomewardError as error:
        assert str(error)
    else:
        from bot.extract.sighting import as_json, read

        json.dumps(as_json(read(post, (), FakeGazetteer())), ensure_ascii=False).encode()


# ── places ───────────────────────────────────────────────────────────────────────────────────────


def test_an_imported_map_gives_posts_finer_points(call: Call) -> None:
    before = json.loads(call("extract", "--text", TEXT, "--posted-at", AT, "--json")[1])
    assert before["where"]["point"]["radius_km"] > 5
    code, out, _ = call("places", "import", TOWN, "--json")
    report = json.loads(out)
    assert code == DONE and "ODbL" in report["licence"] and report["datum"] == "wgs84"
    assert report["places"]["exit"] == 4 and report["left_out"] == {"areas drawn as relations": 1}
    after = json.loads(call("extract", "--text", TEXT, "--posted-at", AT, "--json")[1])["where"]["point"]
    assert (after["lat"], after["lon"], after["radius_km"]) == (30.6999, 104.1069, 0.05)
    assert after["city"] == "成都市"


def test_a_name_is_found_in_the_gazetteer_and_in_the_map(call: Call) -> None:
    assert "No such place" in call("places", "find", "望云地铁站")[1]
    call("places", "import", TOWN)
    (station,) = json.loads(call("places", "find", "望云地铁站", "--json")[1])
    assert (station["kind"], station["city"], station["source"]) == ("station", "成都市", "OpenStreetMap")
    assert json.loads(call("places", "find", "成都", "--json")[1])[0]["kind"] == "city"


@pytest.mark.servers
def test_building_anew_keeps_what_was_imported(call: Call) -> None:
    call("places", "import", TOWN)
    assert call("places", "build")[0] == DONE
    assert "望云" in call("places", "find", "Wangyun")[1]


def test_a_pbf_is_told_how_to_convert(call: Call, tmp_path: Path) -> None:
    (tmp_path / "city.osm.pbf").write_bytes(b"x")
    code, out, err = call("places", "import", tmp_path / "city.osm.pbf")
    assert (code, out) == (WRONG_USE, "") and "osmium cat" in err and len(err.strip().splitlines()) == 1


# ── pictures ─────────────────────────────────────────────────────────────────────────────────────


def test_the_bank_of_known_pictures_is_kept_by_the_command_line(call: Call, tmp_path: Path) -> None:
    file = tmp_path / "old.jpg"
    file.write_bytes(jpeg(scene(3)))
    assert "No picture is known yet" in call("pictures", "known", "list")[1]
    code, out, _ = call(
        "pictures", "known", "add", file, "--label", "solved", "--note", "back home", "--json"
    )
    added = json.loads(out)
    assert code == DONE and (added["label"], added["note"], added["posts"]) == ("solved", "back home", 0)
    assert json.loads(call("pictures", "known", "list", "--json")[1]) == [added]
    assert call("pictures", "known", "remove", added["digest"][:12])[0] == DONE
    assert json.loads(call("pictures", "known", "list", "--json")[1]) == []
    code, _, err = call("pictures", "known", "remove", added["digest"][:12])
    assert code == WRONG_USE and len(err.strip().splitlines()) == 1


def test_where_a_picture_was_shown_before_is_asked_by_post(call: Call) -> None:
    code, out, err = call("pictures", "seen", "mastodon:unknown")
    assert (code, out) == (WRONG_USE, "") and "unknown" in err
