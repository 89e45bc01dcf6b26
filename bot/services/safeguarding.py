"""What the safeguarding lead alone sees: posts whose author seems to be the child, and young authors' posts.

Everybody else is answered as if these posts were not there (store/veils.py).
"""

from __future__ import annotations

from dataclasses import dataclass

from bot.pipeline import asking, guarding
from bot.pipeline.road import Road
from bot.services import replies
from bot.services.sightings import SightingView, view_of
from store import audit, matches, outbox, photos, posts, quarantine, users, veils
from store.db import Transaction
from store.errors import Missing, NotAllowed
from store.records.hold import SafeguardingTask
from store.records.reply import Reply

ROLE = users.SAFEGUARDING
WORDS = {
    "age": "the author states an age under 18",
    "grade": "the author names a school grade",
    "profile": "the author's profile states an age under 18 or a school",
    "self": "the author says to be the child",
}


@dataclass(frozen=True, slots=True)
class Task:
    """A task with the post it is about; `view` None where the post has gone meanwhile. `young`: its sign."""

    task: SafeguardingTask
    view: SightingView | None
    young: str


def check(road: Road, by: str) -> None:
    """Raises NotAllowed for anybody but a safeguarding lead."""
    with road.store.reading() as tx:
        _lead(tx, by)


def tasks(road: Road, *, by: str) -> list[Task]:
    """All tasks, undone ones first. Raises NotAllowed."""
    with road.store.reading() as tx:
        _lead(tx, by)
        return [_task(road, tx, task) for task in veils.tasks(tx)]


def show(road: Road, reference: str, *, by: str) -> Task:
    """One task by its reference. Raises Missing, NotAllowed."""
    with road.store.reading() as tx:
        _lead(tx, by)
        return _task(road, tx, veils.task(tx, reference))


def done(road: Road, reference: str, *, by: str, note: str = "") -> None:
    """Say that a task was taken care of; its alert is repeated no more. The post stays hidden."""
    now = road.clock()
    with road.store.transaction() as tx:
        _lead(tx, by)
        veils.finish(tx, reference, by=by, note=note, at=now)
        matches.acknowledge(tx, f"{guarding.ALERT}{reference}", by)
        audit.write(tx, now, by, "safeguarding.done", reference)
        guarding.say_if_nobody(road, tx)


def approve(road: Road, reference: str, key: str, *, by: str) -> Reply:
    """Let the drafted hotline words to the author go. Raises Missing, NotAllowed."""
    _own_row(road, reference, key, by)
    return replies.approve(road, key, by=by, hidden=True)


def cancel(road: Road, reference: str, key: str, *, by: str) -> Reply:
    """Stop the hotline words to the author. Raises Missing, NotAllowed, Conflict."""
    _own_row(road, reference, key, by)
    return replies.cancel(road, key, by=by, why="decided by the safeguarding lead", hidden=True)


def hand_over(road: Road, post_key: str, *, by: str) -> str:
    """Somebody saw a post that is for the lead alone: from now on it is. Gives the task's reference."""
    with road.store.transaction() as tx:
        user = users.get(tx, by)
        veils.check(tx, post_key)
        if not posts.stands(tx, post_key):
            raise Missing(post_key, "is not a stored post")
        reference = guarding.hand_to_lead(road, tx, post_key)
        audit.write(tx, road.clock(), user.name, "safeguarding.handed_over", reference)
        return reference


def photo(road: Road, served: str, *, by: str) -> bytes:
    """A served picture of a post that is for the lead. Raises Missing, NotAllowed."""
    with road.store.reading() as tx:
        _lead(tx, by)
        if not (veils.is_shown_to_lead(tx, served) and photos.is_served(tx, served)):
            raise Missing(served[:16], "is not a picture of a safeguarding task")
    return road.blobs.get(served)


def _own_row(road: Road, reference: str, key: str, by: str) -> None:
    with road.store.reading() as tx:
        _lead(tx, by)
        if outbox.get(tx, key).post_key != veils.task(tx, reference).post_key:
            raise Missing(key, "is no reply to this post")


def _lead(tx: Transaction, by: str) -> None:
    user = users.get(tx, by)
    if not user.has(ROLE):
        raise NotAllowed(by, f"is not the safeguarding lead; only the role {ROLE} may see this")


def _task(road: Road, tx: Transaction, task: SafeguardingTask) -> Task:
    if not posts.stands(tx, task.post_key) or quarantine.is_withheld(tx, task.post_key):
        return Task(task, None, "")
    post = posts.get(tx, task.post_key)
    sign = veils.young_sign(tx, asking.young_digest(road, post))
    return Task(task, view_of(road, tx, task.post_key), sign)
