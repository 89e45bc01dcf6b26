"""Thousands of calls over all doors: none searches with a case that is not active, none shows a sealed one.

Services, pages and commands are called at random by every role, with ids that exist, that are hidden and that
never were. After each call the registry itself is asked, and every answer is read for what must not be in it.
"""

from __future__ import annotations

import io
import random
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from bot.cli.app import main
from bot.faces.gallery import NumpyGallery
from bot.pipeline import casework, gallery
from bot.services import (
    alarms,
    appeals,
    case_edits,
    cases,
    exact,
    exporting,
    merging,
    overview,
    registering,
    review,
    sightings,
    thresholds,
)
from store import cases as rows
from store import matches, photos
from store.errors import HomewardError
from store.records.case import Case, CaseStatus, CaseType
from store.records.match import Verdict
from store.records.registry import AuthorityKind, Relation, Risk, Standing
from tests.integration.console.conftest import Browser
from tests.integration.console.world import CASE, NAMED, ORIGIN, World

SECRET = "registry.example/7"
SECRET_NAME = "Child &lt;b&gt;Seven"
OUTSIDERS = ("ada", "rob", "vera", "")
INSIDER = "rita"
PEOPLE = ("ada", "rob", "rita", "vera")
DIMENSION = 4
AS_FOR_NONE = (
    "is not a registered case",
    "is not a removed case",
    "is the beginning of no match's key",
    cases.STAYS_AWAY,
)
"""What is said of a case that never was: of a hidden one nothing else may be said."""


class FakeFaces:
    """A model that knows no face: the doors are tested, not the faces."""

    digest = "model-digest"


