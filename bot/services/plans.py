"""What the config says of replies, in the values that the arrows use. Reads nothing and decides nothing."""

from __future__ import annotations

from datetime import time, timedelta
from zoneinfo import ZoneInfo

from bot.config import Config
from bot.pipeline.road import ReplyPlan
from bot.rules.breaker import Limits
from bot.rules.caps import Caps, QuietHours
from bot.rules.life import LifePlan


def reply_plan(config: Config) -> ReplyPlan:
    """Ceiling, delays, caps, breaker and hotlines of the outbox; how alerts are repeated."""
    reply, console = config.reply, config.console
    return ReplyPlan(
        level=reply.level,
        delay_min=timedelta(seconds=reply.receipt_delay_min_s),
        delay_max=timedelta(seconds=reply.receipt_delay_max_s),
        max_age=timedelta(hours=reply.max_reply_age_h),
        lease=timedelta(seconds=reply.lease_s),
        settle=timedelta(seconds=reply.settle_s),
        caps=caps(config),
        hotlines={country: line.number for line in reply.hotlines for country in line.countries},
        country=config.legal.country if config.legal else "",
        ack=timedelta(minutes=config.alerts.ack_min),
        on_duty=config.alerts.on_duty,
        self_test=timedelta(hours=config.alerts.self_test_h),
        console_url=f"http://{console.host}:{console.port}/review",
        breaker=Limits(**reply.breaker.model_dump()),
        follows_up=reply.on_match == "private_follow_up",
        talk_kept=timedelta(days=reply.talk_kept_days),
        erasure_due=timedelta(days=reply.erasure_due_days),
    )


def life_plan(config: Config) -> LifePlan:
    """The zone of the campaign's days, and what of reports and public numbers is switched on."""
    life = config.life
    return LifePlan(life.time_zone, life.weekly_report, life.public_numbers)


def caps(config: Config) -> Caps:
    """How many replies may go out, and when none does."""
    given, quiet = config.reply.caps, None
    if config.reply.quiet_hours is not None:
        hours = config.reply.quiet_hours
        start, end = time.fromisoformat(hours.start), time.fromisoformat(hours.end)
        quiet = QuietHours(start, end, ZoneInfo(hours.zone))
    return Caps(**given.model_dump(), quiet=quiet)
