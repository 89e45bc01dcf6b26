"""All tables of Homeward. Natural keys wherever there is one, so that every write can be repeated.

Only the modules of `store/` read this file; the schema changes through `store/migrations/` alone.
"""

from __future__ import annotations

from store.columns import metadata
from store.tables_accounts import hidden_posts
from store.tables_alarms import acknowledgements
from store.tables_asking import answers, sealed_places
from store.tables_collecting import backfills, hourly_counts, rechecks, schedule
from store.tables_decided import (
    alerts,
    case_contacts,
    case_photos,
    case_steps,
    cases,
    decisions,
    gallery_changes,
    matches,
    opt_outs,
    replies,
    suppressions,
    switches,
)
from store.tables_holds import (
    early_deletions,
    hold_posts,
    holds,
    safeguarding,
    sealed_parts,
    veils,
    young_authors,
)
from store.tables_house import (
    audit,
    campaign_versions,
    counters,
    coverage,
    cursors,
    jobs,
    login_links,
    not_kept,
    notices,
    sessions,
    set_aside,
    sources,
    users,
    web_sessions,
)
from store.tables_imports import import_files, imports
from store.tables_pictures import known_pictures, picture_codes, picture_pairs
from store.tables_quarantine import photo_checks, quarantine, quarantine_places, quarantine_reasons
from store.tables_seen import (
    copies,
    faces,
    media,
    observations,
    photo_bands,
    photos,
    post_versions,
    posts,
    sightings,
    tombstones,
    vectors,
)

__all__ = [
    "acknowledgements",
    "alerts",
    "answers",
    "audit",
    "backfills",
    "campaign_versions",
    "case_contacts",
    "case_photos",
    "case_steps",
    "cases",
    "copies",
    "counters",
    "coverage",
    "cursors",
    "decisions",
    "early_deletions",
    "faces",
    "gallery_changes",
    "hidden_posts",
    "hold_posts",
    "holds",
    "hourly_counts",
    "import_files",
    "imports",
    "jobs",
    "known_pictures",
    "login_links",
    "matches",
    "media",
    "metadata",
    "not_kept",
    "notices",
    "observations",
    "opt_outs",
    "photo_bands",
    "photo_checks",
    "photos",
    "picture_codes",
    "picture_pairs",
    "post_versions",
    "posts",
    "quarantine",
    "quarantine_places",
    "quarantine_reasons",
    "rechecks",
    "replies",
    "safeguarding",
    "schedule",
    "sealed_parts",
    "sealed_places",
    "sessions",
    "set_aside",
    "sightings",
    "sources",
    "suppressions",
    "switches",
    "tombstones",
    "users",
    "vectors",
    "veils",
    "web_sessions",
    "young_authors",
]
