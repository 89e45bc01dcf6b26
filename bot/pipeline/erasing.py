"""Wishes to be erased or to get a copy, as they come in: kept, what is meant hidden at once, accounts proved.

What is decided about them is in bot/services/erasure.py; what deletes is bot/pipeline/forgetting_people.py.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace

import structlog

from bot.pipeline import record_sealing
from bot.pipeline.road import Road
from bot.pipeline.source import Source
from bot.rules import compose
from bot.rules import erasing as rules
from store import audit, campaign, erasing, forgotten, optouts, posts, veils
from store.db import Transaction
from store.errors import Sealed
from store.records.post import Post
from store.records.replying import AskedBy, Asker, Erasure, ErasureState, Wants

log = structlog.get_logger(__name__)

NOTICE = "erasure"
KEY_ID = record_sealing.RECORD
RULE = "asked_to_be_forgotten"
HOUSE = "homeward"


@dataclass(frozen=True, slots=True)
class Who:
    """Whom a wish is about: an account, or posts that picture somebody. Sealed until the person was told.

    `message` is the key of the message that asked, `code` what the account has to send, `contact` the way
    to the person outside of the platform, `words` what they wrote.
    """

    id: str = ""
    handle: str = ""
    message: str = ""
    posts: tuple[str, ...] = ()
    contact: str = ""
    words: str = ""
    code: str = ""
    language: str = ""


def put(road: Road, tx: Transaction, erasure: Erasure, who: Who, *, by: str) -> Erasure | None:
    """Keep a new wish, seal who it is about, hide what is meant. None if it is known already."""
    made = replace(erasure, sealed=_sealed(road, tx, erasure.reference, who), key_id=record_sealing.RECORD)
    if not optouts.ask_erasure(tx, made):
        return None
    hidden = hide(road, tx, made, who) if made.wants == Wants.ERASE else 0
    audit.write(
        tx, road.clock(), by, "erasure.asked", made.reference,
        kind=made.kind, way=made.way, wants=made.wants, hidden=hidden,
    )  # fmt: skip
    return made


def of_answer(road: Road, tx: Transaction, post: Post) -> Erasure | None:
    """The author of a message to us asks to be erased: the account itself wrote it, which proves it."""
    now = road.clock()
    reference = compose.reference(road.key.derived("erasure"), post.key)
    wish = Erasure(
        reference, post.platform.value, b"", "", now, now + road.plan.erasure_due,
        state=ErasureState.PROVED, proof="account", proved_at=now, way=AskedBy.ANSWER,
    )  # fmt: skip
    who = Who(post.author.id, post.author.handle, post.key, language=post.language)
    return put(road, tx, wish, who, by=HOUSE)


def who_of(road: Road, tx: Transaction, erasure: Erasure) -> Who:
    """Whom a wish is about; empty once the person was told, or where the key is another one."""
    if not erasure.sealed:
        return Who()
    try:
        row = f"erasure:{erasure.reference}"
        found = json.loads(record_sealing.open_text(road, tx, erasure.sealed, row=row))
    except Sealed as error:
        log.warning("erasure_stays_sealed", reference=erasure.reference, reason=error.detail)
        return Who()
    known = {name: found[name] for name in Who.__dataclass_fields__ if name in found}
    return Who(**known | {"posts": tuple(found.get("posts", ()))})


def reseal(road: Road, tx: Transaction, erasure: Erasure, who: Who) -> bytes:
    """The same wish with more known of whom it is about."""
    return _sealed(road, tx, erasure.reference, who)


def _sealed(road: Road, tx: Transaction, reference: str, who: Who) -> bytes:
    text = json.dumps(asdict(who), ensure_ascii=True)
    return record_sealing.seal(road, tx, text, row=f"erasure:{reference}")


def is_forgotten(road: Road, tx: Transaction, post: Post) -> bool:
    """Whether the author of a post asked to be forgotten, so that nothing of them is taken."""
    names = forgotten.author_digests(road.key.digest, post.platform.value, post.author.id, post.author.handle)
    return forgotten.has_author(tx, names)


# ── what is meant, and hiding it ─────────────────────────────────────────────────────────────────


def meant(tx: Transaction, erasure: Erasure, who: Who) -> list[str]:
    """Keys of the standing posts that a wish is about.

    Of an author all posts; of somebody pictured the named posts and all that show the same pictures.
    """
    if erasure.kind != Asker.AUTHOR:
        named = [key for key in who.posts if posts.stands(tx, key)]
        return [key for key in erasing.showing_the_same(tx, named) if posts.stands(tx, key)] if named else []
    accounts = erasing.accounts(tx, erasure.platform, who.id, who.handle)
    ids = {each for each, _ in accounts} | {who.id}
    return erasing.posts_of(tx, erasure.platform, ids, {handle for _, handle in accounts})


def hide(road: Road, tx: Transaction, erasure: Erasure, who: Who) -> int:
    """Hide what is meant from every list at once, but what people work on for a case; how many posts.

    Else whoever holds a child could take a sighting from under the team's eyes by asking.
    """
    keys = meant(tx, erasure, who)
    stay = set(erasing.beside_cases(tx, keys))
    return sum(veils.put(tx, key, veils.ERASURE, road.clock()) for key in keys if key not in stay)


def show_again(road: Road, tx: Transaction, erasure: Erasure, who: Who) -> None:
    """A wish was refused: what it hid is shown again, unless another open wish means it too."""
    others: set[str] = set()
    for each in optouts.erasures(tx):
        if each.reference != erasure.reference and each.state in rules.OPEN and each.wants == Wants.ERASE:
            others |= set(meant(tx, each, who_of(road, tx, each)))
    for key in meant(tx, erasure, who):
        if key not in others:
            veils.lift(tx, key, veils.ERASURE)


# ── proof ────────────────────────────────────────────────────────────────────────────────────────


def code_digest(road: Road, code: str) -> str:
    """Under which keyed digest a wish knows its code."""
    return road.key.digest("erasure code", code)[:32]


def hear(road: Road, tx: Transaction, post: Post) -> bool:
    """A post or message may carry the code that proves its author's account. True if it proved a wish."""
    for code in rules.codes_in(post.text):
        wish = optouts.erasure_of_code(tx, code_digest(road, code))
        if wish is None or wish.state != ErasureState.ASKED or wish.platform != post.platform.value:
            continue
        who = who_of(road, tx, wish)
        same_handle = who.handle.lstrip("@").casefold() == post.author.handle.lstrip("@").casefold()
        if not (who.id == post.author.id if who.id else same_handle and who.handle):
            audit.write(tx, road.clock(), HOUSE, "erasure.code_of_another_account", wish.reference)
            continue
        known = replace(who, id=post.author.id or who.id, language=who.language or post.language)
        prove(road, tx, wish, known, proof="code", by=HOUSE)
        return True
    return False


