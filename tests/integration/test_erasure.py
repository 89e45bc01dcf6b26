"""The desk of people who want to be forgotten: recorded, hidden, proved, decided, told; copies for them."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.pipeline import erasing, ingest, record_sealing
from bot.rules.erasing import OPEN, SENTENCES, codes_in, reminder
from bot.services import erasure, inbox, mailed, people, person_export
from store import campaign, cases, forgotten, matches, photos, posts, record_keys, sealed_places, veils
from store import tables as t
from store.errors import Missing, NotAllowed, Sealed, UsageError
from store.records.page import Page
from store.records.post import Author, GeoTag, Platform, Post, Visibility
from store.records.replying import AskedBy, Asker, ErasureState, Wants
from store.seal import SealKey
from tests import makers
from tests.desk import OURS, Desk, open_desk
from tests.unit.extract.fake_gazetteer import FakeGazetteer

ANA, BEN = Author("ana-id", "ana@a.example"), Author("ben-id", "ben@b.example")
pytestmark = pytest.mark.servers

CANARY = "Dreiundsiebzig storks at Fennmoor"
WHY = "asked by letter of 3 May, account proved"
M = Platform.MASTODON


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    opened = open_desk(tmp_path)
    opened.road.gazetteer = FakeGazetteer
    for name, role in (("ada", "admin"), ("oli", "organiser"), ("lia", "liaison")):
        people.add(opened.road, name, role, by="test")
    yield opened
    opened.road.store.close()


def post(desk: Desk, number: int, author: Author = ANA, **changes: object) -> Post:
    given: dict[str, object] = {
        "author": author, "text": f"{CANARY} {number}", "geotag": GeoTag(22.31, 114.17),
        "created_at": desk.clock(), "received_at": desk.clock(), "language": "en",
    }  # fmt: skip
    return makers.post(number, **(given | changes))


def take(desk: Desk, *found: Post) -> ingest.Taken:
    return ingest.take_page(desk.road, "mastodon", "Tag", Page(posts=found))


def ask(desk: Desk, **changes: object) -> erasure.Wish:
    given: dict[str, object] = {
        "by": "oli", "kind": Asker.AUTHOR, "way": AskedBy.MAIL, "platform": M, "handle": "@ana@A.example",
        "contact": "ana@mail.example",
    }  # fmt: skip
    return erasure.ask(desk.road, **(given | changes))  # type: ignore[arg-type]


def hidden(desk: Desk, key: str) -> bool:
    with desk.road.store.reading() as tx:
        return veils.ERASURE in veils.kinds_of(tx, key)


def stands(desk: Desk, key: str) -> bool:
    with desk.road.store.reading() as tx:
        return posts.stands(tx, key)


def everything(desk: Desk) -> str:
    with desk.road.store.reading() as tx:
        return " ".join(str(tuple(row)) for table in t.metadata.sorted_tables
                        for row in tx.execute(sa.select(table)))  # fmt: skip


def led(desk: Desk, key: str) -> None:
    """Somebody works on the post for a case: a match called possible."""
    with desk.road.store.transaction() as tx:
        tx.execute(sa.insert(t.matches).values(
            key=f"f|{key}", face_key="f", post_key=key, case_id="c", case_photo="p", similarity=0.5, rank=1,
            gallery_size=1, model="m", fpir=0.1, tier="review", label="sighting", reasons=[], stands_out=0.5,
            looks="", travel="", state=matches.POSSIBLE, state_why="", found_at=desk.clock(),
        ))  # fmt: skip


# ── asking and hiding ────────────────────────────────────────────────────────────────────────────


def test_an_answer_that_says_delete_is_a_proved_wish_and_hides_all_posts_of_its_author_at_once(
    desk: Desk,
) -> None:
    one, other = post(desk, 1), post(desk, 2, BEN)
    take(desk, one, other)
    desk.draft(9)
    desk.off()
    said = post(desk, 3, text="请删除我的数据", mentions=(OURS,), visibility=Visibility.DIRECT,
                reply_to="mastodon:fake.example#r1")  # fmt: skip
    take(desk, said)
    (wish,) = erasure.listing(desk.road)
    assert (wish.state, wish.proof, wish.way) == (ErasureState.PROVED, "account", AskedBy.ANSWER)
    assert wish.due_at - wish.asked_at == desk.road.plan.erasure_due
    assert hidden(desk, one.key) and not hidden(desk, other.key)
    view = erasure.show(desk.road, wish.reference)
    assert one.key in view.meant and other.key not in view.meant and not view.why_not


def test_a_mailed_wish_hides_at_once_and_counts_only_once_the_account_sent_its_code(desk: Desk) -> None:
    one = post(desk, 1)
    take(desk, one)
    wish = ask(desk)
    reference = wish.erasure.reference
    assert hidden(desk, one.key) and codes_in(f"here: {wish.who.code.lower()}") == (wish.who.code,)
    assert wish.who.code not in everything(desk) and "ana@mail" not in everything(desk)
    with pytest.raises(NotAllowed, match="not proved"):
        erasure.erase(desk.road, reference, by="oli")
    take(desk, post(desk, 5, BEN, text=f"code {wish.who.code}"))
    assert erasure.show(desk.road, reference).erasure.state == ErasureState.ASKED, "another account sent it"
    take(desk, post(desk, 6, ANA, text=f"code {wish.who.code}"))
    assert erasure.show(desk.road, reference).erasure.state == ErasureState.PROVED
    assert erasure.show(desk.road, reference).who.id == "ana-id"


def test_a_refused_wish_shows_again_what_it_hid_unless_another_wish_means_it(desk: Desk) -> None:
    one = post(desk, 1)
    take(desk, one)
    first, second = ask(desk), ask(desk)
    erasure.refuse(desk.road, first.erasure.reference, by="oli", why="the account is not theirs")
    assert hidden(desk, one.key)
    erasure.refuse(desk.road, second.erasure.reference, by="oli", why="the account is not theirs")
    assert not hidden(desk, one.key)
    with pytest.raises(NotAllowed, match="refused already"):
        erasure.refuse(desk.road, second.erasure.reference, by="oli", why="the account is not theirs")


@pytest.mark.parametrize("changes", [{"platform": None}, {"handle": " "}, {"kind": Asker.GUARDIAN}])
def test_a_wish_that_names_nothing_is_refused(desk: Desk, changes: dict[str, object]) -> None:
    with pytest.raises(UsageError, match="missing"):
        ask(desk, **changes)


# ── what stands beside a case ────────────────────────────────────────────────────────────────────


def test_a_wish_takes_nothing_from_under_the_eyes_of_who_works_on_a_case(desk: Desk) -> None:
    one, two = post(desk, 1), post(desk, 2)
    take(desk, one, two)
    led(desk, one.key)
    wish = ask(desk)
    assert not hidden(desk, one.key) and hidden(desk, two.key) and wish.beside_cases == (one.key,)
    take(desk, post(desk, 6, text=f"{wish.who.code}"))
    reference = wish.erasure.reference
    with pytest.raises(NotAllowed, match="beside a case"):
        erasure.erase(desk.road, reference, by="oli")
    with pytest.raises(NotAllowed, match="beside a case"):
        erasure.forget_person(desk.road, M, "ana@a.example", by="ada", why=WHY)
    erasure.let_go(desk.road, reference, by="oli")
    with pytest.raises(NotAllowed, match="second person"):
        erasure.let_go(desk.road, reference, by="oli")
    with pytest.raises(NotAllowed, match="beside a case"):
        erasure.erase(desk.road, reference, by="oli")
    erasure.let_go(desk.road, reference, by="ada")
    erasure.erase(desk.road, reference, by="oli")
    assert not stands(desk, one.key) and not stands(desk, two.key)


def test_with_a_hold_of_two_people_the_sealed_copy_outlives_the_deletion(desk: Desk) -> None:
    from bot.services import holds
    from store import holds as stored

    people.add(desk.road, "rita", "registrar", by="test")
    one = post(desk, 1)
    take(desk, one)
    led(desk, one.key)
    wish = ask(desk)
    take(desk, post(desk, 6, text=wish.who.code))
    until = desk.clock() + timedelta(days=30)
    placed = holds.place(desk.road, [one.key], basis="court order 3 Js 12/27", until=until, by="ada")
    with pytest.raises(NotAllowed, match="beside a case"):
        erasure.erase(desk.road, wish.erasure.reference, by="oli")
    holds.confirm(desk.road, placed.hold.id, by="rita")
    erasure.erase(desk.road, wish.erasure.reference, by="oli")
    with desk.road.store.reading() as tx:
        assert stored.sealed(tx, one.key) and not posts.stands(tx, one.key)


# ── who is pictured, guardians ───────────────────────────────────────────────────────────────────


def test_who_is_pictured_is_proved_by_a_document_that_two_people_saw_and_all_copies_go(desk: Desk) -> None:
    one, copy, other = post(desk, 1), post(desk, 2, BEN), post(desk, 3, BEN)
    media = (makers.media(),)
    take(desk, replace(one, media=media), replace(copy, media=media), other)
    digest = desk.road.blobs.put(b"a picture")
    with desk.road.store.transaction() as tx:
        photos.put(tx, makers.photo(digest=digest, served=desk.road.blobs.put(b"served")), desk.clock())
        for key in (one.key, copy.key):
            from store.records.photo import PhotoState

            posts.set_media(tx, key, 0, PhotoState.KEPT, photo=digest)
    wish = ask(desk, kind=Asker.GUARDIAN, platform=None, handle="", keys=[one.key])
    reference = wish.erasure.reference
    assert set(wish.meant) == {one.key, copy.key} and hidden(desk, copy.key) and not wish.who.code
    erasure.attest(desk.road, reference, by="oli", what="birth certificate, shows mother and child")
    with pytest.raises(NotAllowed, match="second person"):
        erasure.attest(desk.road, reference, by="oli", what="birth certificate, shows mother and child")
    proved = erasure.attest(desk.road, reference, by="ada", what="birth certificate, seen too")
    assert proved.erasure.state == ErasureState.PROVED and "oli and ada" in proved.erasure.proof
    _, report = erasure.erase(desk.road, reference, by="oli")
    assert report.went["posts"] == 2 and not report.left
    assert not stands(desk, copy.key) and stands(desk, other.key) and not desk.road.blobs.has(digest)


# ── forgetting ───────────────────────────────────────────────────────────────────────────────────


def test_forgetting_a_person_leaves_nothing_and_says_what_went_and_a_second_time_nothing_is_left(
    desk: Desk,
) -> None:
    one, other = post(desk, 1), post(desk, 2, BEN, text="something else")
    take(desk, one, other)
    report = erasure.forget_person(desk.road, M, "ana@a.example", by="ada", why=WHY)
    assert report.went["posts"] == 1 and report.went["exact places"] == 1 and not report.left
    assert {name for name, _ in report.kept} >= {"backups", "elsewhere"}
    assert (
        CANARY not in everything(desk) and "ana@a.example" not in everything(desk) and stands(desk, other.key)
    )
    again = erasure.forget_person(desk.road, M, "ana@a.example", by="ada", why=WHY)
    assert not again.went and not again.left
    with pytest.raises(UsageError, match="why"):
        erasure.forget_person(desk.road, M, "ana@a.example", by="ada", why="x")


def test_who_was_forgotten_is_taken_by_no_later_page_until_they_want_it(desk: Desk) -> None:
    take(desk, post(desk, 1))
    erasure.forget_person(desk.road, M, "ana@a.example", by="ada", why=WHY)
    taken = take(desk, post(desk, 7), post(desk, 1))
    assert taken.not_kept == {erasing.RULE: {post(desk, 7).key, post(desk, 1).key}}
    take(desk, post(desk, 8, replace(ANA, handle="renamed@a.example")))
    assert CANARY not in everything(desk), "known by the lasting id under any name"
    with pytest.raises(Missing):
        erasure.lift(desk.road, M, "nobody@a.example", by="ada", why=WHY)
    erasure.lift(desk.road, M, "ana@a.example", by="ada", why=WHY, author_id="ana-id")
    assert take(desk, post(desk, 9)).stored


def test_a_handle_of_two_accounts_has_to_be_told_apart(desk: Desk) -> None:
    take(desk, post(desk, 1), post(desk, 2, replace(ANA, id="other-id")))
    with pytest.raises(UsageError, match="2 accounts"):
        erasure.forget_person(desk.road, M, "ana@a.example", by="ada", why=WHY)
    erasure.forget_person(desk.road, M, "ana@a.example", by="ada", why=WHY, author_id="ana-id")
    assert not stands(desk, post(desk, 1).key) and stands(desk, post(desk, 2).key)


def test_single_posts_are_forgotten_and_what_never_was_is_missing(desk: Desk) -> None:
    take(desk, post(desk, 1), post(desk, 2))
    assert erasure.forget_posts(desk.road, [post(desk, 1).key], by="ada", why=WHY).went["posts"] == 1
    assert stands(desk, post(desk, 2).key)
    assert not erasure.forget_posts(desk.road, [post(desk, 1).key], by="ada", why=WHY).went
    with pytest.raises(Missing):
        erasure.forget_posts(desk.road, ["mastodon:nothing"], by="ada", why=WHY)


# ── telling, reminding ───────────────────────────────────────────────────────────────────────────


def test_once_told_nobody_can_say_any_more_who_asked(desk: Desk) -> None:
    take(desk, post(desk, 1))
    wish = ask(desk)
    take(desk, post(desk, 6, text=wish.who.code))
    reference = wish.erasure.reference
    with pytest.raises(NotAllowed, match="decided"):
        erasure.told(desk.road, reference, by="oli", how="by mail on 9 May")
    done, _ = erasure.erase(desk.road, reference, by="oli")
    assert done.who.contact == "ana@mail.example" and done.sentence.startswith("What we held")
    told = erasure.told(desk.road, reference, by="oli", how="by mail on 9 May")
    assert told.who == erasing.Who() and told.erasure.state == ErasureState.TOLD
    with desk.road.store.reading() as tx:
        assert record_keys.wrapped(tx, f"erasure:{reference}") is None


def test_people_are_reminded_by_numbers_alone_and_who_cannot_be_told_is_forgotten_in_time(desk: Desk) -> None:
    take(desk, post(desk, 1))
    wish = ask(desk)

    def said() -> str:
        erasing.tend(desk.road)
        with desk.road.store.reading() as tx:
            return campaign.notices(tx).get(erasing.NOTICE, "")

    assert said().startswith("1 wishes") and "is due on" in said() and "ana" not in said()
    desk.clock.tick(days=desk.road.plan.erasure_due.days - 2)
    assert "due soon" in said()
    desk.clock.tick(days=4)
    assert "is late" in said() and erasure.show(desk.road, wish.erasure.reference).is_late
    take(desk, post(desk, 6, text=wish.who.code))
    erasure.erase(desk.road, wish.erasure.reference, by="oli")
    assert "told" in said()
    desk.clock.tick(days=15)
    assert said() == "" and erasure.show(desk.road, wish.erasure.reference).who == erasing.Who()


def test_the_sentence_says_nothing_of_a_case_and_exists_in_every_language_of_ours(desk: Desk) -> None:
    assert set(SENTENCES) == set(desk.road.rules.catalogue.texts)
    for words in SENTENCES.values():
        assert "{hotline}" in words and not any(
            w in words.casefold() for w in ("child", "match", "face", "孩")
        )
    assert reminder([], 0, desk.clock()) == "" and ErasureState.DONE not in OPEN


# ── a copy for the person ────────────────────────────────────────────────────────────────────────


def test_a_copy_holds_all_of_the_person_and_nothing_of_others_and_needs_the_right(desk: Desk) -> None:
    take(desk, post(desk, 1), post(desk, 2, BEN, text="Ben's words"))
    led(desk, post(desk, 1).key)
    for name in ("ada", "oli"):
        with pytest.raises(NotAllowed):
            person_export.export(desk.road, M, "ana@a.example", by=name, why=WHY)
    made = person_export.export(desk.road, M, "ana@a.example", by="lia", why=WHY)
    with zipfile.ZipFile(io.BytesIO(made.data)) as pack:
        document = json.loads(pack.read("data.json"))
    text = json.dumps(document, ensure_ascii=False)
    assert made.counts["posts"] == 1 and CANARY in text and "114.17" in text
    assert "Ben" not in text and "possible" not in text and document["left_out"]
    with pytest.raises(Missing):
        person_export.export(desk.road, M, "nobody@a.example", by="lia", why=WHY)


def test_a_proved_wish_for_a_copy_hides_nothing_and_is_done_by_it(desk: Desk) -> None:
    take(desk, post(desk, 1))
    wish = ask(desk, wants=Wants.COPY)
    reference = wish.erasure.reference
    with pytest.raises(NotAllowed, match="proved"):
        person_export.of_wish(desk.road, reference, by="lia")
    take(desk, post(desk, 6, text=wish.who.code))
    assert not hidden(desk, post(desk, 1).key)
    with pytest.raises(NotAllowed, match="asks for a copy"):
        erasure.erase(desk.road, reference, by="oli")
    person_export.of_wish(desk.road, reference, by="lia")
    assert erasure.show(desk.road, reference).erasure.state == ErasureState.DONE


# ── keys of single rows ──────────────────────────────────────────────────────────────────────────


def test_a_sealed_place_opens_with_its_own_key_alone_and_never_again_once_that_is_destroyed(
    desk: Desk,
) -> None:
    take(desk, post(desk, 1))
    row, road = sealed_places.of_post(post(desk, 1).key), desk.road
    with road.store.transaction() as tx:
        kept = sealed_places.get(tx, row)
        assert kept is not None and record_sealing.is_own(kept)
        with pytest.raises(Sealed):
            road.key.open(kept, row=row)
        assert "114.17" in record_sealing.open_text(road, tx, kept, row=row)
        sealed_places.drop(tx, [row])
        with pytest.raises(Sealed, match="destroyed"):
            record_sealing.open_text(road, tx, kept, row=row)


def test_values_from_before_go_on_opening_and_are_brought_under_keys_of_their_own(desk: Desk) -> None:
    road = desk.road
    old = road.key.seal("an old contact", row="contact:c1")
    with road.store.transaction() as tx:
        cases.put_contact(tx, "c1", old, key_id=road.key.id, at=desk.clock())
        assert record_sealing.open_text(road, tx, old, row="contact:c1") == "an old contact"
    record_sealing.tend(road)
    with road.store.transaction() as tx:
        held = tx.execute(sa.select(t.case_contacts)).one()
        assert record_sealing.is_own(held.sealed) and held.key_id == record_sealing.RECORD
        assert record_sealing.open_text(road, tx, held.sealed, row="contact:c1") == "an old contact"
        tx.execute(sa.delete(t.case_contacts))
    record_sealing.tend(road)
    with road.store.reading() as tx:
        assert record_keys.wrapped(tx, "contact:c1") is None, "its row is gone, and so is its key"


def test_with_a_new_key_of_the_installation_only_the_wrappings_are_made_anew(desk: Desk) -> None:
    take(desk, post(desk, 1))
    row, road = sealed_places.of_post(post(desk, 1).key), desk.road
    road.contact_keys = (SealKey(b"n" * 32),)
    with road.store.transaction() as tx:
        before = sealed_places.get(tx, row)
        assert record_sealing.rewrap(road, tx, most=100) >= 1
        assert record_sealing.rewrap(road, tx, most=100) == 0
        assert sealed_places.get(tx, row) == before
        assert before is not None and "114.17" in record_sealing.open_text(road, tx, before, row=row)


def test_the_ledger_brings_keys_back_but_none_that_was_destroyed(desk: Desk) -> None:
    take(desk, post(desk, 1), post(desk, 2))
    road = desk.road
    one, two = (sealed_places.of_post(post(desk, n).key) for n in (1, 2))
    with road.store.transaction() as tx:
        sealed_places.drop(tx, [one])
        ledger = forgotten.collect(tx, road.key.digest, desk.clock())
        tx.execute(sa.delete(t.record_keys))
        assert forgotten.bring_back_keys(tx, ledger) >= 1
        assert record_keys.wrapped(tx, one) is None and record_keys.wrapped(tx, two)


# ── mails ────────────────────────────────────────────────────────────────────────────────────────


def test_a_mail_in_the_inbox_becomes_a_wish_and_leaves_no_file_and_names_its_account_later(
    desk: Desk, tmp_path: Path
) -> None:
    box = tmp_path / "inbox"
    box.mkdir()
    mail = box / "wish.eml"
    mail.write_text("From: Ana <ana@mail.example>\nSubject: my posts\n\nPlease delete my data.\n")
    take(desk, post(desk, 1))
    desk.clock.now = datetime.now(UTC) + timedelta(days=1)
    assert inbox.sweep(desk.road, box) == 1 and not list(box.rglob("*.eml"))
    (wish,) = erasure.listing(desk.road)
    view = erasure.show(desk.road, wish.reference)
    assert "ana@mail.example" in view.who.contact and "delete" in view.who.words and not view.who.code
    assert "ana@mail.example" not in everything(desk)
    named = erasure.identify(desk.road, wish.reference, by="oli", platform=M, handle="ana@a.example")
    assert named.who.code and hidden(desk, post(desk, 1).key)


NOT_MAILS = (
    b"",
    b"\xff\xfe\x00",
    b"From: =?x?q?=\nSubject: \xff\n\n",
    b"Content-Type: multipart/mixed; boundary=\n\n--",
    b"Content-Type: text/plain; charset=nothing\n\nx",
)


@pytest.mark.parametrize("data", NOT_MAILS)
def test_a_hostile_mail_is_recorded_without_words_and_breaks_nothing(
    desk: Desk, tmp_path: Path, data: bytes
) -> None:
    (tmp_path / "x.eml").write_bytes(data)
    assert mailed.take(desk.road, tmp_path / "x.eml")
    assert len(erasure.listing(desk.road)) == 1
