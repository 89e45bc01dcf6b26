"""Tables of the campaign's life: numbers by day, reports, public releases, the steps of its end.

Read through store/tables.py.
"""

from __future__ import annotations

import sqlalchemy as sa

from store import columns as c
from store.db import UtcDateTime

campaign_changes = sa.Table(
    "campaign_changes",
    c.metadata,
    sa.Column("seq", c.AUTO, primary_key=True, autoincrement=True),
    c.text("post_key"),
)

campaign_facts = sa.Table(
    "campaign_facts",
    c.metadata,
    # Kept in the order of time, so that a day is one stretch of the file.
    sa.Column("written_at", UtcDateTime, primary_key=True),
    c.key("post_key"),
    c.text("platform"),
    c.text("author"),
    c.text("of_key"),
    sa.Column("lag_s", c.Int, nullable=False),
    c.flag("has_photo"),
    c.flag("is_sighting"),
    c.flag("is_own"),
    c.flag("has_where"),
    c.flag("has_when"),
    c.text("country"),
    c.text("province"),
    c.text("city"),
    sa.Index("ix_campaign_facts_post", "post_key"),
    sa.Index("ix_campaign_facts_author", "platform", "author", "written_at"),
    sa.Index("ix_campaign_facts_of", "of_key"),
    sqlite_with_rowid=False,
)

campaign_authors = sa.Table(
    "campaign_authors",
    c.metadata,
    c.key("platform"),
    c.key("author"),
    sa.Column("posts", c.Int, nullable=False),
    c.when("first_at"),
    sa.Index("ix_campaign_authors_posts", "posts"),
    sa.Index("ix_campaign_authors_first", "first_at"),
)

campaign_days = sa.Table(
    "campaign_days",
    c.metadata,
    sa.Column("day", sa.Date, primary_key=True),
    c.text("zone"),
    c.flag("stale"),
    sa.Column("numbers", c.Json, nullable=False),
    c.when("at"),
)

campaign_places = sa.Table(
    "campaign_places",
    c.metadata,
    sa.Column("day", sa.Date, primary_key=True),
    c.key("country"),
    c.key("province"),
    c.key("city"),
    sa.Column("sightings", c.Int, nullable=False),
    sa.Column("own", c.Int, nullable=False),
)

campaign_reports = sa.Table(
    "campaign_reports",
    c.metadata,
    sa.Column("number", c.Int, primary_key=True, autoincrement=False),
    c.text("kind"),
    sa.Column("first_day", sa.Date, nullable=False),
    sa.Column("last_day", sa.Date, nullable=False),
    sa.Column("numbers", c.Json, nullable=False),
    c.text("by"),
    c.when("at"),
)

releases = sa.Table(
    "releases",
    c.metadata,
    sa.Column("week", sa.Date, primary_key=True),
    sa.Column("numbers", c.Json, nullable=False),
    c.text("digest"),
    c.when("at"),
)

outcome_releases = sa.Table(
    "outcome_releases",
    c.metadata,
    sa.Column("number", c.Int, primary_key=True, autoincrement=False),
    sa.Column("found", c.Int, nullable=False),
    sa.Column("reunited", c.Int, nullable=False),
    c.text("basis"),
    c.text("proposed_by"),
    c.when("proposed_at"),
    c.text("released_by"),
    c.when("released_at", null=True),
)

campaign_steps = sa.Table(
    "campaign_steps",
    c.metadata,
    c.key("name"),
    c.text("state"),
    sa.Column("detail", c.Json, nullable=False),
    c.text("by"),
    c.when("at"),
    c.text("second_by"),
    c.when("second_at", null=True),
)
