"""The shape of the blocks `reply:` and `alerts:` of config.yaml: brakes of what goes out, and who is told.

Values only. The description of a field is what a mistake in it shows as allowed.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal, Self

from pydantic import model_validator

from bot.config_types import Block, ClockTime, Country, Name, Text, Zone, count, keep, says, span
from store.records.reply import Level


class Caps(Block):
    """How many replies may go out, on each platform by itself."""

    per_author_day: Annotated[int, count(0, 100, "replies to one author in 24 hours")] = 1
    per_talk_day: Annotated[int, count(0, 100, "what people write to one who wrote to us, in 24 hours")] = 4
    per_thread_day: Annotated[int, count(0, 1000, "replies in one conversation in 24 hours")] = 3
    per_hashtag_day: Annotated[int, count(0, 100000, "replies under one hashtag in 24 hours")] = 100
    per_hour: Annotated[int, count(0, 10000, "replies in an hour on one platform")] = 20
    per_day: Annotated[int, count(0, 100000, "replies in 24 hours on one platform")] = 100


class Breaker(Block):
    """When all sending stops by itself, until a person lets it go on."""

    max_10_min: Annotated[int, count(1, 10000, "replies in any ten minutes, on all platforms")] = 15
    times_usual: Annotated[float, span(1, 1000, "times the busiest hour of the last 28 days")] = 3
    least_unusual: Annotated[int, count(1, 100000, "replies an hour below which nothing is unusual")] = 10
    max_error_share: Annotated[float, span(0, 1, "share of tries in an hour that may fail")] = 0.5
    least_tries: Annotated[int, count(1, 10000, "tries in an hour below which no share is taken")] = 6


class QuietHours(Block):
    """Hours in which no reply goes out, on the author's clock where it is known. May run over midnight."""

    start: Annotated[ClockTime, says('when they begin, in quotes: "22:00"')]
    end: Annotated[ClockTime, says('when they end, in quotes: "07:00"')]
    zone: Annotated[Zone, says("an IANA time zone, for authors whose own is not known")] = "UTC"


class ConsentBlock(Block):
    """Whether following our account counts as consent, where the platform's policy lets it."""

    following: bool = False
    profile_says: Annotated[str, says("the sentence of our profile that says so", max_length=500)] = ""

    @model_validator(mode="after")
    def _is_said(self) -> Self:
        unsaid = self.following and len(self.profile_says) < 20
        keep((unsaid, "profile_says", "the sentence of our profile by which followers know that they agree"))
        return self


class Hotline(Block):
    """The number given to people in these countries, where it is written, and when that was last read."""

    countries: Annotated[tuple[Country, ...], says("ISO 3166 codes, such as CN", min_length=1)]
    number: Annotated[Text, says('the number, in quotes: "110"', max_length=40)]
    source: Annotated[Text, says("the page that names it")]
    checked: Annotated[date, says("the day that page was last read")]


class Reply(Block):
    """How far replies may go by themselves, and their brakes."""

    level: Annotated[
        Level, says("the ceiling: dry-run shows, confirm asks a person, auto sends receipts")
    ] = Level.DRY_RUN
    consent: ConsentBlock = ConsentBlock()
    on_match: Annotated[
        Literal["receipt", "private_follow_up"],
        says("what a confirmed candidate leads to beside the alert: the receipt, or also a private question"),
    ] = "receipt"
    receipt_delay_min_s: Annotated[float, span(0, 86400, "least seconds between post and receipt")] = 60
    receipt_delay_max_s: Annotated[float, span(0, 86400, "most seconds between post and receipt")] = 600
    max_reply_age_h: Annotated[float, span(0, 720, "hours until a reply expires", open_start=True)] = 48
    lease_s: Annotated[float, span(5, 3600, "seconds one sender holds a reply")] = 60
    settle_s: Annotated[float, span(0, 3600, "seconds to wait before a doubtful reply is looked up")] = 30
    talk_kept_days: Annotated[int, count(1, 365, "days that private answers are kept, sealed")] = 30
    erasure_due_days: Annotated[int, count(1, 90, "days within which a wish to be erased is done")] = 15
    caps: Caps = Caps()
    breaker: Breaker = Breaker()
    quiet_hours: QuietHours | None = None
    hotlines: Annotated[tuple[Hotline, ...], says("one entry for each number")] = ()

    @model_validator(mode="after")
    def _whole(self) -> Self:
        least = self.receipt_delay_min_s
        countries = [country for line in self.hotlines for country in line.countries]
        twice = ", ".join(sorted({country for country in countries if countries.count(country) > 1}))
        keep(
            (self.receipt_delay_max_s < least, "receipt_delay_max_s", f"at least {least:g}, the least delay"),
            (bool(twice), "hotlines", f"each country in one entry (twice: {twice})"),
        )
        return self

    def hotline(self, country: str) -> Hotline | None:
        """The number for an ISO 3166 code, None where no sourced one is known."""
        return next((line for line in self.hotlines if country.upper() in line.countries), None)


class Alerts(Block):
    """How the case team is told. The addresses hold secrets and are read from the environment."""

    ack_min: Annotated[float, span(0, 1440, "minutes until an alert is repeated", open_start=True)] = 30
    on_duty: Annotated[
        tuple[Name, ...],
        says("names of HOMEWARD_ALERT_URLS, in the order in which they are told", max_length=20),
    ] = ()
    self_test_h: Annotated[float, span(1, 168, "hours between two tests of the channels")] = 24
