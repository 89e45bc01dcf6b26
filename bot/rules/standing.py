"""What the statements about imports let be done with a post. Pure: imports and the time are handed in.

Nothing that came in a file may be compared or answered until somebody states who gave it and on what basis.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from store.records.imports import SCOPE, Import, Standing, Statement
from store.records.permit import Use

UNSTATED = "import_basis_not_stated"
REVOKED = "import_basis_revoked"
ENDED = "import_basis_ended"
OUTSIDE = "import_outside_scope"
STATED = "import_basis_stated"

WORD_OF = {Use.MATCH: "match", Use.REPLY: "answer"}
"""How the uses are called where people state them."""
_DONE = {Use.MATCH: "compared", Use.REPLY: "answered"}


def of_post(held: Sequence[Import], now: datetime, *, is_live: bool, has_given: bool) -> Standing:
    """The standing of a post that the imports `held` brought, at `now` (aware UTC).

    One statement in force that covers a use is enough: the same file may be delivered twice. A post that
    a live source delivered too (`is_live`) has its own permit; only the comparison of pictures whose
    bytes came from a file alone (`has_given`) still depends on the imports.
    """
    governs = SCOPE if not is_live else frozenset({Use.MATCH} if has_given else ())
    in_force = [(made, said) for made in held if (said := in_force_at(made, now)) is not None]
    uses = frozenset(use for _, said in in_force for use in said.scope)
    rule, words = _refusal(held, now, SCOPE - uses)
    return Standing(
        governs=governs,
        uses=uses,
        rule=rule,
        words=words,
        told=_told(in_force[-1]) if in_force else "",
    )


def in_force_at(made: Import, now: datetime) -> Statement | None:
    """The statement of an import if it counts now."""
    said = made.statement
    if said is None or made.revoked_at is not None or not said.source.strip():
        return None
    return said if said.until is None or now < said.until else None


def state_of(made: Import, now: datetime) -> str:
    """Where an import stands, in one word: stated, waiting, revoked, ended."""
    if made.revoked_at is not None:
        return "revoked"
    if made.statement is None:
        return "waiting"
    return "stated" if in_force_at(made, now) is not None else "ended"


def _told(stated: tuple[Import, Statement]) -> str:
    made, said = stated
    grantor = f", granted by {said.grantor}" if said.grantor else ""
    return f"From import {made.id}, given by {said.source}, basis {said.basis.value}{grantor}."


def _refusal(held: Sequence[Import], now: datetime, missing: frozenset[Use]) -> tuple[str, str]:
    """The rule and the words for what may not be done, of the import that is nearest to being stated."""
    if not missing:
        return "", ""
    what = " nor ".join(_DONE[use] for use in (Use.MATCH, Use.REPLY) if use in missing)
    by_state = {state_of(made, now): made for made in reversed(held)}
    for state, rule in (("stated", OUTSIDE), ("ended", ENDED), ("revoked", REVOKED), ("waiting", UNSTATED)):
        if state in by_state:
            return rule, _words(by_state[state], state, what)
    return UNSTATED, f"From a file of which no import is known, so it is not {what}: import the file again."


def _words(made: Import, state: str, what: str) -> str:
    way_out = f"`run_bot.py imports state {made.id} --source … --basis …`"
    if state == "stated":
        return f"From import {made.id}, whose statement leaves this out, so it is not {what}; see {way_out}."
    if state == "ended":
        return f"The statement about import {made.id} has ended, so it is not {what}; {way_out} renews it."
    if state == "revoked":
        return f"The statement about import {made.id} was revoked, so it is not {what}; see {way_out}."
    return (
        f"From import {made.id}, basis not stated: it is not {what} until somebody says who gave it and on "
        f"what basis, by {way_out}."
    )
