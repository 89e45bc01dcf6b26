"""Pictures that nobody may be shown, as values: why one was put away, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Lead(StrEnum):
    """What led to it.

    `LIST`: an operator's hash list. `COPY`: nearly the same picture as one that was put away. `BESIDE`:
    it stands in one post with one that a list names. `REPORT`: a person reported it. `LABEL`: its platform
    or its author calls it sexual.
    """

    LIST = "list"
    COPY = "copy"
    BESIDE = "beside"
    REPORT = "report"
    LABEL = "label"


class Duty(StrEnum):
    """What the officer is asked: REPORT it (a list of known abuse names it), or first LOOK into it."""

    REPORT = "report"
    LOOK = "look"


class QuarantineState(StrEnum):
    """OPEN waits for the officer. REPORTED is preserved until its date, DESTROYED after it.

    RELEASED was a false positive and is an ordinary picture again; BARRED was found not to be
    reportable, its bytes are destroyed, and it stays out.
    """

    OPEN = "open"
    REPORTED = "reported"
    RELEASED = "released"
    BARRED = "barred"
    DESTROYED = "destroyed"


@dataclass(frozen=True, slots=True)
class Reason:
    """One lead: `source` is the list, the platform, or the picture that it resembles or stands beside.

    `entry` is the hash in the list or the label, `distance` the bits in which two PDQ hashes differ.
    `cleared`: the officer found that this reason does not hold for this picture.
    """

    lead: Lead
    source: str
    entry: str = ""
    words: str = ""
    duty: Duty = Duty.LOOK
    distance: int | None = None
    by: str = "homeward"
    cleared: bool = False


@dataclass(frozen=True, slots=True)
class Place:
    """Where the picture stood: an attachment of a post, or a photo of a case (`kind` "post" or "case").

    `sealed` holds the post as it was, readable by the installation's key alone.
    """

    kind: str
    key: str
    position: int = 0
    sealed: bytes | None = None


@dataclass(frozen=True, slots=True)
class Quarantined:
    """One picture that was put away. `reference` is all that others than the officer are told.

    `served` names the copy that had been made for showing. `kept` says that the sealed bytes are there,
    `swept` that no open copy of them is left. Moments are aware UTC.
    """

    digest: str
    reference: str
    state: QuarantineState
    duty: Duty
    opened_at: datetime
    served: str = ""
    pdq: tuple[str, ...] = ()
    kept: bool = False
    swept: bool = False
    size_bytes: int = 0
    due_at: datetime | None = None
    reported_at: datetime | None = None
    reported_by: str = ""
    reported_to: str = ""
    report_reference: str = ""
    preserve_until: datetime | None = None
    closed_at: datetime | None = None
    closed_by: str = ""
    closed_why: str = ""
    destroyed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class PhotoPrint:
    """By what a photo is compared with hash lists: digests of the original bytes (hex), PDQ hashes.

    `pdq` holds the eight turned and mirrored hashes (64 hex digits each), the upright one first;
    empty where no pixels could be had. `pdq_quality` is 0 to 100.
    """

    sha256: str
    md5: str = ""
    sha1: str = ""
    pdq: tuple[str, ...] = ()
    pdq_quality: int = 0
