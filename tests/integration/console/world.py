"""A small made-up installation for the console's tests: real store and services, nothing that looks outside.

Photos are drawn here; nobody is in them.
"""

from __future__ import annotations

import io
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, cast

from PIL import Image, ImageDraw

from bot import wiring
from bot.config import ChecklistItem
from bot.console.app import ConsoleSettings, build_app
from bot.engine.local import LocalEngine
from bot.match.inputs import Thresholds
from bot.observe import Metrics
from bot.pipeline.road import ReplyPlan, Road, RuleBook
from bot.rules.consent import OurAccount
from bot.senders.dry_run import DryRunSender
from bot.services import people
from store import cases, matches, migrate, photo_checks, photos, posts, sightings, sources
from store.blobs import MemoryBlobs
from store.db import Store, sqlite_url
from store.records.campaign import SourceHealth, SourceState
from store.records.case import Case, CasePhoto, CaseStatus, CaseStep, CaseType
from store.records.match import Label, Match, Reason, Tier
from store.records.permit import Legal, Permit
from store.records.photo import Face, FaceBox, FaceQuality, Photo, PhotoState
from store.records.post import Author, Media, Observation, Platform, Post
from store.records.quarantine import PhotoPrint
from store.records.reply import Level
from store.records.sighting import (
    Evidence,
    EvidenceKind,
    FirstHand,
    PlaceKind,
    Sighting,
    When,
    WhenCandidate,
    Where,
    WhereCandidate,
    Who,
)
from store.seal import SealKey
from tests import makers

START = datetime(2026, 5, 25, 8, 0, tzinfo=UTC)
ORIGIN = "http://127.0.0.1:8780"
CASE = "registry.example/7"
# `ada` does everything, as the one person of a small team; `root` runs the installation and sees no face.
STAFF: dict[str, str | tuple[str, ...]] = {
    "ada": people.EVERYDAY, "root": "admin", "rob": "reviewer", "rita": "registrar", "vera": "registrar",
}  # fmt: skip
TEXT = "@homeward@bot.example 今天下午三点在成都春熙路看到一个孩子 near the fountain"
PLACE, TIME = "成都春熙路", "今天下午三点"
NAMED = "mastodon:https://social.example/statuses/1"
UNNAMED = "mastodon:https://social.example/statuses/2"
ON_X = "x:900"


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, span: timedelta) -> None:
        self.now += span


def picture(seed: int, size: tuple[int, int] = (320, 240)) -> bytes:
    """A drawn JPEG, different for each seed, with fine stripes that only the clear version shows."""
    image = Image.new("RGB", size, (seed * 53 % 256, 90, seed * 91 % 256))
    draw = ImageDraw.Draw(image)
    for x in range(0, size[0], 4):
        draw.line([(x, 0), (x, size[1])], fill=(255, 255, 255) if x % 8 else (0, 0, 0))
    draw.ellipse([100, 60, 200, 180], fill=(220, 180, 150))
    out = io.BytesIO()
    image.save(out, "JPEG", quality=90)
    return out.getvalue()


