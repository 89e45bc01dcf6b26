"""Small records for tests, with only what a test cares about spelled out."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from store.errors import Missing
from store.records.case import Case
from store.records.match import Label, Match, Tier
from store.records.permit import Permit
from store.records.photo import Exif, Face, FaceBox, FaceQuality, Photo
from store.records.post import Author, Media, Platform, Post
from store.records.reply import Level, Purpose, Reply, ReplyState
from tests.stores import START

ALL = Permit(True, True, True)


def no_places() -> Any:
    """The gazetteer of an installation that has none yet."""
    raise Missing("places", "are not built yet")


def post(number: int = 1, **changes: Any) -> Post:
    """A Mastodon post."""
    made = Post(
        key=f"mastodon:https://a.example/users/ana/statuses/{number}",
        platform=Platform.MASTODON,
        author=Author("ana-id", "ana@a.example", "Ana"),
        text=f"A child at the station {number} #Tag",
        received_at=START,
        created_at=START,
        native_id=str(number),
        hashtags=("Tag",),
        raw={"id": str(number)},
    )
    return replace(made, **changes)


def media(name: str = "a.jpg", **changes: Any) -> Media:
    """A photo attachment."""
    return replace(Media(f"https://files.example/{name}"), **changes)


def photo(letter: str = "a", **changes: Any) -> Photo:
    """A kept photo whose digest is one letter 64 times."""
    made = Photo(letter * 64, letter * 63 + "0", "image/jpeg", 1000, 640, 480, "00" * 8, Exif())
    return replace(made, **changes)


def face(of: Photo, index: int = 0, **changes: Any) -> Face:
    """A face of a photo."""
    box = FaceBox(10, 10, 90, 110, ((20, 30), (60, 30), (40, 50), (25, 80), (60, 80)), 0.9)
    return replace(Face(f"{of.digest}:{index}", of.digest, box, FaceQuality.GOOD, "", "0f" * 8), **changes)


def case(number: int = 1, **changes: Any) -> Case:
    """A case."""
    return replace(
        Case(f"reg.example/{number}", f"Child {number}", source_name="reg.example", source_id=str(number)),
        **changes,
    )


def match(of: Face, post_key: str, case_id: str = "reg.example/1", **changes: Any) -> Match:
    """A match."""
    made = Match(
        key=f"{of.key}|{case_id}", face_key=of.key, post_key=post_key, case_id=case_id, case_photo="c" * 64,
        similarity=0.7, rank=1, gallery_size=3, tier=Tier.REVIEW, label=Label.SIGHTING, model="m",
    )  # fmt: skip
    return replace(made, **changes)


def reply(post_key: str = "mastodon:https://a.example/users/ana/statuses/1", **changes: Any) -> Reply:
    """A drafted outbox row."""
    made = Reply(
        key=f"receipt|{post_key}",
        post_key=post_key,
        purpose=Purpose.RECEIPT,
        platform="mastodon",
        account="homeward@b.example",
        to_native_id="1",
        to_handle="ana@a.example",
        text="@ana@a.example Thank you. Ref. ABC234",
        language="en",
        visibility="direct",
        reference="ABC234",
        idempotency_key="k",
        state=ReplyState.DRAFTED,
        level=Level.AUTO,
        consent="named us",
        drafted_at=START,
        not_before=START,
        expires_at=START.replace(day=28),
    )
    return replace(made, **changes)
