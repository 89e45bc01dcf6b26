"""Rows of the made-up campaign, as the arrows leave them: posts and what hangs on them. Writes none."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from benchmarks.campaign_world import words
from benchmarks.campaign_world.people import PLATFORMS, Kind, Plan, moment
from store.codec import to_json
from store.records.photo import Exif, FaceBox
from store.records.sighting import Evidence, EvidenceKind, FirstHand, PlaceKind, Where, WhereCandidate, Who

Row = dict[str, Any]
CASES = 40
MODEL = "made-up"
_TOWNS_ZH = [town for town in words.TOWNS if town.country == "CN"]
_TOWNS_EN = [town for town in words.TOWNS if town.country != "CN"]
_VIRAL_EVERY, _RECENT = 900, 4000


@dataclass(slots=True)
class Batch:
    """Rows by table."""

    rows: dict[str, list[Row]] = field(default_factory=dict)

    def add(self, table: str, **row: Any) -> None:
        """Keep a row for a table."""
        self.rows.setdefault(table, []).append(row)


@dataclass(slots=True)
class Maker:
    """Makes the rows of the plan's posts one after the other. `hourly` counts what sources brought."""

    plan: Plan
    rng: random.Random
    hourly: dict[tuple[str, str, datetime], int] = field(default_factory=dict)
    tally: dict[str, int] = field(default_factory=dict)
    _originals: list[int] = field(default_factory=list)
    _viral: list[int] = field(default_factory=list)
    _texts: dict[int, tuple[str, list[str]]] = field(default_factory=dict)

    def make(self, number: int, batch: Batch) -> None:
        """The rows of one post."""
        kind, author = Kind(int(self.plan.kind[number])), int(self.plan.author[number])
        if kind in (Kind.REPOST, Kind.COPY) and not self._originals:
            kind = Kind.CHAT
        post = self._post(number, kind, author)
        is_gone = kind is not Kind.REPOST and self.rng.random() < 0.008
        batch.add("posts", **(_wiped(post) if is_gone else self._doubted(post)))
        self._count("posts")
        self._count(f"kind {kind.name.lower()}")
        self._observe(batch, post)
        if kind is Kind.REPOST:
            batch.add("copies", post_key=post["key"], of_key=post["repost_of"], kind="repost")
        if is_gone:
            self._count("gone")
            why, at = "deleted by its author", post["received_at"] + timedelta(hours=3)
            batch.add("tombstones", post_key=post["key"], digest="0" * 64, why=why, at=at)
            return
        if kind is not Kind.REPOST:
            self._remember(number, post)
        if kind is Kind.CHAT and self.rng.random() < 0.0005:
            self._count("veiled")
            batch.add("veils", post_key=post["key"], kind="safeguarding", at=post["received_at"])
        self._looked(batch, number, kind, post)

    def _count(self, name: str, by: int = 1) -> None:
        self.tally[name] = self.tally.get(name, 0) + by

    def _doubted(self, post: Row) -> Row:
        """Now and then a post whose own time cannot be true."""
        if self.rng.random() >= 0.001:
            return post
        lie = "created_at lies before the platform began"
        return {**post, "created_at": datetime(1999, 1, 1, tzinfo=UTC), "problems": [lie]}

    def _remember(self, number: int, post: Row) -> None:
        self._originals.append(number)
        if len(self._originals) % _VIRAL_EVERY == 1:
            self._viral.append(number)
        if len(self._originals) > 2 * _RECENT:
            for old in self._originals[:_RECENT]:
                self._texts.pop(old, None)
            del self._originals[:_RECENT]
        self._texts[number] = (post["text"], post["hashtags"])

    def _earlier(self, *, with_text: bool) -> int:
        if self._viral and not with_text and self.rng.random() < 0.5:
            return self._viral[int(len(self._viral) * self.rng.random() ** 2)]
        return self.rng.choice(self._originals)

    def _post(self, number: int, kind: Kind, author: int) -> Row:
        platform, is_zh = PLATFORMS[int(self.plan.platform[author])], bool(self.plan.chinese[author])
        written = moment(self.plan.at_s[number])
        of = ""
        if kind is Kind.REPOST:
            of = self.key(self._earlier(with_text=False))
            text, tags = "", self._tags(is_zh, kind)
        elif kind is Kind.COPY:
            text, tags = self._texts[self._earlier(with_text=True)]
        else:
            tags = self._tags(is_zh, kind)
            text = self._text(number, kind, is_zh) + "".join(f" #{tag}" for tag in tags)
        received = written + timedelta(seconds=self.rng.choice((2, 7, 31, 65, 240, 900)))
        return {
            "key": self.key(number), "platform": platform, "native_id": str(number), "version": "",
            "author_id": f"a{author}", "author_handle": f"user{author}", "author_name": f"User {author}",
            "author_location": "", "author_signs": [], "text": text, "language": "zh" if is_zh else "en",
            "created_at": written, "received_at": received,
            "zone_offset_min": 480 if platform == "weibo" else None, "geotag": None, "place_tag": None,
            "hashtags": tags, "mentions": [], "repost_of": of, "reply_to": "", "quote_of": "",
            "visibility": "public", "content_warning": "", "sensitive": False, "edited_at": None,
            "permalink": f"https://{platform}.example/{number}", "raw": {"id": str(number)}, "problems": [],
            "may_match": True, "may_reply": False, "delete_by": None, "permit_why": [], "gone_at": None,
            "gone_why": "",
        }  # fmt: skip

    def key(self, number: int) -> str:
        """The key of a post by its number."""
        return f"{PLATFORMS[int(self.plan.platform[int(self.plan.author[number])])]}:made/{number:08}"

    def _tags(self, is_zh: bool, kind: Kind) -> list[str]:
        spellings = words.TAGS_ZH if is_zh else words.TAGS_EN
        first = self.rng.choices([s for s, _ in spellings], [w for _, w in spellings])[0]
        beside = {
            Kind.SIGHTING: (words.STREET, 0.35),
            Kind.PRIZE: (words.PRIZE, 1.0),
            Kind.HIJACK: (words.SHOP, 0.9),
        }.get(kind)
        if beside and self.rng.random() < beside[1]:
            return [first, beside[0]]
        if is_zh and self.rng.random() < 0.05:
            return [first, words.LATIN]
        return [first]

    def _text(self, number: int, kind: Kind, is_zh: bool) -> str:
        if kind is Kind.FLOOD:
            return words.FLOOD
        pool = {
            Kind.CHAT: words.CHAT_ZH if is_zh else words.CHAT_EN,
            Kind.SIGHTING: words.SEEN_ZH if is_zh else words.SEEN_EN,
            Kind.NEWS: words.NEWS_ZH if is_zh else words.NEWS_EN,
            Kind.NOTICE: words.NOTICE_ZH if is_zh else words.NOTICE_EN,
            Kind.PRIZE: words.PRIZES,
            Kind.HIJACK: words.HIJACK,
        }[kind]
        town = self._town(number, is_zh)
        values = {
            "when": self.rng.choice(words.WHENS_ZH if is_zh else words.WHENS_EN)[0],
            "place": town.said,
            "spot": self.rng.choice(words.SPOTS_ZH if is_zh else words.SPOTS_EN),
            "age": self.rng.randint(3, 13),
            "sex": self.rng.choice(("女孩", "男孩") if is_zh else ("girl", "boy")),
            "day": 1 + int(self.plan.at_s[number] // 86_400),
        }
        return self.rng.choice(pool).format(**values)

    @staticmethod
    def _town(number: int, is_zh: bool) -> words.Town:
        # The same post names the same town whenever it is asked: text and claim agree.
        towns = _TOWNS_ZH if is_zh else _TOWNS_EN
        return random.Random(number).choices(towns, [town.share for town in towns])[0]

    def _observe(self, batch: Batch, post: Row) -> None:
        source, at = f"{post['platform']}-main", post["received_at"]
        hour = at.replace(minute=0, second=0, microsecond=0)
        tags = [tag for tag in words.CAMPAIGN_TAGS if tag in post["hashtags"]] or [words.CAMPAIGN_TAGS[0]]
        for tag in tags:
            batch.add(
                "observations", post_key=post["key"], source=source, tag=tag, native_id=post["native_id"],
                seen_at=at,
            )  # fmt: skip
        for tag in ("", *tags):
            self.hourly[source, tag, hour] = self.hourly.get((source, tag, hour), 0) + 1

    def _looked(self, batch: Batch, number: int, kind: Kind, post: Row) -> None:
        share = {Kind.SIGHTING: 0.45, Kind.NOTICE: 0.8, Kind.NEWS: 0.5, Kind.HIJACK: 0.6, Kind.CHAT: 0.08}
        photo = ""
        if self.rng.random() < share.get(kind, 0.0):
            photo = f"{number:064x}"
            batch.add(
                "media", post_key=post["key"], position=0, url=f"https://files.example/{number}.jpg",
                kind="photo", fallbacks=[], alt_text="", referer="", given="", sensitive=False, state="kept",
                why="", photo=photo,
            )  # fmt: skip
            self._count("photos")
            batch.add(
                "photos", digest=photo, served="", mime="image/jpeg", size_bytes=90_000, width=900,
                height=1200, phash=f"{self.rng.getrandbits(64):016x}", exif=_NO_EXIF,
                kept_at=post["received_at"] + timedelta(seconds=20),
            )  # fmt: skip
        claim = self._claim(number, kind, post)
        if claim is not None:
            batch.add("sightings", **claim)
        if photo and kind is Kind.SIGHTING and self.rng.random() < 0.12:
            self._candidate(batch, number, post, photo)
        if kind is Kind.SIGHTING and self.rng.random() < 0.06:
            self._answered(batch, post)

    def _claim(self, number: int, kind: Kind, post: Row) -> Row | None:
        if kind is Kind.REPOST:
            return None
        hands = {Kind.SIGHTING: FirstHand.OWN, Kind.NEWS: FirstHand.NEWS, Kind.NOTICE: FirstHand.NOTICE}
        hand = hands.get(kind, FirstHand.OTHER)
        if kind is Kind.SIGHTING and self.rng.random() < 0.35:
            hand = FirstHand.PASSED_ON
        row: Row = {
            "post_key": post["key"], "where": _NOWHERE, "when": _NEVER, "who": _NOBODY,
            "first_hand": hand.value, "first_hand_why": "", "first_hand_weight": 0.8,
            "is_sighting": hand in (FirstHand.OWN, FirstHand.PASSED_ON),
            "seen_from": None, "seen_until": None, "lat": None, "lon": None, "radius_km": None, "place": "",
        }  # fmt: skip
        if kind is Kind.SIGHTING and self.rng.random() < 0.74:
            self._place(row, number, post)
        if kind is Kind.SIGHTING and self.rng.random() < 0.62:
            at = post["created_at"] - timedelta(hours=self.rng.choice((1, 3, 22, 44)))
            row["seen_from"], row["seen_until"] = at, at + timedelta(hours=2)
            row["when"] = _when(row["seen_from"], row["seen_until"])
        return row

    def _place(self, row: Row, number: int, post: Row) -> None:
        town = self._town(number, post["language"] == "zh")
        start = post["text"].find(town.said)
        evidence = Evidence(EvidenceKind.TEXT, "name", start, start + len(town.said), town.said)
        kind = PlaceKind.DISTRICT if town.district and self.rng.random() < 0.4 else PlaceKind.CITY
        name = town.district if kind is PlaceKind.DISTRICT else town.city
        radius = 8.0 if kind is PlaceKind.DISTRICT else 30.0
        best = WhereCandidate(
            name, kind, 0.8, evidence, town.lat, town.lon, radius, town.country, town.province, town.city,
            town.district if kind is PlaceKind.DISTRICT else "",
        )  # fmt: skip
        row |= {"where": to_json(Where((best,))), "lat": town.lat, "lon": town.lon, "radius_km": radius}
        row["place"] = name

    def _candidate(self, batch: Batch, number: int, post: Row, photo: str) -> None:
        case, draw = f"made-up/{self.rng.randint(1, CASES)}", self.rng.random()
        tier = "alert" if draw < 0.03 else "review" if draw < 0.6 else "set_aside"
        found = post["received_at"] + timedelta(seconds=self.rng.randint(20, 300))
        state = "open"
        verdict = {"possible": 0.05, "rejected": 0.7, "later": 0.05}
        if tier != "set_aside" and self.plan.at_s[number] < 20 * 86_400:
            states = [*verdict, "open"]
            state = self.rng.choices(states, [*verdict.values(), 0.2])[0]
        key = f"{photo}:0|{case}"
        batch.add(
            "faces", key=f"{photo}:0", photo=photo, box=_BOX, quality="good", quality_why="", crop_hash=""
        )
        batch.add(
            "matches", key=key, face_key=f"{photo}:0", post_key=post["key"], case_id=case, case_photo="",
            similarity=0.3 + 0.4 * self.rng.random(), rank=1, gallery_size=CASES, tier=tier,
            label="sighting", model=MODEL, fpir=None, score=None, looks="", age_gap_years=None, travel="",
            reasons=[], state=state, state_why="", found_at=found,
        )  # fmt: skip
        if state == "open":
            self._count(f"waiting:{tier}")
        said = {"possible": "possible", "rejected": "not_this_child", "later": "later"}.get(state)
        if said:
            at = found + timedelta(minutes=self.rng.choice((2, 9, 40, 180, 600)))
            by = f"reviewer{self.rng.randint(1, 12)}"
            batch.add("decisions", match_key=key, verdict=said, by=by, note="", undone=False, at=at)

    def _answered(self, batch: Batch, post: Row) -> None:
        drafted = post["received_at"] + timedelta(seconds=30)
        sent = drafted + timedelta(minutes=self.rng.choice((1, 4, 9, 60)))
        batch.add(
            "replies", key=f"receipt|{post['key']}", post_key=post["key"], purpose="receipt",
            platform=post["platform"], account="homeward", to_native_id=post["native_id"],
            to_handle=post["author_handle"], to_author=post["author_id"], text="Thank you.", language="en",
            visibility="direct", reference=f"R{post['native_id']}", idempotency_key="k", state="sent",
            level="auto", consent="named us", drafted_at=drafted, not_before=drafted,
            expires_at=drafted + timedelta(days=2), approved_by="", attempt=1, lease_until=None,
            receipt_id="1", receipt_url="", sent_at=sent, why="",
        )  # fmt: skip


_NO_EXIF, _BOX = to_json(Exif()), to_json(FaceBox(300, 300, 500, 540, (), 0.9))
_NOWHERE, _NOBODY = to_json(Where()), to_json(Who())
_NEVER: Row = {"candidates": [], "zone": "", "conflict": ""}
_SAID = to_json(Evidence(EvidenceKind.TEXT, "words", 0, 2, ""))


def _when(start: datetime, end: datetime) -> Row:
    candidate = {"start": to_json(start), "end": to_json(end), "weight": 0.7, "evidence": _SAID}
    return {"candidates": [candidate], "zone": "Asia/Shanghai", "conflict": ""}


def _wiped(post: Row) -> Row:
    """The post as a deletion leaves it."""
    blank: Row = {"text": "", "raw": {}, "author_name": "", "author_location": "", "author_id": ""}
    blank |= {"author_handle": "", "author_signs": [], "hashtags": [], "mentions": [], "language": ""}
    blank |= {"permalink": "", "zone_offset_min": None, "may_match": False, "may_reply": False}
    blank |= {"gone_at": post["received_at"] + timedelta(hours=3), "gone_why": "deleted by its author"}
    return {**post, **blank}