@dataclass
class World:
    """The installation: its road, its clock, and the photos that were put in (original, served)."""

    road: Road
    clock: Clock
    originals: list[str] = field(default_factory=list)
    served: list[str] = field(default_factory=list)
    left_by: list[str] = field(default_factory=list)
    checklist: list[ChecklistItem] = field(default_factory=list)

    def app(self, *, sample: bool = False, **settings: Any) -> Any:
        """The console over it."""
        given: dict[str, Any] = {
            "sample": sample,
            "campaign_name": "Bring <them> home",
            "checklist": lambda: self.checklist,
            "leave_sample": self.left_by.append if sample else None,
        }
        return build_app(self.road, ConsoleSettings(**{**given, **settings}))

    def add_photo(self, seed: int) -> Photo:
        """A photo as the gate would leave it: original and served copy, both in the blobs."""
        original = self.road.blobs.put(b"original bytes with metadata %d" % seed)
        served = self.road.blobs.put(picture(seed))
        photo = Photo(original, served, "image/jpeg", 1000, 640, 480, f"{seed:016x}")
        with self.road.store.transaction() as tx:
            photos.put(tx, photo, self.clock())
            photo_checks.put(tx, PhotoPrint(original), lists="none", at=self.clock())
        self.originals.append(original)
        self.served.append(served)
        return photo

    def add_post(self, key: str, platform: Platform, seed: int | None = None, **changes: Any) -> Post:
        """A post with its sighting and, with `seed`, a photo that shows one face."""
        media = (Media("https://files.example/1.jpg", alt_text="a child <i>at</i> a fountain"),)
        post = Post(
            key=key, platform=platform, author=Author("17", "wei@social.example", "Wei"), text=TEXT,
            received_at=self.clock(), created_at=self.clock() - timedelta(minutes=5), native_id="1",
            language="zh", zone_offset_min=480, permalink="https://social.example/@wei/1",
            media=media if seed is not None else (), raw={"id": "1", "html": "<b>raw</b>"},
        )  # fmt: skip
        post = replace(post, **changes)
        with self.road.store.transaction() as tx:
            posts.put(tx, post, Permit(True, True, True), self.clock())
            posts.observe(tx, Observation(key, "mastodon", "HomewardTag", "1", self.clock()))
            sightings.put(tx, sighting_of(post))
        if seed is not None:
            photo = self.add_photo(seed)
            with self.road.store.transaction() as tx:
                posts.set_media(tx, key, 0, PhotoState.KEPT, photo=photo.digest)
                photos.put_faces(tx, [face(f"{photo.digest}:0", photo.digest)])
        return post

    def add_case(self, case_id: str = CASE, status: CaseStatus = CaseStatus.ACTIVE, seed: int = 50) -> Case:
        """A case with one registered photo, registered by `rita`, brought to `status` by `vera`."""
        case = Case(
            case_id, "Child <b>Seven</b>", type=CaseType.STRANGER, sex="female", date_of_birth="2014-05",
            last_seen_on=date(2020, 1, 2), last_seen_place="Chengdu", marks="scar on the left hand",
        )  # fmt: skip
        photo = self.add_photo(seed)
        with self.road.store.transaction() as tx:
            cases.add(tx, case, by="rita", at=self.clock(), evidence="police file 17")
            cases.put_photos(tx, [CasePhoto(case_id, photo.digest, 4.0)])
            held = CaseStatus.DRAFT
            for step in (CaseStatus.VERIFIED, CaseStatus.ACTIVE):
                if status is CaseStatus.DRAFT or held is status:
                    break
                cases.move(tx, CaseStep(case_id, step, "vera", self.clock(), "police"), expect=held)
                held = step
            photos.put_faces(tx, [face(f"case:{photo.digest}:0", f"case:{photo.digest}")])
            cases.set_face(tx, case_id, photo.digest, face_key=f"case:{photo.digest}:0", why="")
        return case

    def add_match(self, post_key: str, similarity: float = 0.61, **changes: Any) -> str:
        """A match of a post's face with the case."""
        with self.road.store.transaction() as tx:
            digest = str(posts.media_of(tx, post_key)[0].photo)
            registered = cases.photos_of(tx, CASE)[0].photo.digest
            match = Match(
                key=f"{digest}:0|{CASE}", face_key=f"{digest}:0", post_key=post_key, case_id=CASE,
                case_photo=registered, similarity=similarity, rank=1, gallery_size=3, tier=Tier.REVIEW,
                label=Label.SIGHTING, model="model-digest", age_gap_years=8.0, travel="8 km in 2 h: possible",
                reasons=(
                    Reason("face", 1.0, "the faces look alike"),
                    Reason("age", -0.5, "eight years lie between"),
                ),
            )  # fmt: skip
            match = replace(match, **changes)
            matches.put(tx, match, self.clock())
        return match.key

    def add_source(self, state: SourceState, detail: str = "") -> None:
        """A source in a state."""
        health = SourceHealth(
            "mastodon", "mastodon", state, detail, self.clock() - timedelta(seconds=90), self.clock()
        )
        with self.road.store.transaction() as tx:
            sources.report(tx, health)

    def token_of(self, name: str) -> str:
        """A one-time link's token for an account."""
        return people.link(self.road, name)


