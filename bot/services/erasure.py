"""The desk of people who want to be forgotten or to see what is held: recorded, proved, decided, told.

What is hidden at once and what counts as proof is bot/pipeline/erasing.py; what deletes is
bot/pipeline/forgetting_people.py. Nothing here writes to a platform.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.pipeline import erasing, forgetting_people, holding, optouts
from bot.pipeline.erasing import Who
from bot.pipeline.forgetting_people import Report
from bot.pipeline.road import Road
from bot.rules import compose
from bot.rules import erasing as rules
from bot.rules.holds import Cover
from bot.rules.words import pick_language
from bot.services.optouts import MIN_WHY_CHARS
from store import audit, forgotten, posts
from store import erasing as stored
from store import optouts as rows
from store.db import Transaction
from store.errors import Missing, NotAllowed, UsageError
from store.records.post import Author, Platform
from store.records.replying import AskedBy, Asker, Erasure, ErasureState, Wants

MOST_WORDS = 4000
MOST_POSTS = 50


@dataclass(frozen=True, slots=True)
class Wish:
    """A wish as the desk sees it.

    `meant` are the posts it is about, `beside_cases` those of them on which people work for a case and
    which no confirmed hold covers, `sentence` what the person may be told once it is done.
    """

    erasure: Erasure
    who: Who
    meant: tuple[str, ...]
    beside_cases: tuple[str, ...]
    is_late: bool
    sentence: str
    why_not: str


def listing(road: Road) -> list[Erasure]:
    """All wishes, open ones first, what is due first on top. Opens no seal."""
    with road.store.reading() as tx:
        return rows.erasures(tx)


def show(road: Road, reference: str) -> Wish:
    """One wish. Raises Missing."""
    with road.store.reading() as tx:
        return _view(road, tx, rows.erasure(tx, reference))


def _view(road: Road, tx: Transaction, erasure: Erasure) -> Wish:
    who = erasing.who_of(road, tx, erasure)
    keys = erasing.meant(tx, erasure, who)
    beside = _uncovered(road, tx, stored.beside_cases(tx, keys))
    late = rules.late_by(erasure, road.clock()) is not None
    why_not = rules.may_not_erase(erasure, beside_cases=len(beside))
    return Wish(erasure, who, tuple(keys), tuple(beside), late, sentence(road, who), why_not)


def _uncovered(road: Road, tx: Transaction, keys: Sequence[str]) -> list[str]:
    """Those of the posts of which no hold that two people stand behind would keep a sealed copy."""
    return [key for key in keys if holding.cover_of(road, tx, key) is not Cover.FULL]


def sentence(road: Road, who: Who) -> str:
    """The one safe sentence, in the language of who asked."""
    language = pick_language(who.language, who.words).value
    words = rules.SENTENCES[language]
    plan, catalogue = road.plan, road.rules.catalogue
    return words.format(hotline=catalogue.hotline(plan.country, plan.hotlines, language))


# ── recording ────────────────────────────────────────────────────────────────────────────────────


def ask(
    road: Road,
    *,
    by: str,
    kind: Asker,
    way: AskedBy,
    wants: Wants = Wants.ERASE,
    platform: Platform | None = None,
    handle: str = "",
    author_id: str = "",
    keys: Sequence[str] = (),
    contact: str = "",
    words: str = "",
) -> Wish:
    """Record a wish that came by mail, by telephone or over the counter; what it means is hidden at once.

    An author names an account and gets a code to send from it; who is pictured, or a guardian, names posts.
    Raises UsageError for a wish that names nothing, Missing for a post that is not stored.
    """
    plain, named = (
        handle.strip().lstrip("@＠"),
        tuple(dict.fromkeys(key.strip() for key in keys if key.strip())),
    )
    _check(kind, platform, plain or author_id.strip(), named)
    now = road.clock()
    code = "" if rules.needs_document(kind) else _code()
    reference = compose.reference(road.key.derived("erasure"), f"desk {secrets.token_hex(16)}")
    where = platform.value if platform is not None else ""
    wish = Erasure(
        reference, where, b"", "", now, now + road.plan.erasure_due, kind=kind, way=way, wants=wants,
        state=ErasureState.ASKED, code=erasing.code_digest(road, code) if code else "",
    )  # fmt: skip
    said, reach = words.strip()[:MOST_WORDS], contact.strip()[:400]
    who = Who(author_id.strip(), plain, posts=named, contact=reach, words=said, code=code)
    with road.store.transaction(durable=True) as tx:
        for key in named:
            if not posts.stands(tx, key):
                raise Missing(key, "is not a post that stands here")
        made = erasing.put(road, tx, wish, who, by=by)
        assert made is not None  # Its reference was drawn just now.
        return _view(road, tx, made)


def _check(kind: Asker, platform: Platform | None, account: str, keys: Sequence[str]) -> None:
    if kind is Asker.AUTHOR and (platform is None or not account):
        raise UsageError("account", "is missing; an author is known by platform and name or lasting id")
    if kind is not Asker.AUTHOR and not keys:
        raise UsageError("posts", "are missing; name the posts that picture the person, one a line")
    if len(keys) > MOST_POSTS:
        raise UsageError("posts", f"are {len(keys)}; at most {MOST_POSTS} at once")


def _code() -> str:
    drawn = "".join(secrets.choice(compose.ALPHABET) for _ in range(rules.CODE_LENGTH))
    return f"{rules.PREFIX}{drawn}"


# ── proof ────────────────────────────────────────────────────────────────────────────────────────


def attest(road: Road, reference: str, *, by: str, what: str) -> Wish:
    """Say which document proved the wish. It counts once two people have seen it; no copy of it is kept.

    Raises Missing, UsageError without words, NotAllowed for the same person twice, Conflict.
    """
    _need(what, "what", "say which document you saw and what it shows, without its number")
    with road.store.transaction(durable=True) as tx:
        held = rows.erasure(tx, reference)
        words = rules.may_not_see(held, by)
        if words:
            raise NotAllowed(reference, words)
        if not held.seen_by:
            rows.change_erasure(tx, held, {"seen_by": by, "proof": what.strip()[:MOST_WORDS]})
            audit.write(tx, road.clock(), by, "erasure.document_seen", reference)
        else:
            who = erasing.who_of(road, tx, held)
            proof = f"{held.proof} (seen by {held.seen_by} and {by})"
            erasing.prove(road, tx, held, who, proof=proof, by=by)
        return _view(road, tx, rows.erasure(tx, reference))


# ── deciding ─────────────────────────────────────────────────────────────────────────────────────


def let_go(road: Road, reference: str, *, by: str) -> Wish:
    """Agree that posts that stand beside a case may go without a hold; two people have to.

    Raises Missing, NotAllowed for the same person twice, Conflict.
    """
    with road.store.transaction(durable=True) as tx:
        held = rows.erasure(tx, reference)
        if held.state != ErasureState.PROVED:
            raise NotAllowed(reference, f"is {held.state}; only a proved wish is decided about")
        if held.let_go_by == by or held.let_go_with:
            raise NotAllowed(reference, "was agreed to by you already; a second person has to agree")
        values = {"let_go_with": by} if held.let_go_by else {"let_go_by": by}
        rows.change_erasure(tx, held, values)
        audit.write(tx, road.clock(), by, "erasure.evidence_let_go", reference, second=bool(held.let_go_by))
        return _view(road, tx, rows.erasure(tx, reference))


def erase(road: Road, reference: str, *, by: str) -> tuple[Wish, Report]:
    """Carry a proved wish out: everything of the author goes, or the posts that picture the person.

    Raises Missing, NotAllowed with the reason where it may not be yet, UsageError, Conflict. When it was
    interrupted it is called again.
    """
    with road.store.reading() as tx:
        view = _view(road, tx, rows.erasure(tx, reference))
    if view.why_not:
        raise NotAllowed(reference, view.why_not)
    who, held = view.who, view.erasure
    if held.kind == Asker.AUTHOR:
        report = forgetting_people.person(road, Platform(held.platform), who.id, who.handle, by=by)
    else:
        report = forgetting_people.single(road, view.meant, by=by)
    with road.store.transaction(durable=True) as tx:
        note = ", ".join(f"{number} {kind}" for kind, number in report.went.items()) or "nothing was held"
        rows.finish_erasure(tx, reference, by=by, note=note, at=road.clock())
        audit.write(tx, road.clock(), by, "erasure.done", reference, went=report.went)
        return _view(road, tx, rows.erasure(tx, reference)), report


def refuse(road: Road, reference: str, *, by: str, why: str) -> Wish:
    """Refuse a wish with a reason that the person may read; what it hid is shown again.

    Raises Missing, UsageError, NotAllowed for one that is done.
    """
    _need(why, "why", "say why it is refused; the person may ask for the reason")
    with road.store.transaction(durable=True) as tx:
        held = rows.erasure(tx, reference)
        if held.state not in rules.OPEN:
            raise NotAllowed(reference, f"is {held.state} already")
        who = erasing.who_of(road, tx, held)
        erasing.show_again(road, tx, held, who)
        values = {"state": ErasureState.REFUSED.value, "note": why.strip(), "code": "", "done_by": by}
        rows.change_erasure(tx, held, values | {"done_at": road.clock()})
        audit.write(tx, road.clock(), by, "erasure.refused", reference)
        return _view(road, tx, rows.erasure(tx, reference))


def told(road: Road, reference: str, *, by: str, how: str) -> Wish:
    """Say that the person was told, and how; who it was is known no longer afterwards.

    Raises Missing, UsageError, NotAllowed for one that is not done.
    """
    _need(how, "how", "say by which way the person was told, or why that could not be")
    with road.store.transaction(durable=True) as tx:
        held = rows.erasure(tx, reference)
        if held.state not in (ErasureState.DONE, ErasureState.REFUSED):
            raise NotAllowed(reference, f"is {held.state}; people are told once it is decided")
        is_done = held.state == ErasureState.DONE
        values: dict[str, object] = {"told_by": by, "told_at": road.clock()}
        rows.change_erasure(tx, held, values | ({"state": ErasureState.TOLD.value} if is_done else {}))
        erasing.forget_who(road, tx, held)
        audit.write(tx, road.clock(), by, "erasure.told", reference, how=how.strip()[:200])
        return _view(road, tx, rows.erasure(tx, reference))


def identify(road: Road, reference: str, *, by: str, platform: Platform, handle: str) -> Wish:
    """Name the account that a mailed wish is about; the code for it is made. Raises Missing, NotAllowed."""
    with road.store.transaction(durable=True) as tx:
        held = rows.erasure(tx, reference)
        who = erasing.who_of(road, tx, held)
        if held.state != ErasureState.ASKED or held.kind != Asker.AUTHOR:
            raise NotAllowed(reference, "names its account already, or needs none")
        plain, code = handle.strip().lstrip("@＠"), _code()
        _check(Asker.AUTHOR, platform, plain, ())
        who = replace(who, id="", handle=plain, code=code)
        sealed = erasing.reseal(road, tx, held, who)
        values: dict[str, object] = {"platform": platform.value, "code": erasing.code_digest(road, code)}
        rows.change_erasure(tx, held, values | {"sealed": sealed, "key_id": erasing.KEY_ID})
        made = rows.erasure(tx, reference)
        hidden = erasing.hide(road, tx, made, who) if made.wants == Wants.ERASE else 0
        audit.write(tx, road.clock(), by, "erasure.account_named", reference, hidden=hidden)
        return _view(road, tx, made)


# ── without a wish: the operator's own word ──────────────────────────────────────────────────────


def forget_person(
    road: Road, platform: Platform, account: str, *, by: str, why: str, author_id: str = ""
) -> Report:
    """Forget an author on somebody's word. Posts beside a case need a hold or a wish with two people.

    Raises UsageError without a reason, NotAllowed for posts that two people have to let go.
    """
    _need(why, "why", "say who asked and how it was proved")
    plain = account.strip().lstrip("@＠")
    _check(Asker.AUTHOR, platform, plain or author_id, ())
    with road.store.transaction(durable=True) as tx:
        who = forgetting_people.held_of(road, tx, platform, author_id, plain)
        _only_free(road, tx, stored.posts_of(tx, who.platform, who.ids, who.handles))
        person = optouts.digest(road, platform, Author(author_id, plain))[:16]
        audit.write(tx, road.clock(), by, "person.forget_asked", person, why=why.strip())
    return forgetting_people.person(road, platform, author_id, plain, by=by)


def forget_posts(road: Road, keys: Sequence[str], *, by: str, why: str) -> Report:
    """Forget single posts. Raises as `forget_person`, and Missing for a post that was never stored."""
    _need(why, "why", "say who asked and on what ground")
    with road.store.transaction(durable=True) as tx:
        for key in keys:
            if not posts.has(tx, key):
                raise Missing(key, "is not a stored post")
        _only_free(road, tx, [key for key in keys if posts.stands(tx, key)])
        audit.write(tx, road.clock(), by, "posts.forget_asked", str(len(keys)), why=why.strip())
    return forgetting_people.single(road, list(keys), by=by)


def lift(road: Road, platform: Platform, account: str, *, by: str, why: str, author_id: str = "") -> None:
    """An author who was forgotten may be collected again: they said so. Raises UsageError, Missing."""
    _need(why, "why", "say how the person said so")
    names = forgotten.author_digests(road.key.digest, platform.value, author_id, account)
    with road.store.transaction(durable=True) as tx:
        if not forgotten.drop_author(tx, names):
            raise Missing(account, "is not among those who are to stay forgotten")
        person = optouts.digest(road, platform, Author(author_id, account))[:16]
        audit.write(tx, road.clock(), by, "person.may_be_collected", person, why=why.strip())


def _only_free(road: Road, tx: Transaction, keys: Sequence[str]) -> None:
    beside = _uncovered(road, tx, stored.beside_cases(tx, keys))
    if beside:
        words = (
            f"{len(beside)} of the posts stand beside a case; record the wish at the desk, where two people "
        )
        raise NotAllowed("forget", f"{words}place a hold on them or agree that they may go")


def _need(words: str, name: str, hint: str) -> None:
    if len(words.strip()) < MIN_WHY_CHARS:
        raise UsageError(name, f"is missing; {hint}")
