"""Whether our profile says what followers agree to, as the platform gives it. Changes no profile.

Following counts as consent only while that was read lately; a platform that does not give our profile to
programs is believed to show what config.yaml says.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from bot.pipeline.road import Road
from bot.pipeline.source import Source
from bot.senders.base import TellsProfile
from store import brake, campaign
from store.db import Transaction
from store.errors import SourceError
from store.records.replying import SelfTest

NAME = "profile:"
EVERY = timedelta(hours=6)
GOOD_FOR = timedelta(hours=48)
SAYS, SAYS_NOT = "the profile says that followers may be answered", "the profile does not say the sentence"


def read_all(road: Road, _active: Mapping[str, Source] | None = None) -> list[SelfTest]:
    """Read the profiles that are due, where following is to count; what one does not say is a notice."""
    if not road.rules.following:
        return []
    now, found = road.clock(), []
    for platform, sender in road.senders.items():
        with road.store.reading() as tx:
            last = brake.last_test(tx, f"{NAME}{platform}")
        if isinstance(sender, TellsProfile) and (last is None or now - last.at >= EVERY):
            found.append(_read(road, platform, sender))
    return found


def _read(road: Road, platform: str, sender: TellsProfile) -> SelfTest:
    try:
        is_said = says(sender.profile(), road.rules.profile_says)
        words = SAYS if is_said else f"{SAYS_NOT} of `reply.consent.profile_says`"
    except SourceError as error:
        is_said, words = False, f"the profile could not be read: {error.detail}"
    made = SelfTest(f"{NAME}{platform}", road.clock(), is_said, words)
    notice = "" if is_said else f"Following on {platform} counts as no consent: {words}."
    with road.store.transaction() as tx:
        brake.put_test(tx, made)
        campaign.notice(tx, made.name, notice, made.at)
    return made


def says(profile: str, sentence: str) -> bool:
    """Whether the sentence stands in the profile, whatever its spaces, line ends and capitals."""
    wanted = " ".join(sentence.split()).casefold()
    return bool(wanted) and wanted in " ".join(profile.split()).casefold()


def counts(road: Road, tx: Transaction, platform: str) -> bool:
    """Whether following us counts on this platform as far as our profile goes."""
    if not isinstance(road.senders.get(platform), TellsProfile):
        return True
    last = brake.last_test(tx, f"{NAME}{platform}")
    return last is not None and last.is_well and road.clock() - last.at <= GOOD_FOR
