"""Tables by which pictures are recognised again: codes, pairs that are one picture, the bank of known ones.

Read through store/tables.py.
"""

from __future__ import annotations

import sqlalchemy as sa

from store import columns as c

picture_codes = sa.Table(
    "picture_codes",
    c.metadata,
    sa.Column("seq", c.AUTO, primary_key=True, autoincrement=True),
    c.text("digest"),
    c.text("make"),
    sa.Column("codes", c.Blob, nullable=False),
    sa.UniqueConstraint("digest"),
)

picture_pairs = sa.Table(
    "picture_pairs",
    c.metadata,
    c.key("a"),
    c.key("b"),
    sa.Column("bits", c.Int, nullable=False),
    sa.Column("correlation", c.Real, nullable=False),
    c.flag("mirrored"),
    sa.Index("ix_picture_pairs_b", "b"),
)

known_pictures = sa.Table(
    "known_pictures",
    c.metadata,
    c.key("digest"),
    c.text("label"),
    c.text("note"),
    c.text("by"),
    c.when("at"),
)
