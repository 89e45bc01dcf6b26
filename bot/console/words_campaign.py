"""The words of the pages about a campaign's life, looked up by the names that services use."""

from __future__ import annotations

from bot.console.tongue import gettext, noted
from bot.services.campaign_life import Item

ITEMS = {
    "hashtags": (noted("Hashtags are entered"), noted("campaign.hashtags in config.yaml")),
    "sources": (noted("Every source answers"), noted("run_bot.py doctor says what is missing")),
    "accounts": (noted("The campaign's own accounts are entered"), noted("accounts in config.yaml")),
    "legal": (
        noted("Who answers for the processing is named"),
        noted("legal in config.yaml; nothing is sent without it"),
    ),
    "hotlines": (noted("Hotlines are entered"), noted("reply.hotlines in config.yaml, one for each country")),
    "reviewers": (
        noted("Two reviewers have accounts"),
        noted("a confirmation takes two people; add them on the page People"),
    ),
    "safeguarding": (
        noted("There is a safeguarding lead"),
        noted("posts of children who speak up go to this role alone"),
    ),
    "officer": (
        noted("There is a quarantine officer"),
        noted("reports of abuse pictures go to this role alone"),
    ),
    "liaison": (noted("There is a police liaison"), noted("who reports leads to the police")),
    "cases": (noted("Cases are active"), noted("register, verify and activate them on the page Cases")),
    "level": (
        noted("The level of replies is agreed"),
        noted("two people agree on the page Outbox; until then nothing is sent"),
    ),
    "alerts": (
        noted("The alert channels answered their self-test"),
        noted("alerts in config.yaml; tried once a day"),
    ),
    "retention": (noted("How long things are kept is known"), noted("forgetting and faces in config.yaml")),
    "backup": (noted("Backups are made"), noted("backup.folder in config.yaml, on another disk")),
    "profile_text": (
        noted("The profile of each account carries the text below"),
        noted("paste it there, then tick it here"),
    ),
    "campaign_text": (
        noted("The campaign text is published and pinned"),
        noted("it says: use the hashtag and name the bot"),
    ),
    "hotlines_called": (
        noted("Somebody called each hotline and was answered"),
        noted("a wrong number is worse than none"),
    ),
    "authority": (
        noted("A police office and civil affairs know of the campaign"),
        noted("with a name to ask for"),
    ),
    "families": (
        noted("The families know what will happen with what is found"),
        noted("and whom they can call"),
    ),
}
WAITED = {
    "found": noted("from a post to a candidate"),
    "decided": noted("from a candidate to a person's decision"),
    "replied": noted("from a post to our reply"),
}
VERDICTS = {
    "possible": noted("called a possible resemblance"),
    "not_this_child": noted("turned down"),
    "later": noted("put off"),
}
OUTCOMES = {
    "confirmed": noted("Leads confirmed, not yet reported"),
    "taken_back": noted("Leads taken back"),
    "reported": noted("Reported to the police"),
    "located": noted("Located"),
    "dna_arranged": noted("DNA tests arranged"),
    "dna_supports": noted("DNA supports the kinship"),
    "dna_excludes": noted("DNA excludes it"),
    "dna_unclear": noted("DNA result unclear"),
    "reunited": noted("Reunited"),
    "ruled_out": noted("Ruled out"),
    "deceased": noted("Sad ends"),
    "no_family": noted("Safe, family not found"),
    "no_contact": noted("Of age, wants no contact"),
}
GOES = {
    "posts": noted("posts with text, payload and author"),
    "photos": noted("photos with faces and vectors"),
    "claims": noted("what was read of where, when and who"),
    "open_matches": noted("undecided candidates"),
    "put_away": noted("posts put away while their account is out of use"),
}
STAYS = {
    "audit": (
        noted("rows of the audit chain"),
        noted("they prove what was done; no text, name or place is in them"),
    ),
    "reports": (noted("reports"), noted("numbers alone")),
    "releases": (noted("public releases"), noted("told once, never changed")),
    "cases": (
        noted("cases"),
        noted("they belong to the families and the registry, which close them one by one"),
    ),
    "leads": (noted("leads"), noted("whoever took them over answers for them; they go with their case")),
    "opt_outs": (
        noted("wishes to be left alone"),
        noted("keyed digests, so that nobody is written to again"),
    ),
    "tombstones": (noted("tombstones"), noted("key and digest, so that a deleted post does not come back")),
}
ENDED = {
    "platform_sessions": noted("sessions on platforms"),
    "web_sessions": noted("signed-in browsers"),
    "login_links": noted("login links"),
    "family_links": noted("links of families"),
    "deliveries": noted("links of deliveries"),
    "api_tokens": noted("tokens of programs"),
}


def item(one: Item) -> tuple[str, str]:
    """What to do and how, for a thing of the checklist."""
    words, how = ITEMS[one.name]
    return gettext(words), gettext(how)


def of(table: dict[str, str], name: str) -> str:
    """The words of a name, or the name itself where there are none."""
    return gettext(table[name]) if name in table else name


def stays(name: str) -> tuple[str, str]:
    """What stays and why."""
    words, why = STAYS[name]
    return gettext(words), gettext(why)
