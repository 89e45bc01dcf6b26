"""What must hold between rows, bytes and vectors, as questions to the database. Mends what rows can mend.

What is done about an answer is decided in bot/services/checking.py.
"""

from __future__ import annotations

import numpy as np
import sqlalchemy as sa

from store import queue_seen
from store import tables as t
from store.db import Store, Transaction
from store.records.photo import PhotoState
from store.records.reply import ReplyState
from store.records.work import Stage

MOST_NAMED = 50
LENGTH_OFF = 1e-3
_UNDER_WAY = (ReplyState.DRAFTED, ReplyState.APPROVED, ReplyState.SENDING, ReplyState.WITHDRAWING)


def table_names() -> list[str]:
    """All tables, by name."""
    return sorted(t.metadata.tables)


def of_database(store: Store) -> list[str]:
    """What the database itself says is wrong with its pages, indexes and references; [] if nothing.

    On PostgreSQL every table is read once, which is what shows a damaged page there.
    """
    if not store.is_sqlite:
        with store.reading() as tx:
            for table in t.metadata.sorted_tables:
                tx.execute(sa.select(sa.func.count()).select_from(table))
        return []
    raw = store.engine.raw_connection()
    try:
        cursor = raw.cursor()
        said = [row[0] for row in cursor.execute("PRAGMA integrity_check(20)").fetchall()]
        lost = cursor.execute("PRAGMA foreign_key_check").fetchall()
    finally:
        raw.close()
    return [words for words in said if words != "ok"] + [
        f"{row[0]} refers to a row that is gone" for row in lost
    ]


def needed_blobs(tx: Transaction) -> set[str]:
    """Digests of all files that rows refer to."""
    columns = (t.photos.c.digest, t.photos.c.served, t.media.c.given)
    return {blob for column in columns for blob in tx.execute(sa.select(column).distinct()).scalars() if blob}


def is_needed(tx: Transaction, blob: str) -> bool:
    """Whether a row refers to this file."""
    named = (t.photos.c.digest == blob, t.photos.c.served == blob, t.came_with(sa.literal(blob)))
    return bool(tx.execute(sa.select(sa.or_(*(sa.exists().where(name) for name in named)))).scalar())


def _photos_of(blob: str) -> sa.Select[tuple[str]]:
    return sa.select(t.photos.c.digest).where(sa.or_(t.photos.c.digest == blob, t.photos.c.served == blob))


def posts_with_blob(tx: Transaction, blob: str) -> list[str]:
    """Keys of posts that show the photo whose file this is, or to which it came as a file."""
    of_it = sa.or_(t.media.c.photo.in_(_photos_of(blob)), t.came_with(sa.literal(blob)))
    return list(tx.execute(sa.select(t.media.c.post_key).where(of_it).distinct()).scalars())


def cases_with_blob(tx: Transaction, blob: str) -> list[str]:
    """Ids of cases with the photo whose file this is."""
    of_it = t.case_photos.c.digest.in_(_photos_of(blob))
    return list(tx.execute(sa.select(t.case_photos.c.case_id).where(of_it).distinct()).scalars())


def forget_fetched(tx: Transaction, blob: str) -> None:
    """Let the posts' photo of this file be wanted again, as before it was fetched."""
    of_it = sa.or_(t.media.c.photo.in_(_photos_of(blob)), t.media.c.given == blob)
    wanted = {"state": PhotoState.WANTED.value, "why": "its file was damaged or missing", "photo": None}
    tx.execute(sa.update(t.media).where(of_it).values(**wanted))


def bad_vectors(tx: Transaction) -> tuple[int, list[tuple[str, str, str]]]:
    """How many vectors there are, and (face key, model, what is wrong) of those that cannot be right."""
    v, models = t.vectors.c, t.face_models.c
    dimensions = {
        row.digest: int(row.dimension) for row in tx.execute(sa.select(models.digest, models.dimension))
    }
    known = sa.union(sa.select(t.faces.c.key), sa.select(t.case_photos.c.face_key)).subquery()
    query = sa.select(
        v.face_key, v.model, v.vector, sa.exists().where(known.c[0] == v.face_key).label("is_known")
    )
    wrong: list[tuple[str, str, str]] = []
    count = 0
    for row in tx.execution_options(yield_per=1000).execute(query):
        count += 1
        words = _wrong_with(row.vector, dimensions.get(row.model))
        if not words and not row.is_known:
            words = "belongs to no face"
        if words and len(wrong) < MOST_NAMED:
            wrong.append((row.face_key, row.model, words))
    return count, wrong


def _wrong_with(blob: bytes, dimension: int | None) -> str:
    if len(blob) % 4 or (dimension is not None and len(blob) != dimension * 4):
        return f"has {len(blob)} bytes, which is no vector of its model"
    vector = np.frombuffer(blob, dtype="<f4").astype(np.float64)
    if not np.isfinite(vector).all():
        return "holds a value that is no number"
    length = float(np.sqrt(vector @ vector))
    return f"has length {length:.3f}, not 1" if abs(length - 1) > LENGTH_OFF else ""


def drop_vector(tx: Transaction, face_key: str, model: str) -> list[str]:
    """Forget one vector; gives the posts that show its face, which can make it again."""
    v = t.vectors.c
    tx.execute(sa.delete(t.vectors).where(v.face_key == face_key, v.model == model))
    of_face = sa.select(t.faces.c.photo).where(t.faces.c.key == face_key)
    return list(
        tx.execute(sa.select(t.media.c.post_key).where(t.media.c.photo.in_(of_face)).distinct()).scalars()
    )


def bad_replies(tx: Transaction) -> tuple[int, list[tuple[str, str, bool]]]:
    """How many outbox rows there are, and (key, what is wrong, whether it only lacks its job)."""
    r, j = t.replies.c, queue_seen.all_work(tx).c
    count = int(tx.execute(sa.select(sa.func.count()).select_from(t.replies)).scalar_one())
    sent = sa.select(r.key).where(r.state == ReplyState.SENT.value, r.receipt_id == "")
    wrong = [
        (key, "was sent and has no receipt", False) for key in tx.execute(sent.limit(MOST_NAMED)).scalars()
    ]
    has_job = sa.exists().where(j.stage == Stage.SEND.value, j.key == r.key)
    stuck = sa.select(r.key).where(r.state.in_([state.value for state in _UNDER_WAY]), ~has_job)
    words = "is under way and no work stands for it"
    return count, wrong + [(key, words, True) for key in tx.execute(stuck.limit(MOST_NAMED)).scalars()]
