"""The campaign in force: a valid change of its block becomes a version, an invalid one is refused.

The file is read by bot/config.py; sources are started and stopped by bot/daemon.py.
"""

from __future__ import annotations

from pathlib import Path

from bot.config import Config, campaign_block
from bot.pipeline.road import Road
from bot.rules import tag_words
from store import audit, campaign, cases, counters, posts
from store.errors import ConfigError, Mistake
from store.records.campaign import CampaignVersion
from store.records.case import CaseStatus
from store.records.work import Stage

REFUSED, RESTART = "config refused", "restart needed"


def adopt(road: Road, config: Config, *, reason: str, by: str = "") -> CampaignVersion:
    """Make the config's campaign block the version in force; the same block again is no new version.

    Its author is `by`, or whoever owns the file; its reason the block's own, or `reason` where it gives
    none. Raises ConfigError for a hashtag that names a kind of people alone.
    """
    refuse_words(config)
    now, author = road.clock(), by or author_of(config.file)
    reason = config.campaign.reason or reason
    with road.store.transaction() as tx:
        before = campaign.current(tx)
        version = campaign.put(tx, campaign_block(config), author=author, reason=reason, at=now)
        campaign.notice(tx, REFUSED, "", now)
        if before is None or version.number != before.number:
            audit.write(tx, now, author, "campaign.version", str(version.number), reason=reason)
    return version


def refuse_words(config: Config) -> None:
    """Raises ConfigError for hashtags that name an ethnicity, a religion, a disability or poverty alone."""
    way_out = "hashtags that say what is looked for"
    wrong = [(tag, tag_words.why(tag)) for tag in (*config.campaign.hashtags, *config.campaign.query.all)]
    mistakes = tuple(
        Mistake(config.file.name, 0, "campaign.hashtags", f'"{tag}": {why}', way_out)
        for tag, why in wrong
        if why
    )
    if mistakes:
        raise ConfigError(config.file.name, "asks for hashtags that are refused", mistakes)


def author_of(file: Path) -> str:
    """Who wrote the settings, as far as the file system tells."""
    try:
        return f"{file.owner()} ({file.name})"
    except (OSError, KeyError):
        return file.name


def refuse(road: Road, reason: str) -> None:
    """Keep the old version in force and tell the operator why."""
    now = road.clock()
    with road.store.transaction() as tx:
        words = f"config.yaml was changed but is not valid; the old version stays in force. {reason}"
        campaign.notice(tx, REFUSED, words, now)
        audit.write(tx, now, "homeward", "campaign.refused", "config.yaml")


def needs_restart(road: Road, blocks: list[str]) -> None:
    """Say that changed blocks take effect at the next start; an empty list takes the notice down."""
    now = road.clock()
    words = f"{', '.join(blocks)} in config.yaml changed; restart Homeward to use it." if blocks else ""
    with road.store.transaction() as tx:
        campaign.notice(tx, RESTART, words, now)


def in_force(road: Road) -> CampaignVersion | None:
    """The version in force, None before the first start."""
    with road.store.reading() as tx:
        return campaign.current(tx)


def versions(road: Road) -> list[CampaignVersion]:
    """All versions, newest first."""
    with road.store.reading() as tx:
        return campaign.versions(tx)


def look_again_if_rules_changed(road: Road, digest: str, *, is_new_model: bool = False) -> int:
    """Look at stored photos again when rules or the legal block changed since the last start.

    The same when the face model in force could not be had any more and `is_new_model` took its place
    without vectors. Active cases are enrolled again too: a new model has other vectors.
    Returns how many posts were put back into the queue, with the lowest priority.
    """
    name = f"rules:{digest}"
    with road.store.reading() as tx:
        known, any_before = counters.value(tx, name), counters.value(tx, "posts") > 0
    if known and not is_new_model:
        return 0
    number, after = 0, ""
    while any_before:
        with road.store.transaction() as tx:
            keys = posts.keys_with_media(tx, after=after)
            for key in keys:
                road.engine.enqueue(tx, Stage.LOOK, key, priority=-10)
        if not keys:
            break
        number, after = number + len(keys), keys[-1]
    with road.store.transaction() as tx:
        for row in cases.listing(tx, status=CaseStatus.ACTIVE, most=100_000) if any_before else ():
            road.engine.enqueue(tx, Stage.ENROL, row.case.id, priority=20)
        counters.drop(tx, "rules:")
        counters.add(tx, name, 1)
    return number
