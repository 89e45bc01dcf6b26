"""The tagger of English place names: a tiny model trained here, and the one that ships."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import pycrfsuite
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.extract import place_en, toponyms
from bot.extract.normal import normalise
from bot.extract.place_tagger import CrfTagger, Tagged, Tagger, features, glued, runs, tokens
from store import place_model
from store.errors import StoreError
from store.records.place import NameHit
from tests.unit.extract.fake_gazetteer import FakeGazetteer

GAZETTEER = FakeGazetteer()
TAUGHT = (
    ("We met them in Arvedal last week", "Arvedal"),
    ("People in Brunsk need water", "Brunsk"),
    ("Roads near Colmere are shut", "Colmere"),
    ("He lives in Dunharrow now", "Dunharrow"),
    ("Anna and Peter need water now", ""),
    ("Roads are shut last week", ""),
    ("Maria lives with Tom now", ""),
)


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> CrfTagger:
    trainer = pycrfsuite.Trainer(verbose=False)
    for text, place in TAUGHT * 5:
        spans = tokens(text)
        rows = features(text, spans, [], GAZETTEER, {})
        trainer.append(rows, ["B" if text[a:b] == place else "O" for a, b in spans])
    path = tmp_path_factory.mktemp("model") / "tiny.crf"
    trainer.set_params({"max_iterations": 30})
    trainer.train(str(path))
    return CrfTagger(path.read_bytes())


@pytest.fixture(scope="module")
def shipped() -> CrfTagger:
    model = place_model.load()
    assert model is not None
    return CrfTagger(model)


def said(text: str, tagger: Tagger) -> list[str]:
    return [text[t.start : t.end] for t in tagger.tag(text, GAZETTEER.find(text), GAZETTEER)]


def test_a_model_finds_places_it_was_never_taught(tiny: CrfTagger) -> None:
    assert isinstance(tiny, Tagger)
    assert said("Farmers in Elmsworth need water", tiny) == ["Elmsworth"]
    assert said("Anna lives with Peter now", tiny) == []


def test_the_shipped_model_knows_a_place_by_its_neighbours(shipped: CrfTagger) -> None:
    assert said("Severe flooding in Tarrowvale, Ohio after heavy rain", shipped)[0] == "Tarrowvale"


def test_words_abbreviations_and_marks_are_tokens() -> None:
    text = "N.C. rain, Saint-Denis #wet"
    assert [text[a:b] for a, b in tokens(text)] == ["N.C.", "rain", ",", "Saint-Denis", "#", "wet"]


def test_tokens_of_a_long_text_are_limited() -> None:
    assert len(tokens("a " * 5000)) == 250


@pytest.mark.parametrize(
    ("labels", "names"),
    [("OBIO", [(1, 2)]), ("BB", [(0, 0), (1, 1)]), ("OIIO", [(1, 2)]), ("", []), ("BIB", [(0, 1), (2, 2)])],
)
def test_labels_become_runs(labels: str, names: list[tuple[int, int]]) -> None:
    assert runs(list(labels)) == names


def test_a_possessive_without_its_apostrophe_is_still_the_city() -> None:
    text = "Manchesters trams stand still"
    assert list(glued(text, tokens(text), GAZETTEER).values()) == [(32,)]


def test_many_hashtags_cost_one_search() -> None:
    class Counting(FakeGazetteer):
        asked = 0

        def find(self, text: str) -> list[NameHit]:
            Counting.asked += 1
            return super().find(text)

    text = "#abcdefghij " * 300
    glued(text, tokens(text), Counting())
    assert Counting.asked == 1


def test_bytes_that_are_no_model_are_refused() -> None:
    with pytest.raises((ValueError, TypeError)):
        CrfTagger(b"not a model")


# --- the shipped file -------------------------------------------------------------------------


def test_a_changed_model_is_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(place_model, "DIGEST", hashlib.sha256(b"another").hexdigest())
    with pytest.raises(StoreError, match=r"place_en\.crf"):
        place_model.load()


def test_without_the_file_there_is_no_model(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(place_model, "FILE", "absent.crf")
    assert place_model.load() is None


def test_the_model_is_small_and_its_licence_lies_beside_it() -> None:
    folder = Path(place_model.__file__).parent / "data"
    assert (folder / place_model.FILE).stat().st_size < 1_500_000
    assert "IDRISI" in (folder / "LICENCES.md").read_text(encoding="utf-8")


# --- all names of a text ----------------------------------------------------------------------


def test_names_and_their_places_are_given_together() -> None:
    found = {t.text: t for t in toponyms.read("Flights from London to Manchester, UK", GAZETTEER)}
    assert found["London"].entry is not None and found["London"].entry.country == "GB"
    assert found["Manchester"].share == 1.0


def test_a_storm_keeps_its_name_throughout_the_text() -> None:
    text = "Hurricane London is near. London will hit Manchester, UK"
    assert [t.text for t in toponyms.read(text, GAZETTEER)] == ["Manchester"]


class Fixed:
    """A tagger that says what it was told."""

    def __init__(self, *spans: tuple[int, int]) -> None:
        self._spans = spans

    def tag(self, text: str, hits: Sequence[NameHit], gazetteer: object) -> list[Tagged]:
        return [Tagged(a, b, 0.9) for a, b in self._spans]


def test_the_tagger_decides_where_a_name_ends() -> None:
    text = "rain in North London again"
    assert [t.text for t in toponyms.read(text, GAZETTEER, Fixed((8, 20)))] == ["North London"]


def test_a_name_with_a_direction_is_found_as_the_town_it_is_part_of() -> None:
    (name,) = toponyms.read("rain in North London again", GAZETTEER, Fixed((8, 20)))
    assert name.entry is not None and name.entry.city == "London"


def test_in_a_sighting_the_rules_go_before_the_tagger() -> None:
    text = "boy begging at London Road station"
    names = place_en.find(text, GAZETTEER.find(text), GAZETTEER, [], [Tagged(15, 21, 0.99)])
    assert [text[n.start : n.end] for n in names] == ["London Road station"]


# --- any text ---------------------------------------------------------------------------------

_PIECES = (
    "#",
    "Saint",
    "York",
    " ",
    ",",
    "CA",
    "Mexicos",
    "#newyork",
    "London",
    "路",
    "\u0301",
    "\n",
    ".",
    "'s",
    "ﬀ",
)
TEXTS = st.one_of(st.text(max_size=300), st.lists(st.sampled_from(_PIECES), max_size=120).map("".join))


@settings(max_examples=150, deadline=None)
@given(text=TEXTS)
def test_any_text_gives_names_inside_it_in_order(shipped: CrfTagger, text: str) -> None:
    end = 0
    for name in toponyms.read(text, GAZETTEER, shipped):
        assert end <= name.start < name.end <= len(text)
        assert name.text == text[name.start : name.end]
        end = name.end
    normal = normalise(text).text
    for tag in shipped.tag(normal, GAZETTEER.find(normal), GAZETTEER):
        assert 0 <= tag.start < tag.end <= len(normal)
        assert 0.0 <= tag.surety <= 1.0


@pytest.mark.parametrize("piece", ["#abcdefghij ", "London ", "A", "Aa ", "#", "Ns, CA ", "é", "U.S."])
def test_no_text_takes_longer_than_200_ms(shipped: CrfTagger, piece: str) -> None:
    from time import process_time

    started = process_time()
    toponyms.read(piece * (20_000 // len(piece)), GAZETTEER, shipped)
    assert process_time() - started < 0.2
