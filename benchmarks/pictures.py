"""Recycled pictures: how many edited copies are recognised at how many false matches of unrelated pairs.

    HOMEWARD_DATA=FOLDER .venv/bin/python benchmarks/pictures.py [--photos FOLDER] [--drawn 150]

Pictures: the photos in HOMEWARD_DATA/photos, those of the sample, those of --photos (larger ones cut
into tiles of one photo each), and scenes drawn here. Near-equal ones are left out first. Edits are
made here with a fixed seed. Beside it, on the same pictures: the usual 64-bit cosine hash of the whole
picture (32 x 32, 8 x 8 lowest frequencies against their median).
"""

from __future__ import annotations

import argparse
import io
import os
import random
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pillow_heif
from PIL import Image, ImageDraw, ImageFont, ImageOps

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from bot.photos.same import correlation  # noqa: E402
from bot.photos.windows import MAKE, Prepared, picture_codes, prepare  # noqa: E402
from bot.pipeline.pictures import LEAST_CORRELATION  # noqa: E402
from store import pictures as rows  # noqa: E402
from store.db import Store  # noqa: E402
from store.migrate import migrate  # noqa: E402
from store.picture_index import PictureIndex  # noqa: E402
from store.records.picture import PictureCodes  # noqa: E402

LONGEST_PX, QUALITY = 1280, 85
Edit = Callable[[Image.Image, random.Random], Image.Image]


# ── pictures ─────────────────────────────────────────────────────────────────────────────────────


def found_photos(folder: Path, tiles: bool) -> Iterator[Image.Image]:
    """Every picture file below a folder, upright; with `tiles`, large ones in 4 or 9 parts."""
    for file in sorted(folder.rglob("*")):
        if file.suffix.lower() not in {".jpg", ".jpeg", ".png", ".heic", ".heif", ".tiff", ".tif"}:
            continue
        try:
            image = ImageOps.exif_transpose(Image.open(file)).convert("RGB")
        except (OSError, ValueError, SyntaxError):
            continue
        parts = 1 if not tiles or min(image.size) < 900 else 2 if min(image.size) < 1500 else 3
        width, height = image.width // parts, image.height // parts
        for i in range(parts):
            for j in range(parts):
                yield image.crop((i * width, j * height, (i + 1) * width, (j + 1) * height))