@dataclass
class Doors:
    """The installation, what was seen by whom, and a way to call anything."""

    world: World
    chance: random.Random
    config: Path
    browsers: dict[str, Browser] = field(default_factory=dict)
    calls: int = 0

    @property
    def road(self) -> Any:
        return self.world.road

    def any_id(self) -> str:
        return self.chance.choice([SECRET, "home/1", "home/2", "home/3", "home/9", "", "family/x"])

    def words(self) -> str:
        return self.chance.choice(["police ref. 1", "", "because", "x" * 10])

    def standing(self, case_id: str) -> Standing:
        chance = self.chance
        return Standing(
            case_id,
            authority=chance.choice([None, *AuthorityKind]),
            authority_reference=chance.choice(["", "ref. 12", "x"]),
            relation=chance.choice([None, *Relation]),
            relation_evidence=chance.choice(["", "paper seen"]),
            photo_consent_by=chance.choice(["", "her father"]),
            photo_consent_on=self.world.clock().date(),
            risks=tuple(risk for risk in Risk if chance.random() < 0.1),
            cleared=chance.choice(["", "they agree"]),
        )

    def service(self, by: str) -> Any:
        """Call some service; gives what it answered."""
        road, ident, other = self.road, self.any_id(), self.any_id()
        made = Case(ident, f"Child {ident}", type=self.chance.choice(list(CaseType)), date_of_birth="2016")
        calls: list[Callable[[], Any]] = [
            lambda: cases.add(road, made, [], by=by),
            lambda: cases.show(road, ident, viewer=by),
            lambda: cases.listing(road, viewer=by, status=self.chance.choice([None, *CaseStatus])),
            lambda: cases.verify(road, ident, by=by, evidence=self.words()),
            lambda: cases.activate(road, ident, by=by),
            lambda: cases.end(road, ident, self.status(), by=by, evidence=self.words()),
            lambda: registering.set_standing(road, self.standing(ident), by=by),
            lambda: registering.reopen(road, ident, by=by, why=self.words()),
            lambda: registering.seal(road, ident, by=by, why=self.words()) if ident != SECRET else None,
            lambda: registering.join_team(road, ident, by, by=by),
            lambda: case_edits.change(road, ident, self.edit(), by=by, why=self.words()),
            lambda: registering.open_contact(road, ident, by=by, why=self.words()),
            lambda: registering.remove(road, ident, by=by, why=self.words()) if ident != SECRET else None,
            lambda: registering.removed(road, viewer=by),
            lambda: registering.bring_back(road, ident, by=by),
            lambda: registering.renew(
                road, ident, self.world.clock() + timedelta(days=self.chance.randint(-5, 90)), by=by, why="x"
            ),
            lambda: merging.offered(road, viewer=by),
            lambda: merging.history(road, viewer=by),
            lambda: self.merge(by, ident, other),
            lambda: merging.different(road, ident, other, by=by, why=self.words()),
            lambda: merging.undo(road, self.chance.randint(0, 5), by=by, why="x"),
            lambda: exporting.export(road, by=by, why="x", ids=[ident] if self.chance.random() < 0.5 else []),
            lambda: review.queue(road, viewer=by),
            lambda: review.listing(road, viewer=by),
            lambda: review.card(road, self.match_key(), viewer=by),
            lambda: review.decide(road, self.match_key(), Verdict.LATER, by=by),
            lambda: review.undo(road, None, by=by),
            lambda: sightings.latest(road, viewer=by),
            lambda: sightings.one(road, NAMED, viewer=by),
            lambda: alarms.standing(road, viewer=by),
            lambda: alarms.history(road, viewer=by),
            lambda: overview.overview(road).as_json(),
            lambda: exact.reveal(road, NAMED, by=by, why="a reason"),
            lambda: appeals.release(road, ident, "family", by=by, evidence="a letter of May"),
            lambda: appeals.close(road, NAMED, ident, by=by),
            lambda: self.acknowledge(by),
            lambda: review.why_not(road, case_id=ident, viewer=by),
            lambda: thresholds.state(road),
            lambda: casework.lapse(road).expired,
        ]  # fmt: skip
        return self.chance.choice(calls)()

    def edit(self) -> case_edits.Edit:
        name, value = self.chance.choice(
            [
                ("description", "tall"),
                ("sex", "female"),
                ("date_of_birth", "2015"),
                ("type", "family"),
                ("sex", "?"),
            ]
        )
        return case_edits.Edit({name: value}, {})

    def acknowledge(self, by: str) -> Any:
        found = alarms.standing(self.road, viewer=by)
        return alarms.acknowledge(self.road, self.chance.choice(found).name, by=by) if found else None

    def status(self) -> CaseStatus:
        return self.chance.choice(list(CaseStatus))

    def merge(self, by: str, one: str, other: str) -> Any:
        """The sealed case itself stays: what hides it is what is tested."""
        if SECRET not in (one, other):
            return merging.merge(self.road, one, other, by=by, why=self.words())
        return None

    def match_key(self) -> str:
        with self.road.store.reading() as tx:
            found = [row.match.key for row in matches.of_post(tx, NAMED)]
        return self.chance.choice([*found, "nothing"])

    def page(self, by: str) -> Any:
        """Ask for some page or send some form, as a signed-in person."""
        browser, ident = self.browsers[by], self.any_id()
        if self.chance.random() < 0.6:
            path = self.chance.choice([
                "/", "/cases", "/cases?status=active", f"/case?id={ident}",
                f"/cases/edit?id={ident}", "/cases/duplicates",
                "/cases/removed", "/cases/import", "/review", f"/review?key={self.match_key()}",
                "/review?pile=later", "/sightings", f"/sighting?key={NAMED}", "/alarms", "/coverage",
                "/outbox",
                "/api/v1/overview", "/api/v1/candidates",
                "/api/v1/sightings", "/metrics", "/readyz",
                f"/photo/{self.secret_photo()}",
            ])  # fmt: skip
            return browser.http.get(path).text
        fields = {
            "id": ident, "why": self.words(), "evidence": self.words(), "to": "located", "add": by,
            "one": ident, "other": self.any_id(), "choice": "different", "number": "1", "authority": "police",
            "authority_reference": "ref. 12", "full_name": "A", "csrf": browser.csrf, "key": self.match_key(),
            "verdict": "later", "until": "2027-01-01", "description": self.words(), "seen": "x",
        }  # fmt: skip
        path = self.chance.choice([
            "/cases/edit", "/cases/verify", "/cases/activate", "/cases/end", "/cases/standing", "/cases/team",
            "/cases/contact", "/cases/reopen", "/cases/renew", "/cases/bring-back", "/cases/merge",
            "/cases/unmerge", "/cases/new", "/review/decide", "/review/undo",
        ])  # fmt: skip
        return browser.http.post(path, data=fields, headers={"Origin": ORIGIN}).text

    def command(self, by: str) -> Any:
        """Run some command over the same installation; gives both outputs."""
        who, ident = ("--by", by) if by else (), self.any_id()
        words = self.chance.choice([
            ("cases", "list", *who), ("cases", "list", "--json", *who), ("cases", "show", ident, *who),
            ("cases", "show", ident, "--json", *who), ("cases", "removed", *who),
            ("cases", "duplicates", *who),
            ("cases", "merges", *who), ("cases", "verify", ident, "--evidence", "police 1", *who),
            ("cases", "activate", ident, *who), ("cases", "end", ident, "located", "--evidence", "x", *who),
            ("cases", "team", ident, "--add", by, *who), ("cases", "reopen", ident, "--why", "x", *who),
            ("cases", "standing", ident, "--authority", "police", "--reference", "ref. 12", *who),
            ("matches", "list", "--json", *who), ("matches", "list", *who), ("review", "list", *who),
            ("review", "show", self.match_key(), *who), ("review", "later", self.match_key(), *who),
            ("cases", "edit", ident, "--set", "sex=male", "--why", "x", *who),
            ("alarms", "list", *who), ("alarms", "history", *who), ("status", "--json"), ("status",),
        ])  # fmt: skip
        out, err = io.StringIO(), io.StringIO()
        built = SimpleNamespace(
            road=self.road, home=SimpleNamespace(is_sample=False), config=None, close=lambda: None
        )
        doors = cast(Any, SimpleNamespace(open=lambda *_, **__: built))
        with redirect_stdout(out), redirect_stderr(err):
            code = main(doors, ["--config", str(self.config), *words])
        assert code in (0, 1, 2), (words, err.getvalue())
        return out.getvalue() + err.getvalue()

    def secret_photo(self) -> str:
        return self.world.served[0]

    def check(self, by: str, answer: Any, error: str) -> None:
        """Nothing of the sealed case in an answer to an outsider; the gallery holds active cases alone."""
        self.calls += 1
        if by != INSIDER:
            text = f"{answer!r}" if not isinstance(answer, str) else answer
            said = text.replace(f"id={SECRET}", "").replace(f"{SECRET}: ", "")
            assert SECRET not in said, (by, said[:2000])
            assert "Seven" not in said, (by, said[:2000])
            if SECRET in error:
                # What was asked for may be named again, in the words for what never was.
                assert "sealed" not in error and "team" not in error, error
                assert any(words in error for words in AS_FOR_NONE), error
        with self.road.gallery_lock, self.road.store.reading() as tx:
            gallery.follow(self.road, tx)
            hits = self.road.gallery.search(np.ones(DIMENSION, dtype=np.float32) / 2, 20)
            for hit in hits:
                assert rows.get(tx, hit.case_id).status is CaseStatus.ACTIVE, (by, hit)


