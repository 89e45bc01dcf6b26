"""The table of what age does to vectors, one direction a face model.

Read through store/tables.py.
"""

from __future__ import annotations

import sqlalchemy as sa

from store import columns as c

# Of all registered photos together: it says nothing of any one face.
face_centres = sa.Table(
    "face_centres",
    c.metadata,
    c.key("model"),
    sa.Column("version", c.Int, nullable=False),
    sa.Column("photos", c.Int, nullable=False),
    sa.Column("direction", c.Blob, nullable=False),
    c.when("made_at"),
)