def drawn(seed: int) -> Image.Image:
    """A scene of overlapping shapes on a gradient with soft texture, another for each seed."""
    draw_of = random.Random(seed)
    width, height = draw_of.choice([(800, 600), (600, 800), (900, 600), (700, 700)])
    down = np.linspace(0, 1, height)[:, None, None]
    top, bottom = (np.array([draw_of.randint(0, 255) for _ in range(3)]) for _ in range(2))
    ground = np.broadcast_to(top * (1 - down) + bottom * down, (height, width, 3))
    image = Image.fromarray(ground.astype(np.uint8))
    pen = ImageDraw.Draw(image)
    for _ in range(draw_of.randint(12, 60)):
        x, y = draw_of.randint(-50, width), draw_of.randint(-50, height)
        size = int(abs(draw_of.gauss(0, 110))) + 12
        colour = tuple(draw_of.randint(0, 255) for _ in range(3))
        box = (x, y, x + size, y + int(size * draw_of.uniform(0.4, 1.8)))
        kind = draw_of.random()
        if kind < 0.4:
            pen.rectangle(box, fill=colour)
        elif kind < 0.75:
            pen.ellipse(box, fill=colour)
        else:
            pen.line((x, y, draw_of.randint(0, width), draw_of.randint(0, height)), colour, 6)
    noise = np.random.default_rng(seed).normal(0, 1, (height // 8 + 1, width // 8 + 1, 3)).astype(np.float32)
    texture = cv2.resize(noise, (width, height), interpolation=cv2.INTER_CUBIC) * 18
    return Image.fromarray(np.clip(np.asarray(image, np.float32) + texture, 0, 255).astype(np.uint8))


def distinct(images: Iterator[Image.Image]) -> list[Image.Image]:
    """Without small or empty pictures, and without those that another is nearly equal to."""
    kept: list[Image.Image] = []
    seen: list[np.ndarray[Any, Any]] = []
    for image in images:
        grey = np.asarray(image.convert("L").resize((32, 32), Image.Resampling.LANCZOS), np.float32)
        low = cv2.dct(grey)[:8, :8]
        signs = low.ravel() > 0
        turned = (low * [1, -1, 1, -1, 1, -1, 1, -1]).ravel() > 0
        if (
            min(image.size) < 200
            or grey.std() < 12
            or any(min((signs != s).sum(), (turned != s).sum()) <= 8 for s in seen)
        ):
            continue
        kept.append(ImageOps.contain(image, (LONGEST_PX, LONGEST_PX)))
        seen.append(signs)
    return kept


# ── edits ────────────────────────────────────────────────────────────────────────────────────────


def packed(image: Image.Image, quality: int = QUALITY) -> bytes:
    """The picture as the photo gate would hand it on."""
    scale = min(1.0, LONGEST_PX / max(image.size))
    small = image.resize((max(1, round(image.width * scale)), max(1, round(image.height * scale))))
    out = io.BytesIO()
    small.convert("RGB").save(out, "JPEG", quality=quality)
    return out.getvalue()


def repacked(image: Image.Image, quality: int) -> Image.Image:
    """Coarsely packed and opened again."""
    return Image.open(io.BytesIO(packed(image, quality))).convert("RGB")


def cropped(share: float, axes: int = 2) -> Edit:
    """Without `share` of the width and of the height (or of one of them), at a place drawn by chance."""

    def crop(image: Image.Image, draw: random.Random) -> Image.Image:
        across = draw.random() < 0.5
        less_x = int(image.width * share) if axes == 2 or across else 0
        less_y = int(image.height * share) if axes == 2 or not across else 0
        x, y = draw.randint(0, less_x), draw.randint(0, less_y)
        return image.crop((x, y, x + image.width - less_x, y + image.height - less_y))

    return crop


def marked(image: Image.Image, draw: random.Random) -> Image.Image:
    """With a line of text across."""
    copy = image.copy()
    size = max(14, image.width // 14)
    at = (image.width * draw.uniform(0.05, 0.3), image.height * draw.uniform(0.05, 0.85))
    text, font = "HELP FIND  @someone", ImageFont.load_default(size)
    ImageDraw.Draw(copy).text(at, text, "white", font, stroke_width=2, stroke_fill="black")
    return copy


def letterboxed(image: Image.Image, draw: random.Random) -> Image.Image:
    """Between two bars of one colour."""
    share = draw.uniform(0.08, 0.3)
    colour = draw.choice([(0, 0, 0), (255, 255, 255), (30, 30, 30)])
    x, y = (0, int(image.height * share)) if draw.random() < 0.6 else (int(image.width * share), 0)
    page = Image.new("RGB", (image.width + 2 * x, image.height + 2 * y), colour)
    page.paste(image, (x, y))
    return page


def screenshot(image: Image.Image, draw: random.Random) -> Image.Image:
    """A phone's page that shows it: status bar, header, name, text above and below, buttons."""
    width, height = 720, draw.choice([1280, 1480, 1560])
    dark = draw.random() < 0.35
    ground = (18, 18, 18) if dark else draw.choice([(255, 255, 255), (246, 246, 246)])
    ink, font = ((230, 230, 230) if dark else (25, 25, 25)), ImageFont.load_default(28)
    page = Image.new("RGB", (width, height), ground)
    pen = ImageDraw.Draw(page)

    def line(y: int, longest: int) -> None:
        words = "".join(draw.choice("abcdefgh ijk lmnop qrst uvw ") for _ in range(draw.randint(10, longest)))
        pen.text((24, y), words, ink, font)

    pen.text((30, 12), f"{draw.randint(0, 23):02d}:{draw.randint(0, 59):02d}", ink, font)
    pen.rectangle((0, 60, width, 130), draw.choice([ground, (40, 90, 160), (200, 60, 40)]))
    pen.text((280, 76), "Posts", ink, font)
    pen.ellipse((24, 160, 88, 224), tuple(draw.randint(0, 255) for _ in range(3)))
    pen.text((104, 160), "some name", ink, font)
    y = 244
    for _ in range(draw.randint(1, 5)):
        line(y, 44)
        y += 40
    margin = draw.choice([0, 0, 24, 60])
    room = (width - 2 * margin, max(200, height - y - 130))
    shown = ImageOps.contain(image, room) if image.width > 200 else image
    shown = shown.resize((shown.width * room[0] // shown.width, shown.height * room[0] // shown.width))
    shown = ImageOps.contain(shown, room)
    page.paste(shown, ((width - shown.width) // 2, y + 10))
    y += shown.height + 30
    for at in range(3):
        pen.text((60 + at * 240, y), draw.choice(["like", "12", "share"]), (140, 140, 140), font)
    for below in range(y + 60, height - 120, 44):
        line(below, 40)
    pen.rectangle((0, height - 80, width, height), ground)
    for at in range(4):
        pen.ellipse((70 + at * 170, height - 64, 110 + at * 170, height - 24), outline=ink, width=3)
    return page


def mirrored(image: Image.Image, draw: random.Random) -> Image.Image:
    """Left is right."""
    return ImageOps.mirror(image)


EDITS: dict[str, Edit] = {
    "a third of the size": lambda i, _: i.resize((max(120, i.width // 3), max(90, i.height // 3))),
    "JPEG quality 10": lambda i, _: repacked(i, 10),
    "text mark": marked,
    "crop 5 %": cropped(0.05),
    "crop 10 %": cropped(0.10),
    "crop 20 %": cropped(0.20),
    "crop 25 % of one side": cropped(0.25, axes=1),
    "letterbox": letterboxed,
    "screenshot": screenshot,
    "mirror": mirrored,
    "mirror + crop 10 %": lambda i, d: cropped(0.10)(mirrored(i, d), d),
    "mirror + screenshot": lambda i, d: screenshot(mirrored(i, d), d),
    "screenshot, small, JPEG 20": lambda i, d: repacked(screenshot(i, d).resize((480, 900)), 20),
}


# ── the two ways ─────────────────────────────────────────────────────────────────────────────────


def usual_hash(jpeg: bytes) -> np.ndarray[Any, Any]:
    """64 signs: of a 32 x 32 grey picture the 8 x 8 lowest frequencies, above their median or not."""
    grey = Image.open(io.BytesIO(jpeg)).convert("L").resize((32, 32), Image.Resampling.LANCZOS)
    low = cv2.dct(np.asarray(grey, np.float32))[:8, :8].ravel()
    return np.asarray(low > np.median(low))


class Ours:
    """The index over a database in memory, and the confirmation on pixels."""

    def __init__(self, jpegs: list[bytes]) -> None:
        self.store = Store("sqlite://")
        migrate(self.store)
        self.index = PictureIndex(MAKE)
        self.prepared: dict[str, Prepared] = {}
        self.flat = 0
        for number, jpeg in enumerate(jpegs):
            name = f"{number:06d}"
            codes = self.codes(jpeg, name)
            self.flat += not any(codes.codes[:32])
            with self.store.transaction() as tx:
                rows.put_codes(tx, name, codes)

    def codes(self, jpeg: bytes, name: str) -> PictureCodes:
        """The codes; the small picture is kept under the name."""
        self.prepared[name] = prepare(jpeg, name)
        return picture_codes(self.prepared[name])

    def same(self, name: str, codes: PictureCodes, *, confirm: bool = True) -> set[str]:
        """Names of the pictures that are taken for this one."""
        with self.store.reading() as tx:
            found = self.index.search(tx, name, codes, most=10_000)
        if not confirm:
            return {like.digest for like in found}
        return {
            like.digest
            for like in found
            if correlation(
                self.prepared[name], like.mine, self.prepared[like.digest], like.theirs, like.mirrored
            )
            >= LEAST_CORRELATION
        }


def main() -> None:
    """Print one table."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--photos", type=Path, help="a folder with more pictures")
    arguments.add_argument("--drawn", type=int, default=150)
    options = arguments.parse_args()
    pillow_heif.register_heif_opener()
    images = distinct(_sources(options.photos, options.drawn))
    pairs = len(images) * (len(images) - 1) // 2
    jpegs = [packed(image) for image in images]
    started = time.perf_counter()
    ours = Ours(jpegs)
    each_ms = (time.perf_counter() - started) / len(images) * 1000
    print(f"{len(images)} pictures, {pairs} pairs; {ours.flat} too flat to be recognised by their whole")
    hashes = [usual_hash(jpeg) for jpeg in jpegs]
    limit, usual_false = _usual_limit(hashes)
    near, confirmed = _false_pairs(ours, len(images))
    print(
        f"false pairs: ours near {near / pairs:.1e}, confirmed {confirmed / pairs:.1e} ({confirmed});",
        end=" ",
    )
    print(f"usual hash at {limit} bits {usual_false / pairs:.1e}")
    print(f"codes and keeping {each_ms:.0f} ms a picture")
    print(f"{'edit':28s} {'ours':>6s} {'codes alone':>12s} {'usual hash':>11s}")
    for edit, change in EDITS.items():
        print(f"{edit:28s} " + _scores(ours, images, hashes, change, limit))


def _sources(more: Path | None, number: int) -> Iterator[Image.Image]:
    data = os.environ.get("HOMEWARD_DATA")
    if data:
        yield from found_photos(Path(data) / "photos", tiles=False)
    else:
        print("HOMEWARD_DATA is not set: the photos of that folder are left out")
    yield from found_photos(ROOT / "sample" / "photos", tiles=False)
    if more:
        yield from found_photos(more, tiles=True)
    yield from (drawn(seed) for seed in range(number))


def _usual_limit(hashes: list[np.ndarray[Any, Any]]) -> tuple[int, int]:
    """The greatest limit (bits) at which at most one pair in 10,000 is false, and how many are."""
    table = np.array(hashes)
    bits = [int(n) for i in range(len(table)) for n in (table[i] != table[i + 1 :]).sum(axis=1)]
    allowed = int(len(bits) * 1e-4)
    limit = max((b for b in range(64) if sum(n <= b for n in bits) <= allowed), default=0)
    return limit, sum(n <= limit for n in bits)


def _false_pairs(ours: Ours, number: int) -> tuple[int, int]:
    near = confirmed = 0
    for at in range(number):
        name = f"{at:06d}"
        with ours.store.reading() as tx:
            codes = rows.codes_of(tx, name, MAKE)
        assert codes is not None
        near += sum(other > name for other in ours.same(name, codes, confirm=False))
        confirmed += sum(other > name for other in ours.same(name, codes))
    return near, confirmed


def _scores(
    ours: Ours, images: list[Image.Image], hashes: list[np.ndarray[Any, Any]], change: Edit, limit: int
) -> str:
    draw = random.Random(20261124)
    hits = by_codes = usual = 0
    for at, image in enumerate(images):
        jpeg = packed(change(image, draw))
        codes = ours.codes(jpeg, "probe")
        wanted = f"{at:06d}"
        hits += wanted in ours.same("probe", codes)
        by_codes += wanted in ours.same("probe", codes, confirm=False)
        usual += int((usual_hash(jpeg) != hashes[at]).sum()) <= limit
    total = len(images)
    return f"{hits / total:6.3f} {by_codes / total:12.3f} {usual / total:11.3f}"


if __name__ == "__main__":
    main()
