"""Tables of imports: one row a delivery with what was stated about it, and the files it brought.

Read through store/tables.py.
"""

from __future__ import annotations

import sqlalchemy as sa

from store import columns as c

imports = sa.Table(
    "imports",
    c.metadata,
    c.key("id"),
    c.text("named"),
    c.when("begun_at"),
    c.text("begun_by"),
    c.text("source"),
    c.text("basis"),
    c.text("grantor"),
    c.when("until", null=True),
    sa.Column("scope", c.Json, nullable=False),
    c.text("stated_by"),
    c.when("stated_at", null=True),
    c.text("revoked_by"),
    c.when("revoked_at", null=True),
    c.when("finished_at", null=True),
    c.when("ended_at", null=True),
    c.flag("pending"),
)

import_files = sa.Table(
    "import_files",
    c.metadata,
    c.key("import_id"),
    c.key("file"),
    c.text("name"),
    sa.Column("posts", c.Int, nullable=False),
    sa.Column("set_aside", c.Int, nullable=False),
    sa.Column("not_kept", c.Int, nullable=False),
    c.flag("is_read"),
    sa.Index("ix_import_files_file", "file"),
)
