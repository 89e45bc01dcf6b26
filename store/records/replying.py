"""What stands around a reply: opt-outs, levels, wordings, talks, tasks by hand, erasures. Values only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from store.records.reply import Level, Purpose


@dataclass(frozen=True, slots=True)
class OptOut:
    """One person who gets no messages. `person` is a keyed digest: nobody can be read back from it."""

    person: str
    platform: str
    everywhere: bool
    why: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Marks:
    """What caps and versions need of a row: thread (keyed digest), hashtags, wording, the author's zone.

    `zone_min` is minutes east of UTC, None where nobody knows it; `written_by` is who wrote free words.
    """

    thread: str = ""
    hashtags: tuple[str, ...] = ()
    wording: str = ""
    zone_min: int | None = None
    written_by: str = ""


@dataclass(frozen=True, slots=True)
class LevelChange:
    """A wish to go to another level, and what a second person said to it (None: nobody yet)."""

    number: int
    level: Level
    why: str
    asked_by: str
    asked_at: datetime
    decided_by: str = ""
    decided_at: datetime | None = None
    accepted: bool = False


@dataclass(frozen=True, slots=True)
class Wording:
    """A version of the words for a purpose in a language; in force once approved and until it is ended."""

    number: int
    purpose: Purpose
    language: str
    text: str
    why: str
    written_by: str
    written_at: datetime
    approved_by: str = ""
    approved_at: datetime | None = None
    ended_by: str = ""
    ended_at: datetime | None = None
    ended_why: str = ""

    @property
    def mark(self) -> str:
        """How rows name the version they were made from."""
        return f"{self.purpose.value}/{self.language}/{self.number}"

    @property
    def is_in_force(self) -> bool:
        """Whether rows are made from it."""
        return self.approved_at is not None and self.ended_at is None


@dataclass(frozen=True, slots=True)
class Talk:
    """A message to the bot. What a private one says is in `sealed`, and only until `kept_until`.

    `post_key` is the sighting under which we had written, "" where that is not known.
    `wish` is "" or what the words ask for: stop, stop_everywhere, erase.
    """

    key: str
    post_key: str
    platform: str
    to_author: str
    wish: str
    at: datetime
    kept_until: datetime
    sealed: bytes | None = None
    key_id: str = ""
    closed_by: str = ""
    closed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class HandTask:
    """Words that the team writes with its own hand, since no sender may or can."""

    key: str
    post_key: str
    platform: str
    purpose: Purpose
    language: str
    text: str
    consent: str
    asked_at: datetime
    done_by: str = ""
    done_at: datetime | None = None
    outcome: str = ""


class Asker(StrEnum):
    """Who asks for what is held of them."""

    AUTHOR = "author"
    PICTURED = "pictured"
    GUARDIAN = "guardian"


class AskedBy(StrEnum):
    """By which way the wish came."""

    ANSWER = "answer"
    MAIL = "mail"
    FORM = "form"


class Wants(StrEnum):
    """What the person asks for: deletion, or a copy of everything held."""

    ERASE = "erase"
    COPY = "copy"


class ErasureState(StrEnum):
    """How far a wish is: without proof, proved, done but not told, told, refused."""

    ASKED = "asked"
    PROVED = "proved"
    DONE = "done"
    TOLD = "told"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Erasure:
    """Somebody asked for their data to be deleted, or for a copy. Who, is in `sealed` until they were told.

    `proof` is `account` or words on a document that `seen_by` and a second person saw; `code` the keyed
    digest of what the account has to send. `let_go_by` and `let_go_with` are the two people who agreed
    that posts that stand beside a case may go.
    """

    reference: str
    platform: str
    sealed: bytes
    key_id: str
    asked_at: datetime
    due_at: datetime
    done_by: str = ""
    done_at: datetime | None = None
    note: str = ""
    kind: str = Asker.AUTHOR
    way: str = AskedBy.ANSWER
    wants: str = Wants.ERASE
    state: str = ErasureState.PROVED
    proof: str = ""
    seen_by: str = ""
    code: str = ""
    let_go_by: str = ""
    let_go_with: str = ""
    told_by: str = ""
    proved_at: datetime | None = None
    told_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Release:
    """The family or the authority agrees that an appeal may be called closed."""

    case_id: str
    kind: str
    by: str
    evidence: str
    at: datetime


@dataclass(frozen=True, slots=True)
class SelfTest:
    """How the last try of a channel went."""

    name: str
    at: datetime
    is_well: bool
    result: str
