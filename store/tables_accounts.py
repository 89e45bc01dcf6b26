"""Tables of accounts on the platforms: what is put away while its author's account is out of use.

Read through store/tables.py.
"""

from __future__ import annotations

import sqlalchemy as sa

from store import columns as c

hidden_posts = sa.Table(
    "hidden_posts",
    c.metadata,
    c.key("post_key"),
    c.text("platform"),
    c.text("author_id"),
    c.text("source"),
    c.text("tag"),
    sa.Column("sealed", c.Blob, nullable=False),
    c.text("why"),
    c.when("at"),
    sa.Index("ix_hidden_posts_author", "platform", "author_id"),
)
