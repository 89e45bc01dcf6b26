"""Tables of what was asked back and of exact places under seal. Read through store/tables.py."""

from __future__ import annotations

import sqlalchemy as sa

from store import columns as c

answers = sa.Table(
    "answers",
    c.metadata,
    c.key("post_key"),
    c.key("answer_key"),
    c.when("at"),
    c.flag("is_stored"),
    sa.Column("where", c.Json, nullable=False),
    sa.Column("when", c.Json, nullable=False),
    c.text("zone"),
    sa.Index("ix_answers_answer", "answer_key"),
)

sealed_places = sa.Table(
    "sealed_places",
    c.metadata,
    c.key(),
    sa.Column("sealed", c.Blob, nullable=False),
    c.text("key_id"),
    c.when("sealed_at"),
)
