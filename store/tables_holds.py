"""Tables of keeping and forgetting: legal holds, sealed copies, early deletions, veils, young authors.

Read through store/tables.py.
"""

from __future__ import annotations

import sqlalchemy as sa

from store import columns as c

# ── legal holds ───────────────────────────────────────────────────────────────────────────────

holds = sa.Table(
    "holds",
    c.metadata,
    c.key("id"),
    c.text("basis"),
    c.text("platform_permission"),
    c.text("placed_by"),
    c.when("placed_at"),
    c.when("until"),
    c.text("confirmed_by"),
    c.when("confirmed_at", null=True),
    c.text("ended_by"),
    c.text("ended_why"),
    c.when("ended_at", null=True),
)

hold_posts = sa.Table(
    "hold_posts",
    c.metadata,
    c.key("hold_id"),
    c.key("post_key"),
    sa.Index("ix_hold_posts_post", "post_key"),
)

sealed_parts = sa.Table(
    "sealed_parts",
    c.metadata,
    c.key("post_key"),
    sa.Column("part", c.Int, primary_key=True, autoincrement=False),
    sa.Column("sealed", c.Blob, nullable=False),
    c.text("key_id"),
    c.text("why"),
    c.when("at"),
)

# ── deletions of posts that were not known yet ────────────────────────────────────────────────

early_deletions = sa.Table(
    "early_deletions",
    c.metadata,
    c.key("digest"),
    c.when("at"),
    sa.Index("ix_early_deletions_at", "at"),
)

# ── what only a few may see ───────────────────────────────────────────────────────────────────

veils = sa.Table(
    "veils",
    c.metadata,
    c.key("post_key"),
    c.key("kind"),
    c.when("at"),
)

safeguarding = sa.Table(
    "safeguarding",
    c.metadata,
    c.key("post_key"),
    c.text("reference"),
    c.text("sign"),
    c.when("raised_at"),
    c.text("done_by"),
    c.text("note"),
    c.when("done_at", null=True),
    sa.Index("ix_safeguarding_reference", "reference"),
)

young_authors = sa.Table(
    "young_authors",
    c.metadata,
    c.key("digest"),
    c.text("sign"),
    c.when("at"),
)
