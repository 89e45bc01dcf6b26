"""An import: one delivery of files, who gave it, on what basis, and what it may be used for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from store.records.permit import Use


class Basis(StrEnum):
    """On what basis posts were handed over. The words are the operator's; no law is quoted here."""

    CONSENT = "consent"
    PLATFORM_EXPORT_BY_AUTHOR = "platform_export_by_author"
    PLATFORM_CONTRACT = "platform_contract"
    RESEARCH_LICENCE = "research_licence"
    AUTHORITY_ORDER = "authority_order"
    FICTIONAL = "fictional"


SCOPE = frozenset({Use.MATCH, Use.REPLY})
"""What a statement can be about. Keeping and showing follow the platform's rules as they do elsewhere."""


@dataclass(frozen=True, slots=True)
class Statement:
    """What somebody says of an import: who gave it, on what basis, until when (aware UTC), for which uses.

    `grantor` is who may grant it if that is not the giver. `until` None: without end.
    """

    source: str
    basis: Basis
    grantor: str = ""
    until: datetime | None = None
    scope: frozenset[Use] = SCOPE


@dataclass(frozen=True, slots=True)
class Import:
    """One delivery. `named` are the paths as they were given; `statement` None until somebody makes one.

    `finished_at` is None while files of it have not been read to their end. `pending` says that what
    follows from its statement has not reached all of its posts yet.
    """

    id: str
    named: str
    begun_at: datetime
    begun_by: str
    statement: Statement | None = None
    stated_by: str = ""
    stated_at: datetime | None = None
    revoked_by: str = ""
    revoked_at: datetime | None = None
    finished_at: datetime | None = None
    pending: bool = False


@dataclass(frozen=True, slots=True)
class ImportFile:
    """A file of an import: `file` is the digest of its bytes, counts are of what it held."""

    import_id: str
    file: str
    name: str
    posts: int = 0
    set_aside: int = 0
    not_kept: int = 0
    is_read: bool = False


@dataclass(frozen=True, slots=True)
class Standing:
    """What the imports that brought a post let be done with it; the input that the permit is given.

    `uses` are allowed by a statement. `governs` are the uses that depend on it: not those of a post that
    a live source delivered too. `rule` and `words` say why what is not in `uses` is not allowed, `told`
    on whose word what is in them is.
    """

    governs: frozenset[Use]
    uses: frozenset[Use]
    rule: str
    words: str
    told: str = ""
