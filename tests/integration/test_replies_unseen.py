"""From outside nothing tells a match: a classifier of text, delay and presence of 2,000 receipts guesses.

The receipts are made and sent by the real arrows; half of the posts are confirmed as a possible match by a
person, after minutes to hours. The logistic regression is written here: no library hides anything.
"""

from __future__ import annotations

import random
import zlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from bot.pipeline import reply as reply_arrow
from bot.pipeline import work
from bot.rules.caps import Caps
from store import outbox, posts
from store.records.post import Author
from store.records.reply import Level
from tests import makers
from tests.desk import OURS, Desk, open_desk
from tests.levels import NEVER

POSTS = 2000
BUCKETS = 512
TEXTS = (
    "Saw a child here, all alone",
    "在地铁站门口看到一个孩子",
    "在捷運站看到一個孩子",
    "A boy begging near the mall",
    "刚才在商场门口有个小女孩",
    "Girl about five at the pier, nobody with her",
)
Vector = NDArray[np.float64]


def simulated(desk: Desk, median_min: float, seed: int) -> tuple[Vector, Vector]:
    """(features, labels): posts arrive every ten minutes or so; a person confirms half of them later."""
    draw, events = random.Random(seed), []
    at = desk.clock()
    for number in range(1, POSTS + 1):
        at += timedelta(seconds=draw.expovariate(1 / 600))
        events.append((at, number, False))
        if number % 2:
            pause = draw.lognormvariate(np.log(median_min * 60), 1.0)
            events.append((at + timedelta(seconds=pause), number, True))
    arrived: dict[int, datetime] = {}
    for moment, number, confirms in sorted(events):
        _send_until(desk, moment)
        desk.clock.now = moment
        with desk.road.store.transaction() as tx:
            if confirms:
                reply_arrow.make_certain(desk.road, tx, posts.get(tx, makers.post(number).key))
            else:
                arrived[number] = moment
                _arrive(desk, tx, number, draw)
    _send_until(desk, desk.clock() + timedelta(hours=2))
    rows = [_seen(desk, number, arrived[number]) for number in range(1, POSTS + 1)]
    return np.array(rows), np.array([number % 2 for number in range(1, POSTS + 1)], dtype=float)


def _arrive(desk: Desk, tx: object, number: int, draw: random.Random) -> None:
    post = makers.post(
        number, author=Author(f"id{number}", f"a{number}@a.example"), mentions=(OURS,),
        text=draw.choice(TEXTS), created_at=desk.clock(), received_at=desk.clock(), hashtags=(),
    )  # fmt: skip
    desk.platform.post(post.native_id)
    posts.put(tx, post, makers.ALL, desk.clock())  # type: ignore[arg-type]
    reply_arrow.ensure(desk.road, tx, post)  # type: ignore[arg-type]


def _send_until(desk: Desk, end: datetime) -> None:
    ways = work.arrows(dict)
    while True:
        work.work_off(desk.road, ways, work.ROLES["send"])
        due = desk.road.engine.due_in(desk.clock())
        if due is None or desk.clock() + timedelta(seconds=due) >= end:
            return
        desk.clock.tick(seconds=max(due, 0.5))


def _seen(desk: Desk, number: int, at: datetime) -> Vector:
    """What an outsider sees of the reply to a post: whether there is one, when, in which words."""
    with desk.road.store.reading() as tx:
        rows = [row for row in outbox.of_post(tx, makers.post(number).key) if row.sent_at is not None]
    seen = np.zeros(BUCKETS + 24)
    seen[-1] = len(rows)
    for row in rows:
        text = row.text.partition(" ")[2]
        for size in (1, 2, 3, 5):
            for start in range(len(text) - size + 1):
                seen[zlib.crc32(text[start : start + size].encode()) % BUCKETS] += 1
        assert row.sent_at is not None
        delay = (row.sent_at - at).total_seconds()
        seen[-2], seen[-3] = delay / 600, np.log1p(delay)
        seen[BUCKETS + min(int(delay // 40), 15)] = 1
        seen[-4], seen[-5] = row.sent_at.minute / 60, row.sent_at.second / 60
    return seen


def auc(scores: Vector, labels: Vector) -> float:
    """The area under the ROC curve, ties counted half."""
    order = np.argsort(scores, kind="stable")
    ranks = np.empty(len(scores))
    ranks[order] = np.arange(1, len(scores) + 1)
    for value in np.unique(scores):
        same = scores == value
        ranks[same] = ranks[same].mean()
    ones = labels.sum()
    return float((ranks[labels == 1].sum() - ones * (ones + 1) / 2) / (ones * (len(labels) - ones)))


def fitted(features: Vector, labels: Vector) -> Vector:
    """Weights of a logistic regression with a small ridge, by gradient descent."""
    weights = np.zeros(features.shape[1])
    for _ in range(400):
        guess = 1 / (1 + np.exp(-np.clip(features @ weights, -30, 30)))
        weights -= 0.3 * (features.T @ (guess - labels) / len(labels) + 1e-3 * weights)
    return weights


def out_of_fold(features: Vector, labels: Vector, *, folds: int = 5) -> float:
    """AUC of scores that each come from a classifier which has not seen the post."""
    fold = np.random.default_rng(7).integers(0, folds, len(labels))
    scores = np.zeros(len(labels))
    for number in range(folds):
        mean, spread = features[fold != number].mean(0), features[fold != number].std(0) + 1e-9
        whole = np.column_stack([(features - mean) / spread, np.ones(len(labels))])
        scores[fold == number] = whole[fold == number] @ fitted(whole[fold != number], labels[fold != number])
    return auc(scores, labels)


def test_the_classifier_finds_what_there_is_to_find() -> None:
    """On receipts whose delay gives matches away it does; on labels that mean nothing it does not."""
    draw = np.random.default_rng(3)
    labels = draw.integers(0, 2, 600).astype(float)
    plain = draw.normal(size=(600, 5))
    telling = plain + np.outer(labels, [0, 0, 1.0, 0, 0])
    assert out_of_fold(telling, labels) > 0.7
    assert out_of_fold(plain, labels) < 0.56
    assert auc(np.array([0.1, 0.4, 0.35, 0.8]), np.array([0.0, 0.0, 1.0, 1.0])) == 0.75


SPEEDS: Sequence[float] = (4, 45)


@pytest.mark.soak
@pytest.mark.parametrize("median_min", SPEEDS)
def test_a_classifier_cannot_tell_matches_from_the_outside(tmp_path: Path, median_min: float) -> None:
    many = 10**6
    desk = open_desk(
        tmp_path, agreed=Level.AUTO, caps=Caps(many, many, many, None, many, many), breaker=NEVER,
        delay_min=timedelta(seconds=60), delay_max=timedelta(seconds=600),
    )  # fmt: skip
    features, labels = simulated(desk, median_min, seed=int(median_min))
    desk.road.store.close()
    assert features[:, -1].min() == 1, "every summoned post has its receipt"
    found = out_of_fold(features, labels)
    print(f"confirmed after about {median_min} min: AUC {found:.3f} on {POSTS} receipts")  # noqa: T201
    assert found <= 0.55
