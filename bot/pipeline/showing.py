"""Which of the matches found are shown: a case once a photo, nothing turned down before, second signs told.

Works on what the store says at the moment of writing, in the same transaction; scores nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bot.match import signs
from bot.match.hashes import mirrored, near
from bot.match.signs import Support
from bot.pipeline.road import Road
from store import cases, drops, match_groups, matches, merges, photos, pictures, posts
from store.db import Transaction
from store.errors import Missing
from store.match_groups import photo_of
from store.records.match import Dropped, Label, Match, Tier
from store.records.photo import Face, FaceQuality
from store.records.post import Post
from store.records.work import Stage

SAME_FACE_BITS = 20
"""In so many bits the hashes of one face's crops differ in two copies of a picture (bot/match/inputs.py)."""

_TIERS = {Tier.SET_ASIDE: 0, Tier.REVIEW: 1, Tier.ALERT: 1}


@dataclass(frozen=True, slots=True)
class Shown:
    """What is to be written: matches, and pairs that are not shown with the reason."""

    matches: tuple[Match, ...]
    dropped: tuple[Dropped, ...]


def author_of(post: Post) -> str:
    """Who wrote a post, so that two posts of one person are told from those of two."""
    return f"{post.platform.value}:{post.author.id or post.author.handle}"


def choose(tx: Transaction, found: Sequence[Match]) -> Shown:
    """Of the matches found, those that are shown. All must still stand."""
    kept, dropped = list[Match](), list[Dropped]()
    for item in _once_a_photo(tx, found, dropped):
        words = _turned_down(tx, item)
        if words:
            dropped.append(_drop(item, "turned_down", words))
        else:
            kept.append(item)
    return Shown(tuple(_with_signs(tx, item, kept) for item in kept), tuple(dropped))


def _drop(item: Match, name: str, words: str) -> Dropped:
    return Dropped(item.face_key, item.post_key, item.case_id, item.similarity, name, words)


def _once_a_photo(tx: Transaction, found: Sequence[Match], dropped: list[Dropped]) -> list[Match]:
    """Each case by its most similar face in a photo; what people decided of another face stands."""
    best: dict[tuple[str, str], Match] = {}
    for item in found:
        pair = (photo_of(item.face_key), item.case_id)
        held = best.get(pair)
        first, second = (item, held) if held is None or _order(item) > _order(held) else (held, item)
        best[pair] = first
        if second is not None:
            dropped.append(_drop(second, "other_face", "another face in the photo is more like this child"))
    kept = []
    for (photo, case_id), item in best.items():
        others = [r for r in match_groups.of_photo(tx, photo, case_id) if r.match.face_key != item.face_key]
        decided = [row for row in others if row.state in (matches.POSSIBLE, matches.REJECTED)]
        waiting = [row for row in others if row not in decided]
        # Likenesses by another model cannot be set beside these.
        rivals = [row for row in waiting if row.match.model == item.model]
        if decided:
            words = "a person decided about another face of this photo beside this child"
            dropped.append(_drop(item, "other_face", words))
            continue
        if any(_order(row.match) > _order(item) for row in rivals):
            dropped.append(_drop(item, "other_face", "another face in the photo is more like this child"))
            continue
        for row in waiting:
            matches.withdraw_pair(tx, row.match.key, "another face in the photo is more like this child")
        kept.append(item)
    return kept


def _order(item: Match) -> tuple[int, float, str]:
    return _TIERS[item.tier], item.similarity, item.face_key


def _turned_down(tx: Transaction, item: Match) -> str:
    """Why a pair that was turned down in a copy of this picture does not come back; "" if it was not.

    What was said beside another registration of the child counts for as long as the two are merged.
    """
    photo = photo_of(item.face_key)
    group = pictures.group(tx, photo)
    copies = [digest for digest in group if digest != photo]
    for row in match_groups.rejected(tx, copies, item.case_id):
        if is_same_face(tx, item.face_key, row.match.face_key):
            return "a person said of a copy of this picture: not this child"
    for other in merges.merged_from(tx, item.case_id):
        for row in match_groups.rejected(tx, [photo, *copies], other):
            if row.match.face_key == item.face_key or is_same_face(tx, item.face_key, row.match.face_key):
                return "a person said beside another registration of this child: not this child"
    return ""


def is_same_face(tx: Transaction, one: str, other: str) -> bool:
    """Whether two faces in copies of one picture are the same face: by their crops, or as the only ones."""
    try:
        first, second = photos.face(tx, one), photos.face(tx, other)
    except Missing:
        return False
    theirs = second.crop_hash
    if near(first.crop_hash, theirs, SAME_FACE_BITS) or near(
        first.crop_hash, mirrored(theirs), SAME_FACE_BITS
    ):
        return True
    return all(len(_usable(photos.faces_of(tx, face.photo))) == 1 for face in (first, second))


def _usable(faces: Iterable[Face]) -> list[Face]:
    return [face for face in faces if face.quality is not FaceQuality.UNUSABLE]


# ── second signs ─────────────────────────────────────────────────────────────────────────────────


def _with_signs(tx: Transaction, item: Match, found: Sequence[Match]) -> Match:
    """The match in its tier: looked at first only with a second, independent sign."""
    if item.tier is not Tier.ALERT:
        return item
    copies = set(pictures.group(tx, photo_of(item.face_key)))
    author = author_of(posts.get(tx, item.post_key))
    others = [
        Support(
            each.row.match.post_key,
            each.author,
            photo_of(each.row.match.face_key) in copies,
            signs.stands_out(each.row.match),
            each.row.state == matches.POSSIBLE,
        )
        for each in match_groups.beside(tx, item.case_id, but=item.key)
    ]
    others += [
        Support(each.post_key, author, photo_of(each.face_key) in copies, signs.stands_out(each), False)
        for each in found
        if each.case_id == item.case_id and each.key != item.key and each.label is Label.SIGHTING
    ]
    return signs.with_signs(item, signs.signs_of(item, author, others))


def call_others(road: Road, tx: Transaction, written: Sequence[Match]) -> None:
    """Have those compared again that waited for a second sign and may have found one in what was written."""
    for item in written:
        if not signs.stands_out(item) or item.label is not Label.SIGHTING:
            continue
        for each in match_groups.beside(tx, item.case_id, but=item.key):
            held = each.row.match
            is_alone = held.tier is Tier.REVIEW and signs.stands_out(held)
            if is_alone and each.row.state != matches.POSSIBLE and held.post_key != item.post_key:
                road.engine.enqueue(tx, Stage.MATCH, held.post_key)


def write(road: Road, tx: Transaction, found: Sequence[Match], dropped: Sequence[Dropped] = ()) -> None:
    """Keep matches that stand, and why others are not shown."""
    # Two workers that each bring a sign for one child come one after the other: the second sees the first.
    cases.hold(tx, (item.case_id for item in found if item.tier is Tier.ALERT))
    chosen = choose(tx, found)
    for item in chosen.matches:
        drops.drop(tx, [item.face_key], item.case_id)
    drops.put(tx, [*dropped, *chosen.dropped], road.clock())
    for pair in [*dropped, *chosen.dropped]:
        matches.withdraw_pair(tx, f"{pair.face_key}|{pair.case_id}", pair.words)
    for item in chosen.matches:
        matches.put(tx, item, road.clock())
    call_others(road, tx, chosen.matches)
