"""All tables of Homeward. Natural keys wherever there is one, so that every write can be repeated.

Only the modules of `store/` read this file; the schema changes through `store/migrations/` alone.
Columns named in `CLOCK_COLUMNS` hold moments of processing, `SURROGATES` numbers without meaning:
two runs over the same posts differ in nothing else.
"""

from __future__ import annotations

import sqlalchemy as sa

from store.db import UtcDateTime

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

Text, Int, Real, Bool, Json, Blob = sa.Text, sa.BigInteger, sa.Float, sa.Boolean, sa.JSON, sa.LargeBinary
_AUTO = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _key(name: str = "key") -> sa.Column[str]:
    return sa.Column(name, Text, primary_key=True)


def _text(name: str, *, default: str = "") -> sa.Column[str]:
    return sa.Column(name, Text, nullable=False, server_default=default)


def _when(name: str, *, null: bool = False) -> sa.Column[object]:
    return sa.Column(name, UtcDateTime, nullable=null)


def _flag(name: str) -> sa.Column[bool]:
    return sa.Column(name, Bool, nullable=False, server_default=sa.false())


# ── posts ────────────────────────────────────────────────────────────────────────────────────────

posts = sa.Table(
    "posts",
    metadata,
    _key(),
    _text("platform"),
    _text("native_id"),
    _text("version"),
    _text("author_id"),
    _text("author_handle"),
    _text("author_name"),
    _text("author_location"),
    sa.Column("author_signs", Json, nullable=False),
    _text("text"),
    _text("language"),
    _when("created_at", null=True),
    _when("received_at"),
    sa.Column("zone_offset_min", Int),
    sa.Column("geotag", Json),
    sa.Column("place_tag", Json),
    sa.Column("hashtags", Json, nullable=False),
    sa.Column("mentions", Json, nullable=False),
    _text("repost_of"),
    _text("reply_to"),
    _text("quote_of"),
    _text("visibility"),
    _text("content_warning"),
    _flag("sensitive"),
    _when("edited_at", null=True),
    _text("permalink"),
    sa.Column("raw", Json, nullable=False),
    sa.Column("problems", Json, nullable=False),
    _flag("may_match"),
    _flag("may_reply"),
    _when("delete_by", null=True),
    sa.Column("permit_why", Json, nullable=False),
    _when("gone_at", null=True),
    _text("gone_why"),
    sa.Index("ix_posts_received", "received_at", "key"),
    sa.Index("ix_posts_author", "platform", "author_id"),
)

post_versions = sa.Table(
    "post_versions",
    metadata,
    _key("post_key"),
    _key("version"),
    _text("text"),
    sa.Column("raw", Json, nullable=False),
    _when("edited_at", null=True),
    _when("replaced_at"),
)

observations = sa.Table(
    "observations",
    metadata,
    _key("post_key"),
    _key("source"),
    _key("tag"),
    _text("native_id"),
    _when("seen_at"),
)

copies = sa.Table(
    "copies",
    metadata,
    _key("post_key"),
    _key("of_key"),
    _text("kind"),
    sa.Index("ix_copies_of", "of_key"),
)

media = sa.Table(
    "media",
    metadata,
    _key("post_key"),
    sa.Column("position", Int, primary_key=True, autoincrement=False),
    _text("url"),
    _text("kind"),
    sa.Column("fallbacks", Json, nullable=False),
    _text("alt_text"),
    _text("referer"),
    _text("given"),
    _flag("sensitive"),
    _text("state"),
    _text("why"),
    sa.Column("photo", Text),
    sa.Index("ix_media_photo", "photo"),
)

tombstones = sa.Table(
    "tombstones",
    metadata,
    _key("post_key"),
    _text("digest"),
    _text("why"),
    _when("at"),
)

# ── photos and faces ─────────────────────────────────────────────────────────────────────────────

photos = sa.Table(
    "photos",
    metadata,
    _key("digest"),
    _text("served"),
    _text("mime"),
    sa.Column("size_bytes", Int, nullable=False),
    sa.Column("width", Int, nullable=False),
    sa.Column("height", Int, nullable=False),
    _text("phash"),
    sa.Column("exif", Json, nullable=False),
    _when("kept_at"),
    sa.Index("ix_photos_served", "served"),
)

photo_bands = sa.Table(
    "photo_bands",
    metadata,
    _key("digest"),
    sa.Column("band", Int, primary_key=True, autoincrement=False),
    sa.Column("value", Int, nullable=False),
    sa.Index("ix_photo_bands_value", "band", "value"),
)

faces = sa.Table(
    "faces",
    metadata,
    _key(),
    _text("photo"),
    sa.Column("box", Json, nullable=False),
    _text("quality"),
    _text("quality_why"),
    _text("crop_hash"),
    sa.Index("ix_faces_photo", "photo"),
)

