"""Whose faces in a picture are nobody's business: all but the one that a candidate or a case is about.

Where no candidate stands, the largest face counts as what the picture was taken of.
"""

from __future__ import annotations

from bot.pipeline.gallery import CASE_PREFIX
from bot.pipeline.road import Road
from store import faces_shown
from store.records.photo import Face, FaceBox


def of(road: Road, served: str) -> tuple[FaceBox, ...]:
    """The faces to hide in a served copy, in its pixels."""
    with road.store.reading() as tx:
        found = faces_shown.in_served(tx, served, case_prefix=CASE_PREFIX)
        if len(found) < 2:
            return ()
        about = faces_shown.in_candidates(tx, [face.key for face in found])
    if not about:
        about = {max(found, key=_size).key}
    # The same face stands once as a post's and once as a case's: both copies of it stay clear.
    kept = [face.box for face in found if face.key in about]
    return tuple(face.box for face in found if not any(_is_same(face.box, box) for box in kept))


def _size(face: Face) -> float:
    return face.box.width * face.box.height


def _is_same(one: FaceBox, other: FaceBox) -> bool:
    """Whether the middle of one face lies in the other."""
    x, y = one.x + one.width / 2, one.y + one.height / 2
    return other.x <= x <= other.x + other.width and other.y <= y <= other.y + other.height
