"""Tables of the tag bench: what each post counts as, numbers by hashtag, drafts, gates, floods, blocks.

Read through store/tables.py. Authors stand here as digests alone; the words of posts do not stand here.
"""

from __future__ import annotations

import sqlalchemy as sa

from store import columns as c
from store.db import UtcDateTime


def _count(name: str) -> sa.Column[int]:
    return sa.Column(name, c.Int, nullable=False, server_default="0")


def _counts() -> list[sa.Column[int]]:
    """What is counted of posts, in the order of store/tag_numbers.py."""
    names = "originals photos read placed timed usable first_hand kept leads review_s"
    return [_count(name) for name in names.split()]


bench_marks = sa.Table(
    "bench_marks",
    c.metadata,
    sa.Column("seq", c.AUTO, primary_key=True, autoincrement=True),
    c.text("post_key"),
)

# The same hashtags in the same language, once: queries are tried on these, not on each post.
bench_sets = sa.Table(
    "bench_sets",
    c.metadata,
    sa.Column("id", c.AUTO, primary_key=True, autoincrement=True),
    sa.Column("digest", c.Text, nullable=False, unique=True),
    sa.Column("tags", c.Json, nullable=False),
    c.text("language"),
)

bench_posts = sa.Table(
    "bench_posts",
    c.metadata,
    c.key("post_key"),
    sa.Column("set_id", c.Int, nullable=False),
    c.when("hour"),
    c.text("sources"),
    _count("author"),
    _count("author_name"),
    _count("author_ident"),
    _count("words"),
    _count("picture"),
    _count("draw"),
    *_counts(),
    sa.Index("ix_bench_posts_set", "set_id", "hour"),
    sa.Index("ix_bench_posts_hour", "hour"),
    sa.Index("ix_bench_posts_name", "author_name"),
    sa.Index("ix_bench_posts_ident", "author_ident"),
)

tag_numbers = sa.Table(
    "tag_numbers",
    c.metadata,
    c.key("grain"),
    c.key("tag"),
    c.key("source"),
    sa.Column("start", UtcDateTime, primary_key=True),
    _count("posts"),
    _count("authors"),
    *_counts(),
    sqlite_with_rowid=False,
)

tag_authors = sa.Table(
    "tag_authors",
    c.metadata,
    c.key("tag"),
    c.key("source"),
    sa.Column("author", c.Int, primary_key=True, autoincrement=False),
    sa.Column("day", c.Int, primary_key=True, autoincrement=False),
    _count("posts"),
    sqlite_with_rowid=False,
)

tag_gates = sa.Table(
    "tag_gates",
    c.metadata,
    c.key("tag"),
    c.flag("closed"),
    c.flag("held_open"),
    _count("read"),
    _count("first_hand"),
    c.text("why"),
    c.text("by"),
    c.when("at"),
)

tag_drafts = sa.Table(
    "tag_drafts",
    c.metadata,
    sa.Column("number", c.AUTO, primary_key=True, autoincrement=True),
    _count("base"),
    sa.Column("content", c.Json, nullable=False),
    c.text("why"),
    c.text("made_by"),
    c.when("made_at"),
    c.text("state", default="open"),
    c.text("decided_by"),
    c.text("decided_why"),
    c.when("decided_at", null=True),
)

flood_counts = sa.Table(
    "flood_counts",
    c.metadata,
    c.key("kind"),
    sa.Column("what", c.Int, primary_key=True, autoincrement=False),
    sa.Column("hour", UtcDateTime, primary_key=True),
    _count("posts"),
    c.text("post_key"),
)

floods = sa.Table(
    "floods",
    c.metadata,
    c.key("kind"),
    sa.Column("what", c.Int, primary_key=True, autoincrement=False),
    c.text("post_key"),
    _count("posts"),
    _count("authors"),
    _count("new_authors"),
    c.when("first_at"),
    c.when("last_at"),
    sa.Index("ix_floods_last", "last_at"),
)

author_blocks = sa.Table(
    "author_blocks",
    c.metadata,
    sa.Column("number", c.AUTO, primary_key=True, autoincrement=True),
    c.text("platform"),
    c.text("author_id"),
    c.text("handle"),
    c.text("why"),
    c.text("by"),
    c.when("at"),
    c.when("expires_at"),
    c.text("ended_by"),
    c.text("ended_why"),
    c.when("ended_at", null=True),
    sa.Index("ix_author_blocks_author", "platform", "author_id"),
)
