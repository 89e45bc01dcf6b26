"""Talking with people who wrote to us: what they said, answers in fixed phrases, words of our own by two.

Who may be answered is decided in bot/rules/consent.py, what may not be said in bot/rules/leaks.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from bot.pipeline import asking, conversing, drafting, levels
from bot.pipeline.road import Road
from bot.rules import compose, leaks
from store import audit, conversations, outbox, posts, sightings, veils
from store import levels as stored
from store.db import Transaction
from store.errors import Conflict, Missing, NotAllowed, UsageError
from store.records.permit import Consent
from store.records.post import Post
from store.records.reply import Level, Purpose, Reply, ReplyState
from store.records.replying import HandTask, Talk
from store.records.work import Stage

PHRASES = (Purpose.THANKS, Purpose.PLEASE_CALL, Purpose.HOW_TO_HELP)


@dataclass(frozen=True, slots=True)
class TalkView:
    """A message, what it says (None once that is forgotten), whether it may be answered, our answers."""

    talk: Talk
    post: Post | None
    consent: Consent
    replies: tuple[Reply, ...]


def listing(road: Road, *, most: int = 100) -> list[TalkView]:
    """Messages to us, open ones first."""
    with road.store.reading() as tx:
        return [_view(road, tx, talk) for talk in conversations.listing(tx, most=most)]


def about(road: Road, post_key: str) -> list[TalkView]:
    """Messages about a sighting, oldest first."""
    with road.store.reading() as tx:
        if veils.kinds_of(tx, post_key):
            return []
        return [_view(road, tx, talk) for talk in conversations.of_post(tx, post_key)]


def show(road: Road, key: str) -> TalkView:
    """One message. Raises Missing."""
    with road.store.reading() as tx:
        return _view(road, tx, _talk(tx, key))


def _talk(tx: Transaction, key: str) -> Talk:
    talk = conversations.get(tx, key)
    if veils.kinds_of(tx, talk.key) or veils.kinds_of(tx, talk.post_key):
        raise Missing(key, "is no message to us that is kept")
    return talk


def _view(road: Road, tx: Transaction, talk: Talk) -> TalkView:
    post = conversing.message(road, tx, talk)
    consent = Consent(False, "forgotten", "what was written is not kept any more")
    if post is not None:
        consent = asking.consent_of_message(road, tx, post)
    return TalkView(talk, post, consent, tuple(outbox.of_post(tx, talk.key)))


def phrases(road: Road, view: TalkView) -> list[tuple[Purpose, str]]:
    """The fixed phrases that may answer a message, exactly as they would go; none if nothing may."""
    if view.post is None or not view.consent.given or view.consent.hotline_only:
        return []
    if any(row.state is not ReplyState.CANCELLED for row in view.replies):
        return []
    with road.store.reading() as tx:
        made = [
            (each, drafting.draft(road, tx, view.post, each, outbox.key_of(view.post.key, each)))
            for each in PHRASES
        ]
    return [(purpose, draft.text) for purpose, draft in made if isinstance(draft, compose.Draft)]


def answer(road: Road, key: str, purpose: Purpose, *, by: str) -> Reply:
    """Answer a message with a fixed phrase, at the level and within the caps of all replies.

    The person who chose it has approved it. Raises NotAllowed where the author may not be answered,
    Conflict for a second answer to one message, UsageError for a purpose that is no phrase.
    """
    if purpose not in PHRASES:
        raise UsageError("phrase", f"is {purpose.value}; one of {', '.join(each.value for each in PHRASES)}")
    with road.store.transaction(durable=True) as tx:
        post, consent = _answerable(road, tx, key)
        made = drafting.draft(road, tx, post, purpose, outbox.key_of(post.key, purpose))
        return _put(road, tx, post, purpose, consent, made, by=by, approve=True)


def write(road: Road, key: str, words: str, *, by: str) -> Reply:
    """Words of a person's own: drafted, and sent only once a second person has read them.

    Raises as `answer`, and UsageError with the kinds of what must not be said.
    """
    with road.store.transaction(durable=True) as tx:
        post, consent = _answerable(road, tx, key)
        check_words(road, tx, post, words)
        catalogue = levels.catalogue(road, tx)
        row_key = outbox.key_of(post.key, Purpose.FREE)
        made = compose.compose_free(
            words,
            catalogue=catalogue,
            reference=compose.reference(road.key.derived("reference"), row_key),
            handle=post.author.handle,
            language=drafting.language_of(catalogue, post),
            platform=post.platform,
            rules=road.rules.lengths,
        )
        return _put(road, tx, post, Purpose.FREE, consent, made, by=by, approve=False)


def check_words(road: Road, tx: Transaction, post: Post, words: str) -> None:
    """Raises UsageError if a person's own words say what no outsider may read."""
    if len(words.strip()) < 2:
        raise UsageError("words", "are missing")
    found = leaks.found(words, _unsaid(tx, post), allowed=road.plan.hotlines.values())
    if found:
        raise UsageError("words", f"hold {', '.join(found)}; nothing of that may be said to an outsider")


