"""Before a campaign goes live: what an organiser has to do, each with its state read from the installation.

What no program can see (a bot's profile text, a hotline that was called) is ticked by a person and recorded.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.pipeline import alert, levels
from bot.pipeline.road import Road
from store import audit, brake, campaign, campaign_steps, cases, sources, users
from store.campaign_steps import CampaignStep
from store.db import Transaction
from store.errors import UsageError
from store.records.campaign import SourceState
from store.records.reply import Level

PREFIX = "day1."
BY_HAND = ("profile_text", "campaign_text", "hotlines_called", "authority", "families")
"""What only a person can say."""
MAX_NOTE_CHARS = 300


@dataclass(frozen=True, slots=True)
class Item:
    """One thing to do: its name, whether it is done, if a person ticks it, numbers that say how it stands.

    `tick` is who ticked it, None where nobody did or a program can see it.
    """

    name: str
    is_done: bool
    by_hand: bool = False
    numbers: Mapping[str, str] = field(default_factory=dict)
    tick: CampaignStep | None = None


def checklist(road: Road) -> list[Item]:
    """Everything, in the order in which it is best done."""
    with road.store.reading() as tx:
        ticks = campaign_steps.beginning(tx, PREFIX)
        seen = [
            _hashtags(tx),
            _sources(tx),
            Item("accounts", bool(road.rules.accounts), numbers={"n": str(len(road.rules.accounts))}),
            Item("legal", road.rules.legal is not None),
            Item("hotlines", bool(road.plan.hotlines), numbers={"n": str(len(road.plan.hotlines))}),
            *_people(tx),
            _cases(tx),
            _level(road, tx),
            _alerts(tx),
            Item("retention", True, numbers={"vectors": str(road.rules.template_days)}),
            Item("backup", road.backup is not None and road.backup.folder is not None),
        ]
    by_hand = [
        Item(name, PREFIX + name in ticks, by_hand=True, tick=ticks.get(PREFIX + name)) for name in BY_HAND
    ]
    return [*seen, *by_hand]


def _hashtags(tx: Transaction) -> Item:
    version = campaign.current(tx)
    tags = version.content.get("hashtags", ()) if version else ()
    return Item("hashtags", bool(tags), numbers={"n": str(len(tags))})


def _sources(tx: Transaction) -> Item:
    healths = [each for each in sources.healths(tx) if each.state is not SourceState.OFF]
    answering = [each for each in healths if each.state is SourceState.OK]
    numbers = {"ok": str(len(answering)), "all": str(len(healths))}
    return Item("sources", bool(healths) and len(answering) == len(healths), numbers=numbers)


def _people(tx: Transaction) -> list[Item]:
    def having(role: str) -> int:
        return len(users.having(tx, role))

    reviewers = having(users.REVIEWER)
    return [
        # A confirmation takes two who do not see each other's answer.
        Item("reviewers", reviewers >= 2, numbers={"n": str(reviewers)}),
        Item("safeguarding", having(users.SAFEGUARDING) > 0),
        Item("officer", having(users.OFFICER) > 0),
        Item("liaison", having(users.LIAISON) > 0),
    ]


def _cases(tx: Transaction) -> Item:
    active = cases.counts(tx).get("active", 0)
    return Item("cases", active > 0, numbers={"n": str(active)})


def _level(road: Road, tx: Transaction) -> Item:
    level = levels.in_force(road, tx)
    return Item("level", level is not Level.DRY_RUN, numbers={"level": level.value})


def _alerts(tx: Transaction) -> Item:
    test = brake.last_test(tx, alert.CHANNELS)
    return Item("alerts", test is not None and test.is_well)


def tick(road: Road, name: str, *, note: str, by: str) -> None:
    """Say that something was done that no program can see. Raises UsageError for another name."""
    if name not in BY_HAND:
        raise UsageError(name[:40], f"is not ticked by hand; these are: {', '.join(BY_HAND)}")
    if len(note) > MAX_NOTE_CHARS:
        raise UsageError("note", f"has {len(note)} characters; at most {MAX_NOTE_CHARS} are taken")
    now = road.clock()
    with road.store.transaction() as tx:
        campaign_steps.put(tx, CampaignStep(PREFIX + name, "done", {"note": note}, by, now))
        audit.write(tx, now, by, "campaign.ticked", name)


def untick(road: Road, name: str, *, by: str) -> None:
    """Take a tick back."""
    with road.store.transaction() as tx:
        if campaign_steps.drop(tx, PREFIX + name):
            audit.write(tx, road.clock(), by, "campaign.unticked", name[:40])


# ── texts to copy ────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Text:
    """A text to copy: for which platform and in which language, and how long it is."""

    platform: str
    language: str
    text: str
    handle: str = ""


LANGUAGES = ("zh-Hans", "zh-Hant", "en")
_PROFILE = {
    "zh-Hans": (
        "寻找走失儿童活动“{name}”的自动账号（机器人），由{who}负责。看到可能走失的孩子？请用 #{tag} "
        "发帖并 @我们。请勿接近或跟随任何人；紧急情况请拨打当地警方电话{line}。"
        "隐私与删除：回复“停止”或“删除”。"
    ),
    "zh-Hant": (
        "尋找走失兒童活動「{name}」的自動帳號（機器人），由{who}負責。看到可能走失的孩子？請用 #{tag} "
        "發文並 @我們。請勿接近或跟隨任何人；緊急情況請撥打當地警方電話{line}。"
        "隱私與刪除：回覆「停止」或「刪除」。"
    ),
    "en": (
        "Automated account of the campaign “{name}” for missing children, run by {who}. Seen a child "
        "who may be missing? Post with #{tag} and name us. Do not approach or follow anybody; in "
        "an emergency call the police{line}. Privacy and deletion: reply STOP or DELETE."
    ),
}
_CAMPAIGN = {
    "zh-Hans": (
        "看到可能走失或被拐的孩子，请发帖：写明时间、地点，加 #{tag}，并 @{handle}。不要接近、不要跟随、"
        "不要指责任何人。情况紧急请先报警{line}。"
    ),
    "zh-Hant": (
        "看到可能走失或被拐的孩子，請發文：寫明時間、地點，加 #{tag}，並 @{handle}。不要接近、不要跟隨、"
        "不要指責任何人。情況緊急請先報警{line}。"
    ),
    "en": (
        "If you see a child who may be missing, post when and where, add #{tag} and name @{handle}. "
        "Do not approach, follow or accuse anybody. If it is urgent, call the police first{line}."
    ),
}


def texts(road: Road) -> tuple[list[Text], list[Text]]:
    """(profile texts, campaign texts) to copy, for each of our accounts and each language."""
    with road.store.reading() as tx:
        version = campaign.current(tx)
    content = version.content if version else {}
    tags = content.get("hashtags") or ["…"]
    lines = road.plan.hotlines
    values = {
        "name": str(content.get("name", "Homeward")),
        "tag": str(tags[0]),
        "who": road.rules.legal.responsible if road.rules.legal else "…",
        "line": f" {lines[road.plan.country]}" if road.plan.country in lines else "",
    }
    named = [(each.value, account.handle) for each, account in sorted(road.rules.accounts.items())] or [
        ("", "…")
    ]
    profile, call = (
        [
            Text(platform, code, words[code].format(**values, handle=handle), handle)
            for platform, handle in named
            for code in LANGUAGES
        ]
        for words in (_PROFILE, _CAMPAIGN)
    )
    return profile, call
