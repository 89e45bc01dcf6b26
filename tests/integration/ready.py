"""Shared by integration tests: one face model, copies of an installation, posts made from the sample's."""

from __future__ import annotations

import io
import json
import shutil
from collections.abc import Callable
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from PIL import Image

from bot.faces.fusion import FusedModel
from bot.services import cases as registry
from bot.services import importing, people, registering
from bot.wiring import Built
from store import tables as t
from store.records.case import Case
from store.records.imports import Basis, Statement
from store.records.registry import AuthorityKind, Relation, Standing
from tests.integration.conftest import SAMPLE

PORTRAIT = SAMPLE / "posts" / "photos" / "5f1d0c7a.jpg"
STREET = SAMPLE / "posts" / "photos" / "70c4d2bb.jpg"
# The registered photo of the person whom PORTRAIT shows.
REGISTERED = SAMPLE / "photos" / "person-1.jpg"
MADE_UP = Statement("these tests", Basis.FICTIONAL)


@cache
def model() -> FusedModel:
    """The default face model, loaded once."""
    return FusedModel(threads=1)


def quick(built: Built) -> Built:
    """The installation with the shared model."""
    built.road.faces = model
    return built


def copied(template: Path, to: Path) -> Path:
    """A copy of a closed data folder."""
    shutil.copytree(template, to, dirs_exist_ok=True)
    return to


def again(picture: bytes, *, scale: float = 0.9, quality: int = 70) -> bytes:
    """The same picture as other bytes: smaller and more coarsely packed."""
    image = Image.open(io.BytesIO(picture))
    out = io.BytesIO()
    size = (round(image.width * scale), round(image.height * scale))
    image.resize(size, Image.Resampling.LANCZOS).convert("RGB").save(out, "JPEG", quality=quality)
    return out.getvalue()


def mastodon_status(number: int, photo: str = "", **changes: Any) -> dict[str, Any]:
    """A status in the platform's own form, made from the sample's."""
    status: dict[str, Any] = json.loads((SAMPLE / "posts" / "mastodon.json").read_text())[0]
    ident = str(115600000000009000 + number)
    status |= {"id": ident, "uri": f"https://sample.example/users/lin_sample/statuses/{ident}"}
    status["url"] = f"https://sample.example/@lin_sample/{ident}"
    if photo:
        status["media_attachments"][0] |= {
            "id": f"{ident}0", "url": f"https://files.sample.example/{photo}",
            "preview_url": f"https://files.sample.example/small/{photo}",
        }  # fmt: skip
    else:
        status["media_attachments"] = []
    return status | changes


def x_answer(number: int, photo: str) -> dict[str, Any]:
    """An X v2 answer with one post and one photo, made from the sample's."""
    answer: dict[str, Any] = json.loads((SAMPLE / "posts" / "x.json").read_text())
    ident = str(1990000000000009000 + number)
    answer["data"][0] |= {"id": ident, "edit_history_tweet_ids": [ident]}
    answer["includes"]["media"][0]["url"] = f"https://pbs.twimg.com/media/{photo}"
    answer["meta"] |= {"newest_id": ident, "oldest_id": ident}
    return answer


def bring_in(built: Built, folder: Path, name: str, payload: Any, **photos: bytes) -> importing.ImportReport:
    """Import a payload with photos beside it; keyword `p1=…` becomes `p1.jpg`."""
    (folder / "photos").mkdir(parents=True, exist_ok=True)
    for photo, data in photos.items():
        (folder / "photos" / f"{photo}.jpg").write_bytes(data)
    (folder / f"{name}.json").write_text(json.dumps(payload))
    return importing.import_paths(built.road, [folder / f"{name}.json"], by="test", statement=MADE_UP)


def staff(built: Built) -> None:
    """Two people who can stand behind a case, and a reviewer."""
    for name, role in (("ana", "registrar"), ("ben", "registrar"), ("rita", "reviewer")):
        people.add(built.road, name, role, by="test")


def case(number: int = 1, **changes: Any) -> Case:
    """A case whose every field is filled in enough to be searched."""
    given: dict[str, Any] = {
        "id": f"reg.example/{number}", "full_name": f"Child {number}", "source_name": "reg.example",
        "source_id": str(number), "sex": "male", "date_of_birth": "1990",
    }  # fmt: skip
    return Case(**given | changes)


def standing(case_id: str, **changes: Any) -> Standing:
    """What a search may rest on, nothing left out."""
    given: dict[str, Any] = {
        "authority": AuthorityKind.POLICE, "authority_reference": "ref. 12/345", "relation": Relation.PARENT,
        "relation_evidence": "birth certificate seen", "photo_consent_by": "her mother",
        "photo_consent_on": date(2020, 1, 2), "adult_basis": "an adult, who agreed to be searched for",
    }  # fmt: skip
    return Standing(case_id, **given | changes)


def activate(built: Built, number: int = 1, *, photo: Path = REGISTERED, age: float = 31) -> str:
    """Register, verify and activate a case; gives its id."""
    made = case(number)
    registry.add(built.road, made, [registry.read_photo(photo, age)], by="ana")
    registering.set_standing(built.road, standing(made.id), by="ana")
    registry.verify(built.road, made.id, by="ben", evidence="police ref. 1")
    registry.activate(built.road, made.id, by="ben")
    return made.id


def rows(built: Built, query: Any) -> list[Any]:
    """All rows of a query."""
    with built.road.store.reading() as tx:
        return list(tx.execute(query).all())


def count(built: Built, table: sa.Table, where: Any = None) -> int:
    """How many rows a table has."""
    query = sa.select(sa.func.count()).select_from(table)
    query = query if where is None else query.where(where)
    with built.road.store.reading() as tx:
        return int(tx.execute(query).scalar_one())


def photo_digests(built: Built, post_key: str) -> list[str]:
    """The kept photos of a post."""
    where = (t.media.c.post_key == post_key) & t.media.c.photo.is_not(None)
    return [row.photo for row in rows(built, sa.select(t.media.c.photo).where(where))]


def face_keys(built: Built, post_key: str) -> list[str]:
    """The faces found in the kept photos of a post."""
    where = t.faces.c.photo.in_(photo_digests(built, post_key))
    return [row.key for row in rows(built, sa.select(t.faces.c.key).where(where))]


Build = Callable[..., Built]
