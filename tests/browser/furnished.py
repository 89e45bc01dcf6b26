"""More into the made-up installation, so that each page of the console has something to show."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any, cast

from bot.services import families, people, quarantine, review
from bot.services.alarms import acknowledge
from bot.services.campaign import RESTART
from store import campaign, users
from store.records.campaign import SourceState
from store.records.case import CaseStatus
from store.records.match import Label, Tier, Verdict
from store.records.post import Author, Platform
from tests.integration.console.test_coverage import QUIET
from tests.integration.console.test_coverage import furnish as cover
from tests.integration.console.world import NAMED, World

EVERYTHING = "alma"
"""An account that has every role, to see every page."""
SILENT = (
    "mastodon #found brought 0 new posts between 07:00 and 08:00 UTC, where it usually brings about 40 "
    "(middle of 7 days). Likely causes: it answers; people may write under another hashtag, or write less."
)
CHANGED = "sources in config.yaml changed; restart Homeward to use it."
POSTER = "mastodon:https://social.example/statuses/7"
KNOWN = "bluesky:at://did:plc:abc/app.bsky.feed.post/3k"


def furnish(world: World) -> None:
    """Accounts, cases in each state, candidates, coverage, alarms, a reply, a family's link, a report."""
    people.add(world.road, EVERYTHING, people.ROLES, by="tests")
    people.add(world.road, "sam", users.REVIEWER, by="tests")
    people.add(world.road, "lena", users.LIAISON, by="tests")
    world.road = replace(world.road, faces=cast(Any, lambda: SimpleNamespace(digest="model-digest")))
    cover(world)
    world.add_source(SourceState.BACKING_OFF, "asked too often: waits for 40 s")
    for number, status in enumerate((CaseStatus.DRAFT, CaseStatus.VERIFIED)):
        world.add_case(f"registry.example/{20 + number}", status, seed=70 + number)
    world.add_post(POSTER, Platform.MASTODON, 7, author=Author("19", "lin@social.example", "林"))
    world.add_post(KNOWN, Platform.BLUESKY, 8, author=Author("20", "rose.example", "Rose"))
    world.add_match(POSTER, 0.6, label=Label.POSTER, tier=Tier.ALERT, fpir=0.004)
    world.add_match(KNOWN, 0.5, label=Label.KNOWN_PICTURE, tier=Tier.SET_ASIDE)
    for number in range(6):
        key = f"mastodon:https://social.example/statuses/{30 + number}"
        world.add_post(
            key, Platform.MASTODON, 30 + number, author=Author(f"3{number}", f"p{number}@s.example")
        )
        world.add_match(key, 0.4 + number / 100)
    named = next(card for card in review.queue(world.road) if card.post.key == NAMED)
    review.decide(world.road, named.row.match.key, Verdict.POSSIBLE, by="rob", note="same scar")
    families.invite(world.road, "zh-Hans", by="rita")
    shown = world.add_photo(90)
    world.add_post("mastodon:https://social.example/statuses/90", Platform.MASTODON, 91)
    quarantine.report(world.road, world.served[-1], by="rob", note="should not be seen")
    with world.road.store.transaction() as tx:
        campaign.notice(tx, QUIET, SILENT, world.clock())
        campaign.notice(
            tx, RESTART, "sources in config.yaml changed; restart Homeward to use it.", world.clock()
        )
    acknowledge(world.road, RESTART, by="rob", note="looked at")
    world.clock.pass_by(timedelta(minutes=7))
    assert shown
