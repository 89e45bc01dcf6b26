"""Tables of erasing: keys of single records, authors who stay forgotten. Read through store/tables.py."""

from __future__ import annotations

import sqlalchemy as sa

from store import columns as c

record_keys = sa.Table(
    "record_keys",
    c.metadata,
    # The row whose sealed value it opens, such as `contact:case`; the key itself is wrapped.
    c.key("record"),
    sa.Column("wrapped", c.Blob, nullable=False),
    c.text("key_id"),
    c.when("made_at"),
    sa.Index("ix_record_keys_key_id", "key_id"),
)

forgotten_authors = sa.Table(
    "forgotten_authors",
    c.metadata,
    c.key("digest"),
    c.text("platform"),
    c.when("at"),
)
