"""Calling a candidate a possible resemblance: both pictures at full size, the checklist; why no match.

It cannot be said in fewer steps: the form is refused while an answer is missing.
"""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from bot.console import words
from bot.console.answers import see
from bot.console.auth import Form, Reviewer, ReviewForm
from bot.console.here import Here
from bot.console.pages.carding import CONFIRM, picture_of
from bot.console.rendering import link_to
from bot.console.tongue import Said, gettext, noted
from bot.services import review, turns
from store.errors import UsageError
from store.records.match import Verdict

router = APIRouter(include_in_schema=False)

SEEN = Said(
    seen_post=noted("I have looked at this picture at full size"),
    seen_case=noted("I have looked at this picture at full size"),
)
"""One box under each picture."""
CHECKS = Said(
    age=noted("Can the age be right?"),
    marks=noted("Do marks speak against it (scars, moles, ears)?"),
    place=noted("Can the child have been in that place at that time?"),
    poster=noted("Is it a photo of a person, and not of a poster or a screen?"),
)
"""What has to be answered before the word is given, each yes, no or cannot tell."""
ANSWERS = Said(yes=noted("yes"), no=noted("no"), unknown=noted("cannot tell"))


@router.get(CONFIRM)
def ask(request: Request, here: Here, viewer: Reviewer, key: str) -> Response:
    """Both pictures at full size, and the questions."""
    taken_by = turns.take(here.road, key, by=viewer.name)
    card = review.card(here.road, key, viewer=viewer.name)
    born = card.case.case.date_of_birth
    return here.pages.page(
        request, "confirm.html", card=card, match=card.row.match, checks=CHECKS, answers=ANSWERS,
        seen=picture_of(here, viewer.name, card.photo.served, card.face), taken_by=taken_by, seen_words=SEEN,
        registered=picture_of(here, viewer.name, card.case_photo.served, card.case_face),
        age_now=words.age_on(born, here.road.clock().date()) if born else None,
        is_second=card.row.state == "possible", asks_two=here.road.rules.second_look,
    )  # fmt: skip


@router.post(CONFIRM)
def say(here: Here, form: ReviewForm) -> Response:
    """Keep the word, with the answers in its note."""
    key, by = form.need("key"), form.viewer.name
    note = _checked(form)
    turns.check_free(here.road, key, by=by)
    if review.card(here.road, key, viewer=by).row.state == "possible":
        turns.confirm(here.road, key, by=by, note=note)
    else:
        review.decide(here.road, key, Verdict.POSSIBLE, by=by, note=note)
    return see(link_to("/review", key=key))


def _checked(form: Form) -> str:
    """The note of a verdict whose questions are all answered. Raises UsageError."""
    for box in SEEN:
        if form.get(box) != "yes":
            raise UsageError(box, gettext("is not ticked: look at both pictures at full size first"))
    given = {check: form.get(check) for check in CHECKS}
    for check, answer in given.items():
        if answer not in ANSWERS:
            raise UsageError(check, gettext("is not answered: go through the questions first"))
    told = "; ".join(f"{check}: {answer}" for check, answer in given.items())
    return f"{form.get('note')} [{told}]".strip()


@router.get("/review/why")
def why(request: Request, here: Here, viewer: Reviewer, post: str = "", case: str = "") -> Response:
    """Pairs of a post or of a case that are alike and yet were not shown, each with its reason."""
    if bool(post) == bool(case):
        raise UsageError("why", "names no post and no case, or both; open it from a candidate or a sighting")
    found = review.why_not(here.road, post=post, case_id=case, viewer=viewer.name)
    return here.pages.page(request, "why.html", found=found, post_key=post, case_id=case)
