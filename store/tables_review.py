"""Tables of what reviewing teaches: why pairs were not shown, scores of probes, who looks, numbers proposed.

Read through store/tables.py.
"""

from __future__ import annotations

import sqlalchemy as sa

from store import columns as c

match_drops = sa.Table(
    "match_drops",
    c.metadata,
    c.key("face_key"),
    c.key("case_id"),
    c.text("post_key"),
    c.text("name"),
    c.text("words"),
    sa.Column("similarity", c.Real, nullable=False),
    c.when("at"),
    sa.Index("ix_match_drops_post", "post_key"),
    sa.Index("ix_match_drops_case", "case_id"),
)

# The best score that a face of a sighting reached, whoever it was beside: no case is named here.
probe_scores = sa.Table(
    "probe_scores",
    c.metadata,
    c.key("face_key"),
    c.key("model"),
    c.text("photo"),
    c.text("looks"),
    sa.Column("cases", c.Int, nullable=False),
    sa.Column("score", c.Real, nullable=False),
    c.when("at"),
    sa.Index("ix_probe_scores_model", "model", "at"),
)

assignments = sa.Table(
    "assignments",
    c.metadata,
    c.key("match_key"),
    c.text("account"),
    c.text("by"),
    c.when("at"),
    sa.Index("ix_assignments_account", "account"),
)

threshold_proposals = sa.Table(
    "threshold_proposals",
    c.metadata,
    sa.Column("number", c.AUTO, primary_key=True, autoincrement=True),
    c.text("source"),
    c.text("model"),
    sa.Column("cases", c.Int, nullable=False),
    sa.Column("numbers", c.Json, nullable=False),
    c.text("why"),
    c.text("made_by"),
    c.when("made_at"),
    c.text("decided_by"),
    c.when("decided_at", null=True),
    c.text("decided_why"),
    c.flag("accepted"),
)
