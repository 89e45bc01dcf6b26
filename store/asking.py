"""Questions that were asked and the answers to them, as rows. Reads no text and decides nothing."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

import sqlalchemy as sa

from store import tables as t
from store.codec import from_json, to_json
from store.db import Transaction, upsert
from store.records.answer import Answer
from store.records.reply import Purpose, ReplyState
from store.records.sighting import WhenCandidate, WhereCandidate

_NOT_ASKED = (ReplyState.CANCELLED.value, ReplyState.EXPIRED.value)


def asked_since(tx: Transaction, to_author: str, since: datetime, *, but: str) -> bool:
    """Whether the author under this keyed digest was asked anything since the moment, under another post."""
    r = t.replies.c
    where = (r.to_author == to_author) & (r.purpose == Purpose.QUESTION.value) & (r.post_key != but)
    query = sa.select(r.key).where(where, r.drafted_at >= since, r.state.not_in(_NOT_ASKED))
    return tx.execute(query.limit(1)).first() is not None


def addressed(
    tx: Transaction, platform: str, to_author: str, ids: Collection[str], post_key: str
) -> list[tuple[str, str, str]]:
    """(post key, receipt id, receipt address) of our words to this author that bear one of these ids.

    An id is that of our own post, or of the author's post that we answered.
    """
    r = t.replies.c
    ours = (r.receipt_id != "") & r.receipt_id.in_(ids)
    theirs = (r.post_key == post_key) | ((r.to_native_id != "") & r.to_native_id.in_(ids))
    asked = r.purpose.in_([Purpose.RECEIPT.value, Purpose.QUESTION.value])
    query = sa.select(r.post_key, r.receipt_id, r.receipt_url)
    query = query.where(r.platform == platform, r.to_author == to_author, asked, sa.or_(ours, theirs))
    return [(row.post_key, row.receipt_id, row.receipt_url) for row in tx.execute(query.order_by(r.key))]


def put(tx: Transaction, answer: Answer) -> None:
    """Keep what an answer says; the same answer, edited, is replaced."""
    row = {
        "post_key": answer.post_key,
        "answer_key": answer.answer_key,
        "at": answer.at,
        "is_stored": answer.is_stored,
        "where": to_json(answer.where),
        "when": to_json(answer.when),
        "zone": answer.zone,
    }
    upsert(tx, t.answers, [row])


def of_post(tx: Transaction, post_key: str) -> list[Answer]:
    """All answers under a post, the latest first."""
    a = t.answers.c
    query = sa.select(t.answers).where(a.post_key == post_key).order_by(a.at.desc(), a.answer_key)
    return [
        Answer(
            row.post_key,
            row.answer_key,
            row.at,
            row.is_stored,
            from_json(tuple[WhereCandidate, ...], row.where, subject=row.answer_key),
            from_json(tuple[WhenCandidate, ...], row.when, subject=row.answer_key),
            row.zone,
        )
        for row in tx.execute(query)
    ]


def is_answer(tx: Transaction, answer_key: str) -> bool:
    """Whether this post was taken for an answer to our words."""
    a = t.answers.c
    return tx.execute(sa.select(a.post_key).where(a.answer_key == answer_key).limit(1)).first() is not None


def forget(tx: Transaction, key: str) -> list[str]:
    """A post is gone: answers under it and answers that it was. Gives the posts that lost an answer."""
    a = t.answers.c
    lost = list(tx.execute(sa.select(a.post_key).where(a.answer_key == key).order_by(a.post_key)).scalars())
    tx.execute(sa.delete(t.answers).where(sa.or_(a.answer_key == key, a.post_key == key)))
    return lost
