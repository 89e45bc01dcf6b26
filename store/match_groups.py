"""Matches that belong together, as rows: of one case, of one picture's copies, of one photo; and outcomes.

They are gathered by case and by picture alone, never by whose face it is. Judges nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from store import case_teams, veils
from store import tables as t
from store.db import Transaction
from store.matches import HIDDEN, LATER, OPEN, POSSIBLE, REJECTED, WITHDRAWN, MatchRow, get, read
from store.records.match import Decision, Label, Tier, Verdict

_M, _D, _P = t.matches.c, t.decisions.c, t.posts.c
_MEDIA = t.media.c
MOST = 400


def photo_of(face_key: str) -> str:
    """The digest of the photo that a sighting's face is in."""
    return face_key.rpartition(":")[0]


@dataclass(frozen=True, slots=True)
class Beside:
    """A match that stands beside another with the same case, and who wrote its post."""

    row: MatchRow
    author: str


def beside(tx: Transaction, case_id: str, *, but: str) -> list[Beside]:
    """Standing matches with a case, of pictures that are no copies of registered or known ones; `but` one."""
    author = sa.case((_P.author_id != "", _P.author_id), else_=_P.author_handle)
    query = sa.select(_M.key, (_P.platform + ":" + author).label("author")).join(
        t.posts, _P.key == _M.post_key
    )
    query = query.where(
        _M.case_id == case_id,
        _M.key != but,
        _M.state.in_((OPEN, LATER, POSSIBLE)),
        _M.label == Label.SIGHTING.value,
        _P.gone_at.is_(None),
        ~veils.of_veiled(_M.post_key),
    )
    rows = tx.execute(query.order_by(_M.similarity.desc(), _M.key).limit(MOST)).all()
    return [Beside(get(tx, row.key), row.author) for row in rows]


def of_photo(tx: Transaction, photo: str, case_id: str) -> list[MatchRow]:
    """Matches of a photo's faces with one case, withdrawn ones left out."""
    where = _M.face_key.startswith(f"{photo}:", autoescape=True)
    query = sa.select(_M.key).where(where, _M.case_id == case_id, _M.state != WITHDRAWN)
    return [get(tx, key) for key in tx.execute(query.order_by(_M.key)).scalars().all()]


def rejected(tx: Transaction, photos: Sequence[str], case_id: str) -> list[MatchRow]:
    """Pairs of faces in these photos with one case that people turned down."""
    in_photos = _M.face_key.in_(sa.select(t.faces.c.key).where(t.faces.c.photo.in_(photos)))
    query = sa.select(_M.key).where(in_photos, _M.case_id == case_id, _M.state == REJECTED)
    return [get(tx, key) for key in tx.execute(query.order_by(_M.key)).scalars().all()]


def waiting(
    tx: Transaction, *, case_id: str | None = None, photos: Sequence[str] | None = None, viewer: str
) -> list[MatchRow]:
    """Undecided matches of a case, of some photos, or of both; those that the viewer may know of."""
    shown = (~veils.of_veiled(_M.post_key), ~case_teams.of_hidden(_M.case_id, viewer))
    query = sa.select(t.matches).where(_M.state.in_((OPEN, LATER)), *shown)
    if case_id is not None:
        query = query.where(_M.case_id == case_id)
    if photos is not None:
        query = query.where(_M.face_key.in_(sa.select(t.faces.c.key).where(t.faces.c.photo.in_(photos))))
        query = query.where(_M.post_key.in_(sa.select(_MEDIA.post_key).where(_MEDIA.photo.in_(photos))))
    query = query.order_by(_M.similarity.desc(), _M.key).limit(MOST)
    return read(tx, query)


def looked_at_first(tx: Transaction, case_id: str) -> list[str]:
    """Keys of posts with an undecided match of the case in the first tier."""
    query = sa.select(_M.post_key).where(
        _M.case_id == case_id, _M.tier == Tier.ALERT.value, _M.state.in_((OPEN, LATER))
    )
    return sorted(set(tx.execute(query).scalars()))


def posts_waiting(tx: Transaction, *, most: int = 2000) -> list[str]:
    """Keys of posts with an undecided match, hidden ones among them."""
    query = (
        sa.select(_M.post_key).where(_M.state.in_((OPEN, LATER, HIDDEN)), _M.score.is_not(None)).distinct()
    )
    return list(tx.execute(query.order_by(_M.post_key).limit(most)).scalars())


def decided_together(tx: Transaction, decision: Decision) -> list[str]:
    """Keys of the matches that the same verdict decided at one stroke, the decision's own among them."""
    same = (_D.by == decision.by) & (_D.at == decision.at) & (_D.verdict == decision.verdict.value)
    query = sa.select(_D.match_key).where(same, ~_D.undone).order_by(_D.id)
    return list(dict.fromkeys([decision.match_key, *tx.execute(query).scalars()]))


def outcomes(
    tx: Transaction, model: str, *, is_first: bool, low: float, high: float, by_score: bool
) -> tuple[int, int]:
    """(possible, decided) candidates of this model with a score, or cosine, from `low` to below `high`.

    `is_first`: only those that were the most similar case, otherwise only others. What was decided at one
    stroke counts once.
    """
    of = _M.score if by_score else _M.similarity
    kind: list[Any] = [_M.model == model, _M.label == Label.SIGHTING.value, of >= low, of < high]
    kind += [_M.rank == 1 if is_first else _M.rank > 1]
    kind += [] if by_score else [_M.score.is_(None)]
    found = []
    for verdict in (Verdict.POSSIBLE, Verdict.NOT_THIS_CHILD):
        # Few are decided and many wait: the decisions are read, and each match looked up.
        of_kind = sa.exists().where(_M.key == _D.match_key, *kind)
        query = sa.select(sa.func.count(sa.distinct(_D.at)))
        query = query.where(~_D.undone, _D.verdict == verdict.value, of_kind)
        found.append(int(tx.execute(query).scalar() or 0))
    return found[0], sum(found)
