"""How people come in, as the settings have it: sessions, measures, and whether a second factor is asked."""

from __future__ import annotations

from datetime import timedelta

from bot.config import Config
from bot.pipeline import levels
from bot.pipeline.road import AccessPlan, Road
from store.records.reply import Level


def access_plan(config: Config) -> AccessPlan:
    """The console block as the road holds it."""
    console, measures = config.console, config.console.measures
    return AccessPlan(
        session=timedelta(hours=console.signed_in_max_h),
        session_idle=timedelta(hours=console.signed_in_idle_h),
        photos=measures.photos,
        places=measures.places,
        contacts=measures.contacts,
        exports=measures.exports,
        role_wait=timedelta(hours=console.role_wait_h),
    )


def asks_second_factor(road: Road, config: Config) -> bool:
    """Whether roles that see faces need a second factor just now: always, or once the campaign is live.

    Live is: not the sample, a source switched on, and replies above dry-run.
    """
    if config.sample:
        return False
    if config.console.second_factor == "always":
        return True
    if not any(source.enabled for source in config.campaign.sources):
        return False
    with road.store.reading() as tx:
        return levels.in_force(road, tx) is not Level.DRY_RUN
