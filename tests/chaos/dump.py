"""A data folder as comparable lines: every table without surrogate numbers and clocks, and every blob."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from store import tables as t
from store.db import Store, sqlite_url

# Moments of processing differ from run to run; numbers and chain digests follow from them.
CLOCKS = {
    "received_at", "replaced_at", "seen_at", "kept_at", "stored_at", "registered_at", "at", "found_at",
    "raised_at", "drafted_at", "not_before", "committed_at", "last_ok_at", "last_post_at", "next_try_at",
    "enqueued_at", "sealed_at", "sent_at", "lease_until", "used_at", "behind_s", "set_at", "asked_at",
    "decided_at",
}  # fmt: skip
CLOCKS_OF = {
    "replies": {"expires_at", "attempt", "why", "receipt_id", "receipt_url"},
    "vectors": {"expires_at"},
    "face_templates": {"since"},
    "face_models": {"put_at", "moved_at"},
    "case_searches": {"begun_at", "moved_at"},
    "kept_open": {"until"},
    "case_contacts": {"sealed"},
    "sealed_places": {"sealed"},
    "record_keys": {"wrapped", "made_at"},
    "users": {"created_at"},
    "leads": {"made_at", "since", "due_at", "reminded_at"},
    "lead_documents": {"sealed", "name_sealed"},
    "lead_steps": {"sealed"},
    "coverage": {"span_start", "span_end"},
    "cursors": {"complete_until"},
    "schedule": {"due_at", "polled_at", "interval_s", "rate_per_h"},
    "hourly_counts": {"hour"},
    "backfills": {"changed_at"},
    "rechecks": {"checked_at"},
    "photo_checks": {"checked_at"},
    "imports": {"begun_at", "stated_at", "finished_at"},
}
SURROGATES = {"id", "seq", "token"}
DERIVED = {"digest", "previous"}
COUNTS = {
    "campaign_changes", "campaign_facts", "campaign_authors", "campaign_days", "campaign_places",
    "bench_marks", "bench_posts", "bench_sets", "tag_numbers", "tag_authors", "tag_gates", "flood_counts",
    "sign_in_tries", "leases", "members",
}  # fmt: skip
"""Numbers made from the other rows by the hour, and the marks of what is still to be counted."""


def dump(folder: Path) -> list[str]:
    """Sorted lines; two runs over the same input give the same ones."""
    store = Store(sqlite_url(folder / "homeward.db"))
    try:
        return dump_of(store, folder)
    finally:
        store.close()


def dump_of(store: Store, folder: Path) -> list[str]:
    """The same of a database that lies elsewhere, with the blobs of the folder."""
    lines: list[str] = []
    with store.reading() as tx:
        for table in (each for each in t.metadata.sorted_tables if each.name not in COUNTS):
            lines += sorted(_line(table.name, dict(row._mapping)) for row in tx.execute(sa.select(table)))
    blobs = sorted(p.name for p in (folder / "photos").rglob("*") if p.is_file())
    return lines + [f"blob {name}" for name in blobs]


def _line(table: str, row: dict[str, Any]) -> str:
    skipped = CLOCKS | SURROGATES | CLOCKS_OF.get(table, set())
    if table == "audit":
        skipped = skipped | DERIVED
        row["detail"] = {k: v for k, v in row["detail"].items() if k not in ("receipt",)}
    kept = {k: v.hex() if isinstance(v, bytes) else v for k, v in row.items() if k not in skipped}
    return f"{table} {json.dumps(kept, sort_keys=True, default=str, ensure_ascii=False)}"
