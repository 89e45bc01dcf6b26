"""Tables of what was seen: posts, photos, faces, claims. Read through store/tables.py."""

from __future__ import annotations

import sqlalchemy as sa

from store import columns as c

_ENDS = sa.text("delete_by IS NOT NULL")
_IMPORTED = sa.text("source = 'archive'")

# ── posts ─────────────────────────────────────────────────────────────────────────────────────

posts = sa.Table(
    "posts",
    c.metadata,
    c.key(),
    c.text("platform"),
    c.text("native_id"),
    c.text("version"),
    c.text("author_id"),
    c.text("author_handle"),
    c.text("author_name"),
    c.text("author_location"),
    sa.Column("author_signs", c.Json, nullable=False),
    c.text("text"),
    c.text("language"),
    c.when("created_at", null=True),
    c.when("received_at"),
    sa.Column("zone_offset_min", c.Int),
    sa.Column("geotag", c.Json),
    sa.Column("place_tag", c.Json),
    sa.Column("hashtags", c.Json, nullable=False),
    sa.Column("mentions", c.Json, nullable=False),
    c.text("repost_of"),
    c.text("reply_to"),
    c.text("quote_of"),
    c.text("visibility"),
    c.text("content_warning"),
    c.flag("sensitive"),
    c.when("edited_at", null=True),
    c.text("permalink"),
    sa.Column("raw", c.Json, nullable=False),
    sa.Column("problems", c.Json, nullable=False),
    c.flag("may_match"),
    c.flag("may_reply"),
    c.when("delete_by", null=True),
    sa.Column("permit_why", c.Json, nullable=False),
    c.when("gone_at", null=True),
    c.text("gone_why"),
    sa.Index("ix_posts_received", "received_at", "key"),
    sa.Index("ix_posts_author", "platform", "author_id"),
    # What a page asks each time: which posts may not be kept any longer (store/life.py).
    sa.Index("ix_posts_delete_by", "delete_by", sqlite_where=_ENDS, postgresql_where=_ENDS),
)

post_versions = sa.Table(
    "post_versions",
    c.metadata,
    c.key("post_key"),
    c.key("version"),
    c.text("text"),
    sa.Column("raw", c.Json, nullable=False),
    c.when("edited_at", null=True),
    c.when("replaced_at"),
)

observations = sa.Table(
    "observations",
    c.metadata,
    c.key("post_key"),
    c.key("source"),
    c.key("tag"),
    c.text("native_id"),
    c.when("seen_at"),
    # What an import brought: a part of the table, found by file (store/imports.py).
    sa.Index("ix_observations_file", "tag", "post_key", sqlite_where=_IMPORTED, postgresql_where=_IMPORTED),
)

copies = sa.Table(
    "copies",
    c.metadata,
    c.key("post_key"),
    c.key("of_key"),
    c.text("kind"),
    sa.Index("ix_copies_of", "of_key"),
)

_GIVEN = sa.text("given <> ''")

media = sa.Table(
    "media",
    c.metadata,
    c.key("post_key"),
    sa.Column("position", c.Int, primary_key=True, autoincrement=False),
    c.text("url"),
    c.text("kind"),
    sa.Column("fallbacks", c.Json, nullable=False),
    c.text("alt_text"),
    c.text("referer"),
    c.text("given"),
    c.flag("sensitive"),
    c.text("state"),
    c.text("why"),
    sa.Column("photo", c.Text),
    sa.Index("ix_media_photo", "photo"),
    sa.Index("ix_media_given", "given", sqlite_where=_GIVEN, postgresql_where=_GIVEN),
)

tombstones = sa.Table(
    "tombstones",
    c.metadata,
    c.key("post_key"),
    c.text("digest"),
    c.text("why"),
    c.when("at"),
)


# ── photos and faces ──────────────────────────────────────────────────────────────────────────

photos = sa.Table(
    "photos",
    c.metadata,
    c.key("digest"),
    c.text("served"),
    c.text("mime"),
    sa.Column("size_bytes", c.Int, nullable=False),
    sa.Column("width", c.Int, nullable=False),
    sa.Column("height", c.Int, nullable=False),
    c.text("phash"),
    sa.Column("exif", c.Json, nullable=False),
    c.when("kept_at"),
    sa.Index("ix_photos_served", "served"),
    sa.Index("ix_photos_kept", "kept_at", "digest"),
)

photo_bands = sa.Table(
    "photo_bands",
    c.metadata,
    c.key("digest"),
    sa.Column("band", c.Int, primary_key=True, autoincrement=False),
    sa.Column("value", c.Int, nullable=False),
    sa.Index("ix_photo_bands_value", "band", "value"),
)

faces = sa.Table(
    "faces",
    c.metadata,
    c.key(),
    c.text("photo"),
    sa.Column("box", c.Json, nullable=False),
    c.text("quality"),
    c.text("quality_why"),
    c.text("crop_hash"),
    sa.Index("ix_faces_photo", "photo"),
)

vectors = sa.Table(
    "vectors",
    c.metadata,
    c.key("face_key"),
    c.key("model"),
    sa.Column("vector", c.Blob, nullable=False),
    c.text("holder"),
    c.when("stored_at"),
    c.when("expires_at", null=True),
    sa.Index("ix_vectors_holder", "holder", "model", "face_key"),
    sa.Index("ix_vectors_expires", "expires_at"),
)


# ── what a post claims ────────────────────────────────────────────────────────────────────────

sightings = sa.Table(
    "sightings",
    c.metadata,
    c.key("post_key"),
    sa.Column("where", c.Json, nullable=False),
    sa.Column("when", c.Json, nullable=False),
    sa.Column("who", c.Json, nullable=False),
    c.text("first_hand"),
    c.text("first_hand_why"),
    sa.Column("first_hand_weight", c.Real),
    c.flag("is_sighting"),
    c.when("seen_from", null=True),
    c.when("seen_until", null=True),
    sa.Column("lat", c.Real),
    sa.Column("lon", c.Real),
    sa.Column("radius_km", c.Real),
    c.text("place"),
    sa.Index("ix_sightings_place", "lat", "lon"),
)


def came_with(blob: sa.ColumnElement[str]) -> sa.ColumnElement[bool]:
    """Whether a file of this digest came with a post. Says what the small index says, so that it is used."""
    return (media.c.given == blob) & sa.text("media.given <> ''")
