"""Tables of the registry beside the cases: standing, teams, PFIF fields, notes, links, merges, removals.

Read through store/tables.py.
"""

from __future__ import annotations

import sqlalchemy as sa

from store import columns as c

case_profiles = sa.Table(
    "case_profiles",
    c.metadata,
    c.key("case_id"),
    sa.Column("open", c.Json, nullable=False),
    sa.Column("sealed", c.Blob),
    c.text("key_id"),
    c.text("origin"),
)

case_standings = sa.Table(
    "case_standings",
    c.metadata,
    c.key("case_id"),
    c.text("authority"),
    c.text("authority_name"),
    c.text("authority_reference"),
    c.text("registry"),
    c.text("registry_record"),
    c.text("relation"),
    c.text("relation_evidence"),
    c.text("photo_consent_by"),
    sa.Column("photo_consent_on", sa.Date),
    sa.Column("risks", c.Json, nullable=False),
    c.text("cleared"),
    c.text("cleared_by"),
    c.text("adult_basis"),
    c.text("set_by"),
    c.when("set_at", null=True),
)

case_teams = sa.Table(
    "case_teams",
    c.metadata,
    c.key("case_id"),
    c.key("account"),
    c.text("by"),
    c.when("at"),
    sa.Index("ix_case_teams_account", "account"),
)

case_notes = sa.Table(
    "case_notes",
    c.metadata,
    c.key("id"),
    c.text("case_id"),
    c.when("at", null=True),
    sa.Column("sealed", c.Blob, nullable=False),
    c.text("key_id"),
    sa.Index("ix_case_notes_case", "case_id"),
)

case_tombstones = sa.Table(
    "case_tombstones",
    c.metadata,
    c.key("id"),
    c.text("source_date"),
    c.text("entry_date"),
    c.text("expiry_date"),
)

source_permissions = sa.Table(
    "source_permissions",
    c.metadata,
    c.key("source"),
    c.flag("search"),
    c.flag("display"),
    c.flag("publish"),
    c.text("basis"),
    c.text("by"),
    c.when("at", null=True),
)

family_links = sa.Table(
    "family_links",
    c.metadata,
    c.key("digest"),
    c.text("kind"),
    c.text("language"),
    c.text("made_by"),
    c.when("made_at"),
    c.when("expires_at"),
    c.text("case_id"),
    c.when("used_at", null=True),
    sa.Index("ix_family_links_case", "case_id"),
)

case_merges = sa.Table(
    "case_merges",
    c.metadata,
    sa.Column("id", c.AUTO, primary_key=True, autoincrement=True),
    c.text("kept"),
    c.text("gone"),
    c.text("kind"),
    c.text("why"),
    c.text("by"),
    c.when("at"),
    sa.Column("before", c.Json, nullable=False),
    c.text("undone_by"),
    c.when("undone_at", null=True),
    sa.Index("ix_case_merges_kept", "kept"),
    sa.Index("ix_case_merges_gone", "gone"),
)

case_removals = sa.Table(
    "case_removals",
    c.metadata,
    c.key("case_id"),
    c.text("why"),
    c.text("by"),
    c.when("at"),
    c.when("until"),
)

case_uploads = sa.Table(
    "case_uploads",
    c.metadata,
    c.key("token"),
    c.text("name"),
    sa.Column("sealed", c.Blob, nullable=False),
    c.text("by"),
    c.when("at"),
)