vectors = sa.Table(
    "vectors",
    metadata,
    _key("face_key"),
    _key("model"),
    sa.Column("vector", Blob, nullable=False),
    _text("holder"),
    _when("stored_at"),
    _when("expires_at", null=True),
    sa.Index("ix_vectors_holder", "holder", "model", "face_key"),
)

# ── what a post claims ───────────────────────────────────────────────────────────────────────────

sightings = sa.Table(
    "sightings",
    metadata,
    _key("post_key"),
    sa.Column("where", Json, nullable=False),
    sa.Column("when", Json, nullable=False),
    sa.Column("who", Json, nullable=False),
    _text("first_hand"),
    _text("first_hand_why"),
    _flag("is_sighting"),
    _when("seen_from", null=True),
    _when("seen_until", null=True),
    sa.Column("lat", Real),
    sa.Column("lon", Real),
    sa.Column("radius_km", Real),
    _text("place"),
)

# ── cases ────────────────────────────────────────────────────────────────────────────────────────

cases = sa.Table(
    "cases",
    metadata,
    _key("id"),
    _text("full_name"),
    _text("source_name"),
    _text("source_id"),
    _when("source_date", null=True),
    _text("type"),
    _text("sex"),
    _text("date_of_birth"),
    _text("description"),
    _text("marks"),
    sa.Column("last_seen_on", sa.Date),
    _text("last_seen_place"),
    sa.Column("last_seen_lat", Real),
    sa.Column("last_seen_lon", Real),
    _when("expires_at", null=True),
    _flag("sealed"),
    _text("status"),
    _text("registered_by"),
    _when("registered_at"),
    sa.Index("ix_cases_status", "status", "id"),
)

case_photos = sa.Table(
    "case_photos",
    metadata,
    _key("case_id"),
    _key("digest"),
    sa.Column("age_years", Real),
    sa.Column("taken_on", sa.Date),
    sa.Column("face_key", Text),
    _text("why"),
)

case_steps = sa.Table(
    "case_steps",
    metadata,
    _key("case_id"),
    _key("status"),
    sa.Column("number", Int, primary_key=True, autoincrement=False),
    _text("by"),
    _text("evidence"),
    _when("at"),
)

case_contacts = sa.Table(
    "case_contacts",
    metadata,
    _key("case_id"),
    sa.Column("sealed", Blob, nullable=False),
    _text("key_id"),
    _when("sealed_at"),
)

suppressions = sa.Table(
    "suppressions",
    metadata,
    _key("digest"),
    _text("why"),
    _text("by"),
    _when("at"),
)

gallery_changes = sa.Table(
    "gallery_changes",
    metadata,
    sa.Column("seq", _AUTO, primary_key=True, autoincrement=True),
    _text("case_id"),
    _text("model"),
    _when("at"),
)

# ── matches, decisions, alerts ───────────────────────────────────────────────────────────────────

matches = sa.Table(
    "matches",
    metadata,
    _key(),
    _text("face_key"),
    _text("post_key"),
    _text("case_id"),
    _text("case_photo"),
    sa.Column("similarity", Real, nullable=False),
    sa.Column("rank", Int, nullable=False),
    sa.Column("gallery_size", Int, nullable=False),
    _text("tier"),
    _text("label"),
    _text("model"),
    sa.Column("fpir", Real),
    sa.Column("age_gap_years", Real),
    _text("travel"),
    sa.Column("reasons", Json, nullable=False),
    _text("state"),
    _text("state_why"),
    _when("found_at"),
    sa.Index("ix_matches_queue", "state", "tier", "similarity", "key"),
    sa.Index("ix_matches_post", "post_key"),
    sa.Index("ix_matches_case", "case_id"),
)

decisions = sa.Table(
    "decisions",
    metadata,
    sa.Column("id", _AUTO, primary_key=True, autoincrement=True),
    _text("match_key"),
    _text("verdict"),
    _text("by"),
    _text("note"),
    _flag("undone"),
    _when("at"),
    sa.Index("ix_decisions_match", "match_key", "id"),
)

alerts = sa.Table(
    "alerts",
    metadata,
    _key(),
    _text("match_key"),
    _text("reference"),
    _text("state"),
    _text("acknowledged_by"),
    sa.Column("sends", Int, nullable=False),
    _text("last_result"),
    _when("raised_at"),
)

# ── the outbox ───────────────────────────────────────────────────────────────────────────────────

