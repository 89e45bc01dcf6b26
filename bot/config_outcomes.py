"""The shape of config.yaml's `outcomes` block: due dates of leads, licensed bodies, finding by hand.

Values only.
"""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import model_validator

from bot.config_types import Block, Text, count, keep, says, span

_DAYS = "days until somebody is reminded"


class DueDays(Block):
    """How long a lead may stand in a state before somebody is reminded. Days."""

    confirmed: Annotated[float, span(0.04, 366, _DAYS)] = 1
    reported: Annotated[float, span(0.04, 366, _DAYS)] = 14
    located: Annotated[float, span(0.04, 366, _DAYS)] = 14
    dna_arranged: Annotated[float, span(0.04, 366, _DAYS)] = 30
    dna_supports: Annotated[float, span(0.04, 366, _DAYS)] = 30
    dna_excludes: Annotated[float, span(0.04, 366, _DAYS)] = 7
    dna_unclear: Annotated[float, span(0.04, 366, _DAYS)] = 14


class WelfareBody(Block):
    """A licensed body that takes welfare referrals."""

    name: Annotated[Text, says("its name, as on its licence", max_length=200)]
    licence: Annotated[Text, says("number and kind of its licence, and who gave it", max_length=400)]
    source: Annotated[Text, says("where the licence can be looked up: a page or a letter", max_length=400)]
    area: Annotated[str, says("where it works, in words", max_length=200)] = ""


class Finding(Block):
    """Finding by hand. The numbers can be set lower than the house's limits, never higher."""

    searches_per_day: Annotated[int, count(0, 20, "searches of a person and day; 0: none")] = 20
    results: Annotated[int, count(1, 50, "results of a search")] = 50
    saved_days: Annotated[int, count(1, 14, "days a search is kept")] = 14


class Outcomes(Block):
    """What becomes of confirmed candidates, and of children in need without a match."""

    due_days: DueDays = DueDays()
    reminder_days: Annotated[float, span(0.04, 60, "days until an unheard reminder is repeated")] = 3
    max_document_mb: Annotated[float, span(0, 20, "megabytes of one document", open_start=True)] = 10
    max_documents: Annotated[int, count(0, 200, "documents of one lead")] = 30
    bodies: Annotated[
        tuple[WelfareBody, ...], says("licensed bodies that take welfare referrals", max_length=100)
    ] = ()
    answer_days: Annotated[float, span(0.04, 60, "days until a body is asked for its answer")] = 3
    finding: Finding = Finding()

    @model_validator(mode="after")
    def _bodies_have_names(self) -> Self:
        names = [each.name.casefold() for each in self.bodies]
        keep(*((n in names[:at], f"bodies.{at}.name", "each body once") for at, n in enumerate(names)))
        return self
