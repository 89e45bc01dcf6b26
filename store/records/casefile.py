"""A case file for an authority and its delivery: who prepared and released it, why, and what became of it.

Values only. The file itself lies encrypted outside the database.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class CaseFileState(StrEnum):
    """Where a case file stands. RELEASED: two people agreed, the encrypted file is not made yet."""

    PREPARED = "prepared"
    REFUSED = "refused"
    RELEASED = "released"
    READY = "ready"
    DELIVERED = "delivered"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


ENDED = frozenset(
    {CaseFileState.REFUSED, CaseFileState.DELIVERED, CaseFileState.WITHDRAWN, CaseFileState.EXPIRED}
)


@dataclass(frozen=True, slots=True)
class CaseFile:
    """A case file about one confirmed candidate, for one authority.

    `authority` is its name and `recipient` its age key, both as they were when it was prepared. `purpose`
    is for the authority to read, `why` for this house. `expires_at` ends purpose and links alike.
    `content` is the digest of what it holds, the chain of steps apart; `digest` and `size_bytes` are of
    the encrypted file, "" and 0 before it was made. `kept_until` is when that file goes.
    """

    number: int
    match_key: str
    post_key: str
    case_id: str
    authority: str
    recipient: str
    purpose: str
    why: str
    expires_at: datetime
    originals: bool
    content: str
    state: CaseFileState
    prepared_by: str
    prepared_at: datetime
    decided_by: str = ""
    decided_at: datetime | None = None
    decided_why: str = ""
    digest: str = ""
    size_bytes: int = 0
    kept_until: datetime | None = None
    ended_at: datetime | None = None
    ended_why: str = ""


@dataclass(frozen=True, slots=True)
class Delivery:
    """A one-time link to a case file: digests of its secret and of the code told by another way.

    `used_at` is when it was fetched, `tries` how many wrong codes were given; `over_why` says why it ended
    unused.
    """

    digest: str
    number: int
    code: str
    made_by: str
    made_at: datetime
    expires_at: datetime
    tries: int = 0
    used_at: datetime | None = None
    over_why: str = ""