replies = sa.Table(
    "replies",
    metadata,
    _key(),
    _text("post_key"),
    _text("purpose"),
    _text("platform"),
    _text("account"),
    _text("to_native_id"),
    _text("to_handle"),
    _text("to_author"),
    _text("text"),
    _text("language"),
    _text("visibility"),
    _text("reference"),
    _text("idempotency_key"),
    _text("state"),
    _text("level"),
    _text("consent"),
    _when("drafted_at"),
    _when("not_before"),
    _when("expires_at"),
    _text("approved_by"),
    sa.Column("attempt", Int, nullable=False, server_default="0"),
    _when("lease_until", null=True),
    _text("receipt_id"),
    _text("receipt_url"),
    _when("sent_at", null=True),
    _text("why"),
    sa.Index("ix_replies_state", "state", "drafted_at", "key"),
    sa.Index("ix_replies_post", "post_key"),
)

opt_outs = sa.Table(
    "opt_outs",
    metadata,
    _key("digest"),
    _text("why"),
    _when("at"),
)

switches = sa.Table(
    "switches",
    metadata,
    _key("name"),
    _flag("on"),
    _text("by"),
    _text("why"),
    _when("at"),
)

# ── collecting ───────────────────────────────────────────────────────────────────────────────────

cursors = sa.Table(
    "cursors",
    metadata,
    _key("source"),
    _key("tag"),
    _text("cursor"),
    _when("committed_at"),
)

coverage = sa.Table(
    "coverage",
    metadata,
    _key("source"),
    _key("tag"),
    sa.Column("span_start", UtcDateTime, primary_key=True),
    _when("span_end"),
    _text("state"),
    _text("why"),
)

sources = sa.Table(
    "sources",
    metadata,
    _key("source"),
    _text("platform"),
    _text("state"),
    _text("detail"),
    _when("last_ok_at", null=True),
    _when("last_post_at", null=True),
    sa.Column("failures", Int, nullable=False, server_default="0"),
    _when("next_try_at", null=True),
    sa.Column("behind_s", Real),
    sa.Column("budget", Json),
)

sessions = sa.Table(
    "sessions",
    metadata,
    _key("account"),
    sa.Column("sealed", Blob, nullable=False),
    _when("at"),
)

set_aside = sa.Table(
    "set_aside",
    metadata,
    _key("source"),
    _key("where"),
    _text("reason"),
    _text("sample"),
    _when("at"),
)

not_kept = sa.Table(
    "not_kept",
    metadata,
    _key("source"),
    _key("rule"),
    sa.Column("count", Int, nullable=False),
)

jobs = sa.Table(
    "jobs",
    metadata,
    _key("stage"),
    _key("key"),
    sa.Column("priority", Int, nullable=False),
    sa.Column("attempt", Int, nullable=False),
    _text("token"),
    _text("state"),
    _text("reason"),
    _flag("again"),
    _when("not_before"),
    _when("lease_until", null=True),
    _when("enqueued_at"),
    sa.Index("ix_jobs_due", "state", "stage", "priority", "enqueued_at"),
)

# ── the house ────────────────────────────────────────────────────────────────────────────────────

campaign_versions = sa.Table(
    "campaign_versions",
    metadata,
    sa.Column("number", Int, primary_key=True, autoincrement=False),
    sa.Column("content", Json, nullable=False),
    _text("author"),
    _text("reason"),
    _when("at"),
)

notices = sa.Table(
    "notices",
    metadata,
    _key("name"),
    _text("words"),
    _when("at"),
)

counters = sa.Table(
    "counters",
    metadata,
    _key("name"),
    sa.Column("value", Int, nullable=False),
)

audit = sa.Table(
    "audit",
    metadata,
    sa.Column("seq", Int, primary_key=True, autoincrement=False),
    _when("at"),
    _text("by"),
    _text("action"),
    _text("subject"),
    sa.Column("detail", Json, nullable=False),
    _text("digest"),
    _text("previous"),
)

users = sa.Table(
    "users",
    metadata,
    _key("name"),
    _text("role"),
    _text("password"),
    _flag("disabled"),
    _when("created_at"),
)

login_links = sa.Table(
    "login_links",
    metadata,
    _key("digest"),
    _text("user"),
    _when("expires_at"),
    _when("used_at", null=True),
)

web_sessions = sa.Table(
    "web_sessions",
    metadata,
    _key("digest"),
    _text("user"),
    _text("csrf"),
    _when("created_at"),
    _when("expires_at"),
)

CLOCK_COLUMNS = frozenset(
    {
        "received_at",
        "replaced_at",
        "seen_at",
        "kept_at",
        "stored_at",
        "registered_at",
        "at",
        "found_at",
        "raised_at",
    }
    | {"drafted_at", "not_before", "committed_at", "last_ok_at", "last_post_at", "next_try_at", "enqueued_at"}
    | {
        "sealed_at",
        "created_at_row",
        "sent_at",
        "lease_until",
        "used_at",
        "behind_s",
        "delete_by",
        "expires_at",
    }
)
SURROGATES = frozenset({"id", "seq", "token", "digest_chain"})
