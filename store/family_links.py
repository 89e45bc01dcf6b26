"""Links of families, permissions of sources and uploads that wait for a yes, as rows.

Secrets are kept as digests: a stolen database opens no link.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from store import tables as t
from store.db import Transaction, insert_new, upsert
from store.errors import Missing
from store.records.registry import FamilyLink, LinkKind, SourcePermission


def digest_of(token: str) -> str:
    """What is kept of a link's secret."""
    return hashlib.sha256(token.encode()).hexdigest()


def make(
    tx: Transaction,
    kind: LinkKind,
    *,
    language: str,
    by: str,
    at: datetime,
    until: datetime,
    case_id: str = "",
) -> str:
    """Make a link; gives its secret, which is kept nowhere."""
    token = secrets.token_urlsafe(24)
    row = {"digest": digest_of(token), "kind": kind.value, "language": language, "made_by": by}
    tx.execute(sa.insert(t.family_links).values(**row, made_at=at, expires_at=until, case_id=case_id))
    return token


def find(tx: Transaction, token: str) -> FamilyLink | None:
    """The link of a secret, whatever became of it."""
    row = tx.execute(sa.select(t.family_links).where(t.family_links.c.digest == digest_of(token))).first()
    return None if row is None else FamilyLink(**{**row._mapping, "kind": LinkKind(row.kind)})


def spend(tx: Transaction, digest: str, *, case_id: str, at: datetime) -> bool:
    """Use a link up. False if it was used before."""
    f = t.family_links.c
    where = (f.digest == digest) & f.used_at.is_(None)
    done = tx.execute(sa.update(t.family_links).where(where).values(used_at=at, case_id=case_id))
    return done.rowcount == 1


def listing(tx: Transaction, *, most: int = 100) -> list[FamilyLink]:
    """Links for registering, the newest first."""
    f = t.family_links.c
    query = sa.select(t.family_links).where(f.kind == LinkKind.REGISTER.value).order_by(f.made_at.desc())
    return [FamilyLink(**{**r._mapping, "kind": LinkKind(r.kind)}) for r in tx.execute(query.limit(most))]


def prune(tx: Transaction, *, before: datetime) -> int:
    """Forget links that ended before the moment. How many went."""
    return tx.execute(sa.delete(t.family_links).where(t.family_links.c.expires_at < before)).rowcount


# ── what sources permit ──────────────────────────────────────────────────────────────────────────


def put_permission(tx: Transaction, permission: SourcePermission) -> None:
    """Keep what a source permits."""
    names = SourcePermission.__dataclass_fields__
    upsert(tx, t.source_permissions, [{name: getattr(permission, name) for name in names}])


def permission(tx: Transaction, source: str) -> SourcePermission:
    """What a source permits; nothing if nobody wrote it down."""
    row = tx.execute(sa.select(t.source_permissions).where(t.source_permissions.c.source == source)).first()
    return SourcePermission(source) if row is None else SourcePermission(**row._mapping)


def permissions(tx: Transaction) -> list[SourcePermission]:
    """All that was written down, by source."""
    query = sa.select(t.source_permissions).order_by(t.source_permissions.c.source)
    return [SourcePermission(**row._mapping) for row in tx.execute(query)]


# ── uploads that wait ────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that somebody looks through before it is imported; its bytes are sealed."""

    token: str
    name: str
    sealed: bytes
    by: str
    at: datetime


def put_upload(tx: Transaction, upload: Upload) -> bool:
    """Keep an upload. False if the token is taken."""
    return insert_new(tx, t.case_uploads, {n: getattr(upload, n) for n in Upload.__dataclass_fields__})


def upload(tx: Transaction, token: str) -> Upload:
    """An upload. Raises Missing."""
    row = tx.execute(sa.select(t.case_uploads).where(t.case_uploads.c.token == token)).first()
    if row is None:
        raise Missing("upload", "is not kept any more; choose the file again")
    return Upload(**row._mapping)


def drop_uploads(tx: Transaction, *, token: str = "", before: datetime | None = None) -> None:
    """Forget one upload, or all from before the moment."""
    u = t.case_uploads.c
    where = u.token == token if before is None else u.at < before
    tx.execute(sa.delete(t.case_uploads).where(where))
