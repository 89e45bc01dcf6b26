"""Tables of stored face vectors' standing: since when, kept open by whom, searched how far, by which model.

The vectors themselves are in store/tables_seen.py. Read through store/tables.py.
"""

from __future__ import annotations

import sqlalchemy as sa

from store import columns as c

# When a face's vector was first stored: its time runs from there, however often it is made again.
face_templates = sa.Table("face_templates", c.metadata, c.key("face_key"), c.when("since"))

kept_open = sa.Table(
    "kept_open",
    c.metadata,
    c.key("post_key"),
    c.text("by"),
    c.text("why"),
    c.when("at"),
    c.when("until"),
)

case_searches = sa.Table(
    "case_searches",
    c.metadata,
    c.key("case_id"),
    c.text("model"),
    c.text("part"),
    c.text("after_key"),
    sa.Column("done", c.Int, nullable=False),
    sa.Column("total", c.Int, nullable=False),
    sa.Column("found", c.Int, nullable=False),
    c.when("begun_at"),
    c.when("moved_at"),
)

face_models = sa.Table(
    "face_models",
    c.metadata,
    c.key("digest"),
    c.text("source"),
    c.text("name"),
    sa.Column("dimension", c.Int, nullable=False),
    c.text("state"),
    sa.Column("done", c.Int, nullable=False),
    sa.Column("total", c.Int, nullable=False),
    c.when("put_at"),
    c.when("moved_at"),
)
