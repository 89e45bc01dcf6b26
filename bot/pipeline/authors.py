"""Authors whose profile was not read when their post came: asked for again, then the permit is decided anew.

A stream does not wait for profiles; until they are known the strictest reading holds. Decides by bot/rules.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

import structlog

from bot.pipeline import accounts, asking, ingest
from bot.pipeline.road import Road
from bot.pipeline.source import Source
from bot.rules import permit
from collectors.base import KnowsAuthors
from store import authors, posts
from store.db import Transaction
from store.errors import SourceError
from store.records.post import Author, AuthorSign, Gone
from store.records.work import Stage

log = structlog.get_logger(__name__)

AT_ONCE = 100
ASKED_FOR = timedelta(days=2)
"""A profile that is not shown for so long is not asked for any more: the strictest reading stays."""


def complete(road: Road, active: Mapping[str, Source]) -> int:
    """Ask each source that knows authors for those that are missing; gives how many were learnt."""
    accounts.expire(road)
    learnt = 0
    for source in active.values():
        collector = source.collector
        if not isinstance(collector, KnowsAuthors):
            continue
        since = road.clock() - ASKED_FOR
        with road.store.reading() as tx:
            ids = authors.unknown(tx, collector.spec.platform, since=since, most=AT_ONCE)
        if not ids:
            continue
        try:
            with source.lock:
                found = collector.authors(ids)
        except SourceError as error:
            log.info("authors_not_read", source=source.name, reason=error.detail)
            continue
        for author in found:
            with road.store.transaction() as tx:
                for key in authors.posts_of(tx, collector.spec.platform, author.id):
                    _learn(road, tx, key, author)
        learnt += len(found)
    return learnt


def _learn(road: Road, tx: Transaction, key: str, author: Author) -> None:
    held = posts.get(tx, key)
    if AuthorSign.NOT_YET_KNOWN not in held.author.signs:
        return
    post = replace(held, author=author)
    allowed = asking.platform_permit_of(road, post)
    if not allowed.may_store:
        why = f"may not be kept: {permit.not_kept_rule(allowed)}"
        ingest.take_gone(road, tx, Gone(key, post.platform, why, road.clock()))
        return
    authors.learn(tx, key, author)
    posts.set_permit(tx, key, allowed)
    road.engine.enqueue(tx, Stage.LOOK, key, priority=10 if post.media else 0)
    is_late = road.clock() - post.written_at > road.plan.max_age
    if not is_late and asking.consent_of(road, tx, post).given:
        road.engine.enqueue(tx, Stage.REPLY, key, priority=5)