def face(key: str, photo: str) -> Face:
    """A face in the middle of the drawn picture."""
    marks = ((125.0, 110.0), (175.0, 110.0), (150.0, 130.0), (130.0, 155.0), (170.0, 155.0))
    return Face(key, photo, FaceBox(100, 60, 100, 120, marks, 0.95), FaceQuality.GOOD, "", f"{1:016x}")


def sighting_of(post: Post) -> Sighting:
    """Where and when, with the words of TEXT as evidence where the text has them."""

    def quote(words: str, rule: str) -> Evidence:
        at = post.text.find(words)
        return Evidence(EvidenceKind.TEXT, rule, at, at + len(words) if at >= 0 else -1, words)

    seen = datetime(2026, 5, 25, 7, 0, tzinfo=UTC)
    where = WhereCandidate(
        "春熙路", PlaceKind.STREET, 0.9, quote(PLACE, "gazetteer"), lat=30.6575, lon=104.0809, radius_km=0.4,
        zone="Asia/Shanghai",
    )  # fmt: skip
    vague = WhereCandidate("fountain", PlaceKind.LANDMARK, 0.1, quote("fountain", "landmark"))
    when = WhenCandidate(seen, seen + timedelta(hours=1), 0.8, quote(TIME, "day+hour"))
    return Sighting(
        post.key, Where((where, vague)), When((when,), "Asia/Shanghai"), Who(), FirstHand.OWN, "says so"
    )


def make_road(folder: Path, clock: Clock, store: Store | None = None) -> Road:
    """A road on a fresh database. What looks outside is None: the console must never touch it."""
    store = store or Store(sqlite_url(folder / "homeward.db"), clock=clock)
    migrate.migrate(store)
    nothing = cast(Any, None)
    return Road(
        store=store, blobs=MemoryBlobs(), engine=LocalEngine(store, clock), clock=clock,
        key=SealKey(b"thirty-two bytes for these tests"),
        rules=RuleBook(
            policies=wiring.policies(), permissions=(), legal=Legal("Tests", "NL", "made up", "x@y.example"),
            accounts={Platform.MASTODON: OurAccount("homeward@bot.example")}, thresholds=Thresholds(),
        ),
        plan=ReplyPlan(level=Level.DRY_RUN, hotlines={"NL": "116 000"}, country="NL"),
        fetcher=nothing, gate=nothing, faces=nothing, gallery=nothing, gazetteer=makers.no_places,
        pictures=nothing,
        senders={"mastodon": DryRunSender(Platform.MASTODON, "homeward@bot.example")},
        alerts=nothing, metrics=Metrics(),
    )  # fmt: skip


def make_world(folder: Path, store: Store | None = None) -> World:
    """Accounts, a case, two posts with a match each, a post on X without comparison."""
    clock = Clock()
    world = World(make_road(folder, clock, store), clock)
    for name, role in STAFF.items():
        people.add(world.road, name, role, by="tests")
    world.add_case()
    world.add_post(NAMED, Platform.MASTODON, 1, mentions=("homeward@bot.example",))
    world.add_post(UNNAMED, Platform.MASTODON, 2, author=Author("18", "mei@social.example"))
    world.add_post(ON_X, Platform.X, 3, permalink="javascript:alert(1)")
    world.add_match(NAMED)
    world.add_match(UNNAMED, 0.55)
    return world


def copy_world(made: World, folder: Path) -> World:
    """The same installation over the copy of its database in `folder`."""
    clock = Clock()
    road = make_road(folder, clock)
    for digest in (*made.originals, *made.served):
        road.blobs.put(made.road.blobs.get(digest))
    return World(road, clock, [*made.originals], [*made.served])
