"""Roles × routes × fields: what a role must not see is on no page and in no answer, whatever is asked for.

Every reading route of the table in rights.py is asked with names of what there is: a case with a contact, a
sighting, a candidate, a lead, a reply. A new route is asked as well, without a line here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlencode

import pytest

from bot.services import cases, people, registering, review, sightings, turns
from store import leads, outbox
from store.records.match import Verdict
from tests.integration.console import rights
from tests.integration.console.conftest import Browser
from tests.integration.console.test_pages import key_of
from tests.integration.console.world import CASE, NAMED, PLACE, UNNAMED, World

SignIn = Callable[..., Browser]
pytestmark = pytest.mark.servers
PHONE, MAIL, PARENT = "000 555 0173", "parent-of-seven@family.example", "Parent Seven-Contact"
CONTACT = (PHONE, MAIL, PARENT)
AUTHOR = "wei@social.example"
# What of a post a registrar would learn a sighting from: its author, its words, its place, its address.
SIGHTING = (AUTHOR, PLACE, "春熙路", "near the fountain", "https://social.example/@wei/1")
KEYS_OF = {"/sighting": NAMED, "/api/v1/sighting": NAMED, "/safeguarding": NAMED, "/review/why": NAMED}


@dataclass(frozen=True, slots=True)
class Known:
    """Names of what there is."""

    match: str
    lead: str
    reply: str
    registered: str
    seen: str

    def addresses(self) -> Iterator[str]:
        """Every reading route, asked for what there is in each of the ways in which pages name things."""
        for method, path in sorted(rights.routes()):
            if method != "GET" or path.startswith(("/enter/", "/family/", "/case-file/")):
                continue
            for digest in (self.registered, self.seen) if "digest" in path else ("",):
                filled = path.replace("{digest}", digest).replace("{lead_id}", self.lead)
                filled = re.sub(r"\{\w+\}", "1", filled)
                yield from (f"{filled}?{urlencode(fields)}" for fields in self._fields(path))

    def _fields(self, path: str) -> list[dict[str, str]]:
        named = {"id": self.lead if path.startswith("/lead") else CASE, "key": KEYS_OF.get(path, self.match)}
        if path.startswith("/outbox"):
            named["key"] = self.reply
        named |= {"post": NAMED, "case": CASE, "case_id": CASE, "lead": self.lead, "digest": self.seen}
        return [{}, {**named, "show": "1"}]


@pytest.fixture
def known(world: World) -> Known:
    """An installation in which there is something of everything."""
    road = world.road
    road.faces = lambda: SimpleNamespace(digest="model-digest")  # type: ignore[assignment,return-value]
    contact = {"contact_name": PARENT, "contact_phone": PHONE, "contact_email": MAIL}
    registering.set_contact(road, CASE, contact, by="rita")
    match = key_of(world, NAMED)
    people.add(road, "sam", "reviewer", by="tests")
    review.decide(road, match, Verdict.POSSIBLE, by="rob")
    turns.confirm(road, match, by="sam")
    assert key_of(world, UNNAMED), "another one waits"
    with road.store.reading() as tx:
        lead = leads.of_match(tx, match)
        (reply,) = outbox.of_post(tx, NAMED)[:1]
    assert lead is not None
    photo = sightings.one(road, NAMED).photos[0].photo
    assert photo is not None
    return Known(match, lead.id, reply.key, cases.show(road, CASE).served[0], photo.served)


def answers(world: World, known: Known, sign_in: SignIn, role: str) -> Iterator[tuple[str, Any]]:
    """(address, answer) of every reading route, for somebody who has this role alone."""
    people.add(world.road, f"only-{role}", role, by="tests")
    browser = sign_in(f"only-{role}", world.app())
    for address in known.addresses():
        answer = browser.http.get(address)
        assert answer.status_code < 500, (role, address)
        yield address, answer


@pytest.mark.parametrize("role", [r for r in rights.ROLES if not rights.may(r, "FACES")])
def test_who_sees_no_faces_gets_no_picture_and_no_address_of_one(
    world: World, known: Known, sign_in: SignIn, role: str
) -> None:
    wrong = []
    for address, answer in answers(world, known, sign_in, role):
        kind = answer.headers.get("content-type", "")
        if kind.startswith("image/"):
            wrong.append((address, kind))
        elif "text" in kind or "json" in kind:
            wrong += [(address, d) for d in (known.registered, known.seen) if d in answer.text]
    # Asking for a picture by its digest says that digest in the address of the way back at most.
    assert [each for each in wrong if each[1] not in each[0]] == []


@pytest.mark.parametrize("role", rights.ROLES)
def test_no_page_shows_a_contact_unasked_and_to_most_roles_none_at_all(
    world: World, known: Known, sign_in: SignIn, role: str
) -> None:
    # Even a registrar opens a contact by a form with a reason alone, which is written down.
    shown = [
        (address, words)
        for address, answer in answers(world, known, sign_in, role)
        for words in CONTACT
        if words in answer.text
    ]
    assert shown == []


@pytest.mark.parametrize("role", ["registrar", "viewer", "civil-affairs", "ngo", "officer"])
def test_who_sees_no_sightings_finds_nothing_of_one_on_any_page(
    world: World, known: Known, sign_in: SignIn, role: str
) -> None:
    shown = []
    for address, answer in answers(world, known, sign_in, role):
        if answer.status_code != 200:
            continue
        shown += [(address, words) for words in SIGHTING if words in answer.text]
        if known.seen in answer.text or answer.headers.get("content-type", "").startswith("image/"):
            shown += [(address, "the picture")] if known.registered not in address else []
    assert shown == []


def test_what_is_looked_for_is_there_for_who_may_see_it(world: World, known: Known, sign_in: SignIn) -> None:
    texts = {a: t.text for a, t in answers(world, known, sign_in, "reviewer") if t.status_code == 200}
    for words in (AUTHOR, "春熙路", known.seen, known.registered):
        assert sum(words in text for text in texts.values()) >= 3, words
    assert len(texts) > 25
    registering.join_team(world.road, CASE, "rita", by="rita")
    opened = registering.open_contact(world.road, CASE, by="rita", why="the police ask")
    assert set(opened.values()) == set(CONTACT), "what is kept out of every page is there to be kept out"
