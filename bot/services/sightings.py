"""Stored posts as people see them: photo, place, time, what was compared and why not. Reads only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.pipeline import asking
from bot.pipeline.road import Road
from store import asking as answers
from store import (
    case_teams,
    drops,
    matches,
    outbox,
    photos,
    posts,
    sealed_places,
    seen_posts,
    sightings,
    veils,
)
from store.case_teams import NOBODY
from store.db import Transaction
from store.errors import Missing
from store.matches import MatchRow
from store.posts import MediaRow
from store.records.answer import Answer
from store.records.match import Dropped
from store.records.permit import Consent, Permit, Use
from store.records.photo import Face, Photo, PhotoState
from store.records.post import Observation, Post
from store.records.reply import Reply
from store.records.sighting import Sighting
from store.seen_posts import Choice, Spot


@dataclass(frozen=True, slots=True)
class SeenPhoto:
    """An attachment with what the gate made of it; `photo` None says why in `row.why`.

    `why_not` are the words of the rule that forbids a comparison for this picture or a copy of it.
    """

    row: MediaRow
    photo: Photo | None
    faces: tuple[Face, ...]
    why_not: str = ""


@dataclass(frozen=True, slots=True)
class SightingView:
    """One stored post with all that was made of it."""

    post: Post
    permit: Permit
    consent: Consent
    sighting: Sighting | None
    photos: tuple[SeenPhoto, ...]
    matches: tuple[MatchRow, ...]
    replies: tuple[Reply, ...]
    observations: tuple[Observation, ...]
    copies: tuple[str, ...]
    gone: bool
    answers: tuple[Answer, ...] = ()
    has_exact: bool = False
    not_shown: tuple[Dropped, ...] = ()

    @property
    def lead(self) -> str:
        """The case of which a person called this post a possible sighting, "" if nobody did."""
        return next((row.match.case_id for row in self.matches if row.state == matches.POSSIBLE), "")

    @property
    def comparison(self) -> str:
        """In words: what the face comparison did, or why there was none."""
        if self.gone:
            return "The post is gone; nothing of it is compared."
        why_not = asking.refusal(self.permit, Use.MATCH)
        if why_not:
            return why_not
        kept = [seen for seen in self.photos if seen.photo is not None]
        if not self.photos:
            return "No photo, so nothing to compare."
        if not kept:
            waiting = any(seen.row.state is PhotoState.WANTED for seen in self.photos)
            return "The photo has not been looked at yet." if waiting else "No photo could be had."
        faces = sum(len(seen.faces) for seen in kept)
        if not faces:
            return next((seen.why_not for seen in kept if seen.why_not), "No face was found in the photo.")
        found = f"{faces} face{'s' if faces > 1 else ''} compared"
        if not self.matches:
            return f"{found}: nobody registered resembles it, which is the normal answer."
        return f"{found}: {len(self.matches)} to look at."


def latest(
    road: Road,
    *,
    before: tuple[datetime, str] | None = None,
    most: int = 20,
    viewer: str = NOBODY,
) -> list[SightingView]:
    """Newest posts first; reposts are shown with their original, not as posts of their own."""
    with road.store.reading() as tx:
        rows = posts.latest(tx, before=before, most=most)
        return [view_of(road, tx, row.key, viewer) for row in rows if not row.repost_of]


def page(
    road: Road, *, before: tuple[datetime, str] | None, most: int, viewer: str
) -> tuple[list[SightingView], tuple[datetime, str] | None]:
    """The same with where the next page begins, None after the last one."""
    with road.store.reading() as tx:
        rows = posts.latest(tx, before=before, most=most)
        views = [view_of(road, tx, row.key, viewer) for row in rows if not row.repost_of]
    return views, (rows[-1].received_at, rows[-1].key) if len(rows) == most else None


def chosen(
    road: Road, choice: Choice, *, before: tuple[datetime, str] | None, most: int, viewer: str
) -> list[SightingView]:
    """Posts of a choice, newest first, without reposts."""
    with road.store.reading() as tx:
        found = seen_posts.keys(tx, choice, before=before, most=most, viewer=viewer)
        return [view_of(road, tx, key, viewer) for key in found]


def spots(road: Road, choice: Choice, *, most: int, viewer: str) -> list[Spot]:
    """Where the posts of a choice say that something was seen, those of most posts first."""
    with road.store.reading() as tx:
        return seen_posts.spots(tx, choice, most=most, viewer=viewer)


def one(road: Road, key: str, *, viewer: str = NOBODY) -> SightingView:
    """One post. Raises Missing, for a hidden one too."""
    with road.store.reading() as tx:
        veils.check(tx, key)
        return view_of(road, tx, key, viewer)


def view_of(road: Road, tx: Transaction, key: str, viewer: str = NOBODY) -> SightingView:
    """One post, hidden or not: the caller has seen to it that it may be shown. Raises Missing.

    Matches with sealed cases are there for a viewer of their team alone.
    """
    post = posts.get(tx, key)
    return SightingView(
        post=post,
        permit=asking.permit_of(road, tx, post),
        consent=asking.consent_of(road, tx, post),
        sighting=sightings.get(tx, key),
        photos=tuple(_seen(road, tx, post, row) for row in posts.media_of(tx, key)),
        matches=tuple(matches.of_post(tx, key, viewer=viewer)),
        replies=tuple(outbox.of_post(tx, key)),
        observations=tuple(posts.observations_of(tx, key)),
        copies=tuple(posts.copies_of(tx, key)),
        gone=posts.is_gone(tx, key),
        answers=tuple(answers.of_post(tx, key)),
        has_exact=sealed_places.get(tx, sealed_places.of_claim(key)) is not None,
        not_shown=tuple(drops.of_post(tx, key, viewer=viewer)),
    )


def _seen(road: Road, tx: Transaction, post: Post, row: MediaRow) -> SeenPhoto:
    if row.photo is None:
        return SeenPhoto(row, None, ())
    photo = photos.get(tx, row.photo)
    allowed, _ = asking.permit_of_photo(road, tx, photo, post)
    faces = tuple(photos.faces_of(tx, row.photo))
    return SeenPhoto(row, photo, faces, asking.refusal(allowed, Use.MATCH))


def served_photo(road: Road, served: str, *, viewer: str = NOBODY, only_cases: bool = False) -> bytes:
    """The re-encoded copy without metadata: the only bytes of a photo that leave. Raises Missing.

    A photo that nothing but sealed cases show is there for a viewer of their team alone; `only_cases` gives
    nothing but photos of registered children.
    """
    with road.store.reading() as tx:
        is_hidden = veils.shows_only_hidden(tx, served) or case_teams.shows_only_hidden(tx, served, viewer)
        if only_cases:
            is_hidden = is_hidden or not case_teams.is_shown_by_case(tx, served, viewer)
        if not photos.is_served(tx, served) or is_hidden:
            raise Missing(served[:16], "is not a picture that may be shown")
    return road.blobs.get(served)
