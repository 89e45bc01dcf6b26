"""Whether a post's own time can be believed. Pure: the moment of receiving is part of the post."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from store.records.post import Platform, Post

SKEW = timedelta(minutes=5)
"""Clocks of servers and of this machine may differ by so much without anybody lying."""
FIRST_POSTS = {
    Platform.X: datetime(2006, 3, 21, tzinfo=UTC),
    Platform.WEIBO: datetime(2009, 8, 14, tzinfo=UTC),
}
"""Days on which platforms opened that date their posts themselves. Elsewhere clients and importers do."""


LIVE_DELAY = timedelta(days=7)
"""A stream tells what is made now; servers that were away for days are late. Older dates were set back."""
NO_DATE_BEFORE = datetime(2000, 1, 1, tzinfo=UTC)
"""Before this no such post was written anywhere: a clock that was never set (1970, 1980), or a zero."""


def doubt(post: Post, *, live: bool = False) -> str:
    """Why the post's own time is not believed, in words; "" if nothing speaks against it.

    A time after receiving is impossible, whoever states it; so is one before the platform began. `live`:
    it came through a stream as it was made, where a date long before is doubted too. The words begin with
    the field's name, by which the post is known to be doubted from then on.
    """
    if post.created_at is None:
        return ""
    ahead = post.created_at - post.received_at
    if ahead > SKEW:
        return f"created_at lies {_words(ahead)} after the post was received; the time of receiving is taken"
    opened = FIRST_POSTS.get(post.platform)
    if opened is not None and post.created_at < opened:
        return f"created_at ({post.created_at.year}) lies before {post.platform.value} began"
    if post.created_at < NO_DATE_BEFORE:
        return f"created_at ({post.created_at.year}) is no date on which a post was written"
    if live and post.received_at - post.created_at > LIVE_DELAY:
        late = _words(post.received_at - post.created_at)
        return f"created_at lies {late} before the post came through a live stream; it may be set back"
    return ""


def _words(span: timedelta) -> str:
    if span >= timedelta(days=2):
        return f"{span.days} days"
    hours = span.total_seconds() / 3600
    return f"{hours:.0f} h" if hours >= 2 else f"{span.total_seconds() / 60:.0f} min"
