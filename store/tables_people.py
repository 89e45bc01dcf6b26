"""Tables of the people who use Homeward: their roles, second factors, tokens, what they looked at, canaries.

Read through store/tables.py.
"""

from __future__ import annotations

import sqlalchemy as sa

from store import columns as c

user_roles = sa.Table(
    "user_roles",
    c.metadata,
    c.key("user"),
    c.key("role"),
    c.text("by"),
    c.when("at"),
)

# What somebody wants to become and somebody else, or time, has to agree to.
role_wishes = sa.Table(
    "role_wishes",
    c.metadata,
    sa.Column("number", c.AUTO, primary_key=True, autoincrement=True),
    c.text("user"),
    c.text("role"),
    c.text("asked_by"),
    c.when("asked_at"),
    c.text("why"),
    c.when("due_at"),
    c.text("decided_by"),
    c.when("decided_at", null=True),
    c.flag("accepted"),
)

second_factors = sa.Table(
    "second_factors",
    c.metadata,
    c.key("user"),
    sa.Column("sealed", c.Blob, nullable=False),
    c.when("made_at"),
    c.when("confirmed_at", null=True),
    # The number of the last 30-second step whose code was taken: no code opens twice.
    sa.Column("last_step", c.Int, nullable=False),
)

recovery_codes = sa.Table(
    "recovery_codes",
    c.metadata,
    c.key("user"),
    c.key("digest"),
    c.when("used_at", null=True),
)

api_tokens = sa.Table(
    "api_tokens",
    c.metadata,
    c.key("id"),
    c.text("digest"),
    c.text("user"),
    c.text("name"),
    sa.Column("scopes", c.Json, nullable=False),
    c.when("created_at"),
    c.when("expires_at"),
    c.when("used_at", null=True),
    c.when("revoked_at", null=True),
    c.text("revoked_by"),
    sa.Index("ix_api_tokens_digest", "digest", unique=True),
    sa.Index("ix_api_tokens_user", "user"),
)

uses = sa.Table(
    "uses",
    c.metadata,
    c.key("user"),
    c.key("day"),
    c.key("kind"),
    sa.Column("count", c.Int, nullable=False),
)

canaries = sa.Table(
    "canaries",
    c.metadata,
    c.key("case_id"),
    c.text("by"),
    c.when("at"),
)
