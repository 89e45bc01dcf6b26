"""Tables around the outbox: marks of rows, accepted levels, wordings, talks, tasks by hand, erasures, tests.

Read through store/tables.py.
"""

from __future__ import annotations

import sqlalchemy as sa

from store import columns as c

reply_marks = sa.Table(
    "reply_marks",
    c.metadata,
    c.key(),
    c.text("thread"),
    sa.Column("hashtags", c.Json, nullable=False),
    c.text("wording"),
    sa.Column("zone_min", c.Int),
    c.text("written_by"),
    sa.Index("ix_reply_marks_wording", "wording"),
)

levels = sa.Table(
    "levels",
    c.metadata,
    sa.Column("number", c.AUTO, primary_key=True, autoincrement=True),
    c.text("level"),
    c.text("why"),
    c.text("asked_by"),
    c.when("asked_at"),
    c.text("decided_by"),
    c.when("decided_at", null=True),
    c.flag("accepted"),
)

wordings = sa.Table(
    "wordings",
    c.metadata,
    sa.Column("number", c.AUTO, primary_key=True, autoincrement=True),
    c.text("purpose"),
    c.text("language"),
    c.text("text"),
    c.text("why"),
    c.text("written_by"),
    c.when("written_at"),
    c.text("approved_by"),
    c.when("approved_at", null=True),
    c.text("ended_by"),
    c.when("ended_at", null=True),
    c.text("ended_why"),
)

talks = sa.Table(
    "talks",
    c.metadata,
    c.key(),
    c.text("post_key"),
    c.text("platform"),
    c.text("to_author"),
    c.text("wish"),
    c.when("at"),
    c.when("kept_until"),
    sa.Column("sealed", c.Blob),
    c.text("key_id"),
    c.text("closed_by"),
    c.when("closed_at", null=True),
    sa.Index("ix_talks_post", "post_key"),
    sa.Index("ix_talks_author", "to_author"),
)

hand_tasks = sa.Table(
    "hand_tasks",
    c.metadata,
    c.key(),
    c.text("post_key"),
    c.text("platform"),
    c.text("purpose"),
    c.text("language"),
    c.text("text"),
    c.text("consent"),
    c.when("asked_at"),
    c.text("done_by"),
    c.when("done_at", null=True),
    c.text("outcome"),
    sa.Index("ix_hand_tasks_post", "post_key"),
)

erasures = sa.Table(
    "erasures",
    c.metadata,
    c.key("reference"),
    c.text("platform"),
    sa.Column("sealed", c.Blob, nullable=False),
    c.text("key_id"),
    c.when("asked_at"),
    c.when("due_at"),
    c.text("done_by"),
    c.when("done_at", null=True),
    c.text("note"),
    c.text("kind", default="author"),
    c.text("way", default="answer"),
    c.text("wants", default="erase"),
    c.text("state", default="proved"),
    c.text("proof"),
    c.text("seen_by"),
    c.text("code"),
    c.text("let_go_by"),
    c.text("let_go_with"),
    c.text("told_by"),
    c.when("proved_at", null=True),
    c.when("told_at", null=True),
)

appeal_releases = sa.Table(
    "appeal_releases",
    c.metadata,
    c.key("case_id"),
    c.key("kind"),
    c.text("by"),
    c.text("evidence"),
    c.when("at"),
)

self_tests = sa.Table(
    "self_tests",
    c.metadata,
    c.key("name"),
    c.when("at"),
    c.flag("is_well"),
    c.text("result"),
)
