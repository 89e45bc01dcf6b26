"""The models that mark the place of a sighting: tiny ones trained here, and the ones that ship."""

from __future__ import annotations

import hashlib
import time
from itertools import pairwise
from pathlib import Path

import pycrfsuite
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.extract import place
from bot.extract.namesakes import Hints
from bot.extract.normal import normalise
from bot.extract.place_spots import (
    MOST_TOKENS,
    UNMARKED,
    PostTagger,
    Reading,
    Spotter,
    join,
    rows_of,
    windows,
)
from bot.extract.place_spots_zh import cut
from bot.extract.place_tagger import CrfTagger
from bot.extract.placewords import Named
from bot.wiring import tagger as shipped_tagger
from store import place_model
from store.errors import StoreError
from store.records.sighting import PlaceKind
from tests.unit.extract.fake_gazetteer import FakeGazetteer

GAZETTEER = FakeGazetteer()
WORDS = {"看到": ("v", 5), "孩子": ("n", 5), "广场": ("n", 4), "旁边": ("f", 4)}
NO_HINTS = Hints()


def reading(text: str, names: tuple[Named, ...] = ()) -> Reading:
    return Reading(text, GAZETTEER.find(text), GAZETTEER, names, ())


@pytest.fixture(scope="module")
def shipped() -> PostTagger:
    tagger = shipped_tagger()
    assert isinstance(tagger, PostTagger)
    return tagger


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> PostTagger:
    """Marks the word after 在 or "at"."""
    models = []
    for language, taught in {
        "zh": ("我在朝花广场看到孩子", "孩子在南木桥旁边"),
        "en": ("a kid at Arvedal market today", "he was at Brunsk station alone"),
    }.items():
        trainer = pycrfsuite.Trainer(verbose=False)
        for text in taught * 4:
            spans, stretches, rows = rows_of(reading(text), WORDS)
            lead = "在" if language == "zh" else "at"
            labels: list[str] = []
            inside = False
            for start, end in spans:
                stops = text[start:end] in ("看到", "旁边", "today", "alone")
                inside = inside and not stops
                labels.append("O" if not inside else "I" if labels[-1] != "O" else "B")
                inside = inside or text[start:end] == lead
            at = 0
            for low, high in stretches:
                trainer.append(rows[at : at + high - low], labels[low:high])
                at += high - low
        path = tmp_path_factory.mktemp("spots") / f"{language}.crf"
        trainer.set_params({"max_iterations": 40})
        trainer.train(str(path))
        models.append(path.read_bytes())
    towns = place_model.load()
    assert towns is not None
    return PostTagger(towns, zh=models[0], en=models[1], words=WORDS)


def said(tagger: PostTagger, text: str) -> list[str]:
    return [text[a:b] for a, b in tagger.spots(reading(text))]


def test_a_model_marks_places_it_was_never_taught(tiny: PostTagger) -> None:
    assert isinstance(tiny, Spotter)
    assert said(tiny, "我在北山广场看到孩子") == ["北山广场"]
    assert said(tiny, "a kid at Colmere market today") == ["Colmere market"]


def test_a_tagger_of_names_alone_is_no_spotter() -> None:
    model = place_model.load()
    assert model is not None
    assert not isinstance(CrfTagger(model), Spotter)


def test_the_shipped_models_part_town_street_and_shop(shipped: PostTagger) -> None:
    text = "昨晚九点在成都人民南路家乐福门口看到一个小男孩跪着要钱"
    names = place.find(normalise(text), GAZETTEER, [(0, 4)], NO_HINTS, shipped)
    assert [text[n.start : n.end] for n in names if not n.other] == ["成都", "人民南路", "家乐福"]
    text = "just now a little boy begging outside Tesco on Mare Street, London"
    names = place.find(normalise(text), GAZETTEER, [(0, 8)], NO_HINTS, shipped)
    assert [text[n.start : n.end] for n in names if not n.other] == ["Tesco", "Mare Street", "London"]


def test_a_name_that_only_a_rule_gives_is_no_mention_but_stays() -> None:
    text = "成都的朋友 春水坊门口有个孩子"
    town = Named(0, 2, PlaceKind.CITY, "gazetteer", 0.86, (1,))
    joined = join(reading(text, (town,)), [(6, 9)], lambda words: PlaceKind.LANDMARK)
    assert [(n.start, n.other) for n in joined] == [(0, UNMARKED), (6, "")]


