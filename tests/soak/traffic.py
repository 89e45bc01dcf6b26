"""Campaign traffic, made up: who writes what with which picture, written to a server on loopback.

Everything comes from one seed. Says what was written, so that it can be compared; decides nothing.
"""

from __future__ import annotations

import io
import random
import threading
import time
from dataclasses import dataclass, field

import httpx
import numpy as np
from PIL import Image

from tests.integration.conftest import SAMPLE
from tests.servers.mastodon import BOT, MastodonDesk, further_poster

SIGHTINGS = (
    "I saw a boy alone at the east gate of the station this morning #{tag}",
    "刚才在火车站东口看到一个孩子，穿红色外套 #{tag}",
    "A girl of about six at the market, yesterday around 5pm, she looked lost #{tag}",
    "昨天下午三点在人民广场见过他 #{tag}",
)
CHATTER = (
    "Please share, every pair of eyes helps #{tag}",
    "转发！希望孩子早日回家 #{tag}",
    "My heart goes out to the family #{tag}",
    "Does anybody know more about this? #{tag}",
)
SHARE_PHOTO, SHARE_SIGHTING, SHARE_ASKING = 0.3, 0.4, 0.1
PEOPLE = 200


@dataclass(slots=True)
class Written:
    """One post as it was written: the server's id, and whether it named our bot."""

    ident: str
    asked: bool


@dataclass(slots=True)
class Traffic:
    """Writes `per_min` posts a minute in a thread of its own until it is stopped."""

    desk: MastodonDesk
    photo_netloc: str
    tag: str
    per_min: float
    seed: int
    written: list[Written] = field(default_factory=list)
    photos: int = 0
    troubles: int = 0
    _stop: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to write."""
        self._thread = threading.Thread(target=self._run, name="traffic", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Write no more; what was begun is written."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(60)

    def _run(self) -> None:
        draw = random.Random(self.seed)
        pictures = [Image.open(p).convert("RGB") for p in sorted((SAMPLE / "posts" / "photos").glob("*.jpg"))]
        with httpx.Client(base_url=self.desk.base_url, timeout=30, trust_env=False) as http:
            due = time.monotonic()
            while not self._stop.is_set():
                try:
                    self.written.append(self._one(draw, http, pictures))
                except httpx.HTTPError:
                    self.troubles += 1
                due += draw.expovariate(self.per_min / 60)
                self._stop.wait(max(0.0, due - time.monotonic()))

    def _one(self, draw: random.Random, http: httpx.Client, pictures: list[Image.Image]) -> Written:
        values: dict[str, str] = {}
        writer = {"Authorization": f"Bearer {further_poster(draw.randint(1, PEOPLE))[1]}"}
        if draw.random() < SHARE_PHOTO:
            values["media_ids[]"] = self._upload(http, writer, varied(draw, draw.choice(pictures)))
            self.photos += 1
        words = draw.choice(SIGHTINGS if draw.random() < SHARE_SIGHTING else CHATTER)
        asked = draw.random() < SHARE_ASKING
        text = words.format(tag=self.tag) + f" ({draw.randrange(10**9)})"
        values["status"] = f"@{BOT} {text}" if asked else text
        answer = http.post("/api/v1/statuses", data=values, headers=writer)
        answer.raise_for_status()
        return Written(str(answer.json()["id"]), asked)

    def _upload(self, http: httpx.Client, writer: dict[str, str], picture: bytes) -> str:
        # The server builds the picture's address from the name it was called by: the bad wire's.
        headers = {**writer, "Host": self.photo_netloc}
        files = {"file": ("seen.jpg", picture, "image/jpeg")}
        answer = http.post("/api/v2/media", files=files, headers=headers)
        answer.raise_for_status()
        return str(answer.json()["id"])


def varied(draw: random.Random, image: Image.Image) -> bytes:
    """A picture that no hash takes for the other: cut otherwise, mirrored, other light, noise at its edge."""
    wide, high = image.size
    left, top = (int(draw.random() * 0.12 * side) for side in (wide, high))
    cut = image.crop(
        (left, top, wide - int(draw.random() * 0.12 * wide), high - int(draw.random() * 0.12 * high))
    )
    if draw.random() < 0.5:
        cut = cut.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    pixels = np.asarray(cut).astype(np.int16) + draw.randrange(-25, 26)
    noise = np.random.default_rng(draw.randrange(2**32)).integers(0, 256, (8, pixels.shape[1], 3))
    pixels[:8] = noise
    pixels[-8:] = noise
    out = io.BytesIO()
    Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(out, "JPEG", quality=draw.randrange(70, 92))
    return out.getvalue()