def prove(road: Road, tx: Transaction, erasure: Erasure, who: Who, *, proof: str, by: str) -> None:
    """The wish is proved; what is meant is looked up once more and hidden."""
    now = road.clock()
    values = {"state": ErasureState.PROVED.value, "proof": proof, "proved_at": now, "code": ""}
    optouts.change_erasure(
        tx, erasure, values | {"sealed": reseal(road, tx, erasure, who), "key_id": record_sealing.RECORD}
    )
    if erasure.wants == Wants.ERASE:
        hide(road, tx, erasure, who)
    audit.write(tx, now, by, "erasure.proved", erasure.reference)


# ── by the clock ─────────────────────────────────────────────────────────────────────────────────


def tend(road: Road, _active: Mapping[str, Source] | None = None) -> int:
    """Remind people of what is due, and forget who was erased once they were told or can be no more."""
    now, dropped = road.clock(), 0
    with road.store.transaction() as tx:
        all_of_them = optouts.erasures(tx)
        waiting = [each for each in all_of_them if each.state in rules.OPEN]
        untold = [each for each in all_of_them if each.state == ErasureState.DONE and each.sealed]
        for each in untold:
            if each.done_at is not None and now - each.done_at > rules.TELL_WITHIN:
                forget_who(road, tx, each)
                dropped += 1
        words = rules.reminder(waiting, len(untold) - dropped, now)
        if campaign.notices(tx).get(NOTICE, "") != words:
            campaign.notice(tx, NOTICE, words, now)
    return dropped


def forget_who(road: Road, tx: Transaction, erasure: Erasure) -> None:
    """Who asked is known no longer: the sealed value and its key go."""
    optouts.forget_asker(tx, erasure.reference)
    audit.write(tx, road.clock(), HOUSE, "erasure.asker_forgotten", erasure.reference)