def test_an_unmarked_town_still_says_in_which_town_the_place_lies() -> None:
    class Marks(CrfTagger):
        def spots(self, reading: Reading) -> list[tuple[int, int]]:
            return [(6, 9)]

        def likeliest(self, reading: Reading) -> tuple[int, int] | None:
            return None

    model = place_model.load()
    assert model is not None
    normal = normalise("成都的朋友 春水坊门口有个孩子")
    names = place.find(normal, GAZETTEER, (), NO_HINTS, Marks(model))
    where = place.read(normal, names, GAZETTEER, NO_HINTS)
    assert [m.text for m in where.mentions] == ["春水坊"]
    assert where.candidates[0].city == "成都市"


def test_where_nothing_is_marked_the_rules_stand() -> None:
    town = Named(0, 2, PlaceKind.CITY, "gazetteer", 0.86, (1,))
    assert join(reading("成都", (town,)), [], lambda words: PlaceKind.LANDMARK) == [town]


def test_a_longer_mark_keeps_the_town_at_its_start() -> None:
    text = "成都东站出站口"
    town = Named(0, 2, PlaceKind.CITY, "gazetteer", 0.86, (1,))
    (joined,) = join(reading(text, (town,)), [(0, 4)], lambda words: PlaceKind.STATION)
    assert (joined.kind, joined.ids) == (PlaceKind.STATION, (1,))


def test_a_marked_name_of_a_rule_loses_its_reason_to_be_left_out() -> None:
    other = Named(0, 2, PlaceKind.CITY, "gazetteer", 0.86, (1,), "home or goal of a journey")
    (joined,) = join(reading("成都", (other,)), [(0, 2)], lambda words: PlaceKind.LANDMARK)
    assert joined.other == ""


def test_windows_meet_where_signs_are_near() -> None:
    assert windows(40, [0, 5, 30]) == [(0, 9), (27, 34)]
    assert windows(3, [2]) == [(0, 3)]
    assert windows(3, []) == []
    assert windows(3, [1, 2, 3, 9]) == [(0, 3)]


def test_words_are_cut_at_pins_and_times_stay_whole() -> None:
    text = "昨晚九点看到孩子"
    pins = bytearray(len(text) + 1)
    assert [text[a:b] for a, b in cut(text, pins, [(0, 4)], WORDS)] == ["昨晚九点", "看到", "孩子"]
    pins[5] = 1
    assert [text[a:b] for a, b in cut(text, pins, [(0, 4)], WORDS)][:3] == ["昨晚九点", "看", "到"]


@settings(max_examples=60, deadline=None)
@given(text=st.text(max_size=120) | st.text("路街站口A1号在Station Road,。 at", max_size=120))
def test_any_text_is_marked_inside_itself_in_order(shipped: PostTagger, text: str) -> None:
    normal = normalise(text)
    known = place.by_rules(normal, GAZETTEER, (), NO_HINTS, shipped)
    found = shipped.spots(known)
    assert all(0 <= a < b <= len(normal.text) for a, b in found)
    assert all(one[1] <= two[0] for one, two in pairwise(found))


@pytest.mark.parametrize("piece", ["路口", "在成都路", "at Mill Road ", "9点", "(", "站"])
def test_a_long_text_is_read_only_at_its_beginning(shipped: PostTagger, piece: str) -> None:
    text = piece * (2000 // len(piece))
    started = time.process_time()
    spans, stretches, rows = rows_of(reading(text), WORDS)
    assert len(rows) <= MOST_TOKENS
    assert all(0 <= low < high <= len(spans) for low, high in stretches)
    assert all(0 <= a < b <= len(text) for a, b in shipped.spots(reading(text)))
    assert time.process_time() - started < 0.2


def test_a_damaged_model_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    other = hashlib.sha256(b"another").hexdigest()
    monkeypatch.setattr(place_model, "SPOTS", {"zh": ("spots_zh.crf", other)})
    with pytest.raises(StoreError, match=r"spots_zh\.crf"):
        place_model.spots("zh")


def test_without_the_models_the_rules_stand_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(place_model, "SPOTS", {"zh": ("absent.crf", ""), "en": ("absent.crf", "")})
    assert place_model.spots("zh") is None
    assert type(shipped_tagger()) is CrfTagger


def test_the_models_are_small_and_the_words_have_one_letter_classes() -> None:
    folder = Path(place_model.__file__).parent / "data"
    assert all((folder / name).stat().st_size < 1_500_000 for name, _ in place_model.SPOTS.values())
    words = place_model.words()
    assert len(words) > 30_000
    assert all(len(sort) == 1 and 0 < digits < 12 for sort, digits in words.values())