def prepare(world: World, sign_in: Callable[..., Browser], seed: int, folder: Path) -> Doors:
    """A sealed active case, three open ones with photos and vectors, a browser for each role."""
    road = world.road
    road.faces = cast(Any, FakeFaces)
    road.gallery = NumpyGallery(DIMENSION)
    config = folder / "config.yaml"
    config.write_text("campaign: {hashtags: [Tag]}\n")
    doors = Doors(world, random.Random(seed), config)
    for number in (1, 2, 3):
        world.add_case(f"home/{number}", CaseStatus.DRAFT, seed=80 + number)
    registering.seal(road, SECRET, by=INSIDER, why="protection order")
    with road.store.transaction() as tx:
        for row in rows.listing(tx):
            rows.put(tx, Case(row.case.id, "Child Seven" if row.case.id == CASE else f"Child {row.case.id}",
                              date_of_birth="2016", sealed=row.case.sealed))  # fmt: skip
            for item in rows.photos_of(tx, row.case.id):
                photos.put_vector(
                    tx, item.face_key, FakeFaces.digest, np.ones(DIMENSION, dtype=np.float32) / 2,
                    holder=photos.CASE, at=world.clock(), expires_at=None,
                )  # fmt: skip
            rows.gallery_changed(tx, row.case.id, "", world.clock())
    app = world.app()
    for name in PEOPLE:
        doors.browsers[name] = sign_in(name, app)
    return doors


def knock(doors: Doors, times: int) -> None:
    doors.check("", "", "")
    assert doors.road.gallery.size_cases == 1, "the sealed case itself is searched"
    answered = 0
    for _ in range(times):
        by = doors.chance.choice(PEOPLE)
        call = doors.chance.choices([doors.service, doors.page, doors.command], [6, 3, 1])[0]
        try:
            answer, error = call(by), ""
            answered += 1
        except HomewardError as refused:
            answer, error = "", str(refused)
        doors.check(by, answer, error)
    assert answered > times // 4 and doors.calls == times + 1
    with doors.road.store.reading() as tx:
        assert rows.get(tx, SECRET).case.sealed


def test_no_call_searches_with_a_case_that_is_not_active_nor_shows_a_sealed_one(
    world: World, sign_in: Callable[..., Browser], tmp_path: Path
) -> None:
    knock(prepare(world, sign_in, 7, tmp_path), 40)


@pytest.mark.servers
@pytest.mark.parametrize("seed", range(20))
def test_twenty_thousand_calls_search_with_no_inactive_case_and_show_no_sealed_one(
    world: World, sign_in: Callable[..., Browser], tmp_path: Path, seed: int
) -> None:
    knock(prepare(world, sign_in, seed, tmp_path), 1000)