def _unsaid(tx: Transaction, post: Post) -> Iterator[str]:
    """Names, places and numbers of all cases, and what the sighting itself is about."""
    yield from stored.unsaid(tx)
    talk = conversations.find(tx, post.key)
    for key in filter(None, (post.key, talk.post_key if talk is not None else "")):
        claim = sightings.get(tx, key)
        if claim is not None:
            yield from (place.name for place in claim.where.candidates)
            yield from (mention.text for mention in claim.where.mentions)
        if posts.stands(tx, key):
            author = posts.get(tx, key).author
            yield from (author.handle, author.display_name)


def _answerable(road: Road, tx: Transaction, key: str) -> tuple[Post, Consent]:
    talk = _talk(tx, key)
    view = _view(road, tx, talk)
    if view.post is None or not view.consent.given:
        raise NotAllowed(key, view.consent.words)
    if view.consent.hotline_only:
        raise NotAllowed(key, "the hotline words alone are given to this author")
    if any(row.state is not ReplyState.CANCELLED for row in view.replies):
        raise Conflict(key, "has an answer already; one message gets one")
    return view.post, view.consent


def _put(
    road: Road, tx: Transaction, post: Post, purpose: Purpose, consent: Consent,
    made: compose.Draft | compose.Unfit, *, by: str, approve: bool,
) -> Reply:  # fmt: skip
    if isinstance(made, compose.Unfit):
        raise UsageError("words", made.why)
    row = drafting.row(road, tx, post, purpose, consent, made)
    if not drafting.add(road, tx, post, row, rule=consent.rule, written_by=by):
        raise Conflict(row.key, "was written before and stopped; answer in other words")
    if approve and row.level is not Level.DRY_RUN:
        row = outbox.move(tx, row, ReplyState.APPROVED, approved_by=by)
        audit.write(tx, road.clock(), by, "reply.approved", row.key)
    road.engine.enqueue(tx, Stage.SEND, row.key, priority=30)
    conversations.close(tx, post.key, by=by, at=road.clock())
    return row


def close(road: Road, key: str, *, by: str) -> None:
    """Nothing more is to be said to a message. Raises Missing."""
    with road.store.transaction() as tx:
        _talk(tx, key)
        conversations.close(tx, key, by=by, at=road.clock())
        audit.write(tx, road.clock(), by, "talk.closed", key)


# ── by the team's own hand ───────────────────────────────────────────────────────────────────────


def tasks(road: Road) -> list[HandTask]:
    """What the team writes with its own hand, undone ones first."""
    with road.store.reading() as tx:
        return conversations.tasks(tx)


def done(road: Road, key: str, *, by: str, outcome: str) -> None:
    """Say what came of a task. Raises Missing, Conflict, UsageError without an outcome."""
    if len(outcome.strip()) < 3:
        raise UsageError("outcome", "is missing; say what came of it, such as: written, or not possible")
    now: datetime = road.clock()
    with road.store.transaction() as tx:
        conversations.finish_task(tx, key, by=by, outcome=outcome.strip(), at=now)
        audit.write(tx, now, by, "hand_task.done", key, outcome=outcome.strip())
