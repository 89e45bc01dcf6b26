"""Who wrote the posts: profiles in batches, so that handle, labels and wishes are known before a permit.

A stream is not held up: it gives a bounded time, and whoever is not known by then is marked so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from collectors.bluesky_api import PROFILES_AT_ONCE, Xrpc
from collectors.bluesky_home import Homes, photographers, with_originals
from collectors.bluesky_record import read_profile
from store.errors import NeedsPerson, SourceError
from store.records.post import Author, AuthorSign, Post

PROFILES = "app.bsky.actor.getProfiles"
FRESH_S = 900.0
MOST_KEPT = 5000
PATIENCE_S = 6.0
AFTER_FAILURE_S = 60.0


class Authors:
    """Profiles by DID, kept for a quarter of an hour, the oldest dropped beyond a number.

    `homes` is None where pictures are taken from the picture host alone.
    """

    def __init__(self, xrpc: Xrpc, homes: Homes | None, monotonic_s: Callable[[], float]) -> None:
        self._xrpc = xrpc
        self._homes = homes
        self._monotonic_s = monotonic_s
        self._kept: dict[str, tuple[Author, float]] = {}
        self._rests_until_s = float("-inf")

    def of(self, dids: Sequence[str], *, ends_at_s: float = float("inf")) -> dict[str, Author]:
        """The authors that the network shows, by DID; asked for 25 at once until `ends_at_s`.

        Raises SourceError.
        """
        now_s = self._monotonic_s()
        known = {did: self._kept[did][0] for did in dids if did in self._kept and self._kept[did][1] > now_s}
        missing = [did for did in dict.fromkeys(dids) if did and did not in known]
        for start in range(0, len(missing), PROFILES_AT_ONCE):
            if self._monotonic_s() >= ends_at_s:
                break
            for author in self._asked(missing[start : start + PROFILES_AT_ONCE]):
                self._keep(author)
                known[author.id] = author
        return known

    def _asked(self, dids: Sequence[str]) -> list[Author]:
        params = [("actors", did) for did in dids]
        try:
            value = self._xrpc.read(PROFILES, params)
        except NeedsPerson:
            if not self._xrpc.has_account:
                raise
            value = self._xrpc.public(PROFILES, params)  # Without our account we only miss who follows us.
        found = [read_profile(item) for item in self._xrpc.listed(value, "profiles", PROFILES)]
        return [author for author in found if author.id in dids]

    def _keep(self, author: Author) -> None:
        self._kept.pop(author.id, None)
        if len(self._kept) >= MOST_KEPT:
            self._kept.pop(next(iter(self._kept)))
        self._kept[author.id] = author, self._monotonic_s() + FRESH_S

    def forget(self, dids: Iterable[str]) -> None:
        """What changed is asked for again."""
        for did in dids:
            self._kept.pop(did, None)

    def completed(self, posts: Sequence[Post]) -> tuple[Post, ...]:
        """The posts with their authors and the addresses of originals. Raises SourceError."""
        known = self.of([post.author.id for post in posts])
        return self._joined(posts, known, float("inf"))

    def completed_soon(self, posts: Sequence[Post]) -> tuple[Post, ...]:
        """The same within some seconds, for a stream: nobody answering, authors are marked as not yet known.

        After a failure nobody is asked for a while.
        """
        if not posts:
            return ()
        now_s = self._monotonic_s()
        ends_at_s, known = now_s + PATIENCE_S, dict[str, Author]()
        if now_s >= self._rests_until_s:
            try:
                known = self.of([post.author.id for post in posts], ends_at_s=ends_at_s)
            except SourceError:
                self._rests_until_s = self._monotonic_s() + AFTER_FAILURE_S
        return self._joined(posts, known, ends_at_s)

    def _joined(self, posts: Sequence[Post], known: dict[str, Author], ends_at_s: float) -> tuple[Post, ...]:
        homes = dict[str, str]()
        for did in photographers(posts) if self._homes is not None else ():
            if self._monotonic_s() >= ends_at_s or self._monotonic_s() < self._rests_until_s:
                break
            homes[did] = self._homes.of(did) if self._homes is not None else ""
        return tuple(
            with_originals(joined(post, known.get(post.author.id)), homes.get(post.author.id, ""))
            for post in posts
        )


def joined(post: Post, author: Author | None) -> Post:
    """The post with what the profile says of its author, or with the mark that nobody said anything yet."""
    if author is not None:
        return replace(post, author=author)
    signs = post.author.signs | {AuthorSign.NOT_YET_KNOWN}
    return replace(post, author=replace(post.author, signs=signs))
