"""What an author answered when we asked for day and district. Values only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from store.records.sighting import WhenCandidate, WhereCandidate


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer to our words under a post, as far as it says where or when.

    `post_key` is the post that we answered, `answer_key` the post that answers us; `is_stored` tells
    whether that one is kept (a private message never is: only what was read from it stays).
    `where` and `when` are readings, best first, empty where the answer says nothing of it.
    """

    post_key: str
    answer_key: str
    at: datetime
    is_stored: bool
    where: tuple[WhereCandidate, ...] = ()
    when: tuple[WhenCandidate, ...] = ()
    zone: str = ""
