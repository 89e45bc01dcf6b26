"""Pictures through the gate, decoded in its own process as in the running program.

PNG chunks get their right sums after the damage, so that it reaches the decoder.
"""

# ruff: noqa: E501  (tables and examples, one case a line)
from __future__ import annotations

import io
import random
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pillow_heif
from PIL import Image

from bot.photos.gate import GateLimits, PhotoGate
from store.errors import PhotoRefused
from tests.fuzz.mutating import Make, changed, of_bytes
from tests.fuzz.platforms import NOW
from tests.fuzz.target import Parse, Target

LIMITS = GateLimits(max_photo_mb=1, max_megapixels=4, max_side_px=64, cpu_s=10, timeout_s=30, memory_mb=700)
_MARK = b"\x89PNG\r\n\x1a\n"


def _scene(size: tuple[int, int] = (40, 30)) -> Image.Image:
    image = Image.new("RGB", size, (200, 90, 40))
    for x in range(0, size[0], 3):
        image.putpixel((x, x % size[1]), (x * 5 % 256, 255, 0))
    return image


def _saved(image: Image.Image, kind: str, **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def _exif() -> bytes:
    exif = Image.Exif()
    exif[0x010F], exif[0x0110], exif[0x0112] = "Maker", "Camera", 6
    exif.get_ifd(0x8769).update({0x9003: "2026:02:07 09:30:00", 0x9011: "+08:00", 0x9291: "12"})
    exif.get_ifd(0x8825).update(
        {1: "N", 2: (30.0, 39.0, 35.3), 3: "E", 4: (104.0, 3.0, 48.0), 29: "2026:02:07", 7: (1.0, 30.0, 0.0)}
    )
    return exif.tobytes()


def _png(chance: random.Random, good: bytes) -> bytes:
    """Chunks left out, doubled, changed and moved, each with the sum that belongs to it."""
    chunks, at = [], len(_MARK)
    while at + 12 <= len(good):
        size = struct.unpack(">I", good[at : at + 4])[0]
        chunks.append((good[at + 4 : at + 8], good[at + 8 : at + 8 + size]))
        at += 12 + size
    for _ in range(chance.randrange(1, 4)):
        number = chance.randrange(len(chunks))
        kind, body = chunks[number]
        way = chance.random()
        if way < 0.15 and len(chunks) > 1:
            del chunks[number]
        elif way < 0.3:
            chunks.insert(
                chance.randrange(len(chunks)),
                (chance.choice((b"tEXt", b"iTXt", b"eXIf", b"iCCP", b"PLTE", b"tRNS", b"acTL", kind)), body),
            )
        else:
            chunks[number] = (kind, changed(chance, body))
    made = [
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in chunks
    ]
    return _MARK + b"".join(made)


def _pictures(kind: str) -> Make:
    exif = _exif()
    if kind == "JPEG":
        return of_bytes([
            _saved(_scene(), "JPEG", exif=exif, comment=b"words", icc_profile=b"p" * 60), _saved(_scene(), "JPEG", progressive=True),
            _saved(_scene().convert("CMYK"), "JPEG"), _saved(_scene().convert("L"), "JPEG", quality=20),
        ])  # fmt: skip
    if kind == "EXIF":
        plain, block = _saved(_scene((16, 16)), "JPEG"), exif

        def make(chance: random.Random) -> bytes:
            damaged = changed(chance, block)[:60_000]
            body = damaged if damaged.startswith(b"Exif\0\0") else b"Exif\0\0" + damaged
            return plain[:2] + b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body + plain[2:]

        return make
    if kind == "PNG":
        good = [
            _saved(_scene(), "PNG", exif=exif),
            _saved(_scene().convert("P"), "PNG"),
            _saved(_scene().convert("RGBA"), "PNG"),
        ]
        return lambda chance: (
            _png(chance, chance.choice(good))
            if chance.random() < 0.8
            else changed(chance, chance.choice(good), good)
        )
    if kind == "WEBP":
        return of_bytes(
            [_saved(_scene(), "WEBP", exif=exif), _saved(_scene().convert("RGBA"), "WEBP", lossless=True)]
        )
    pillow_heif.register_heif_opener()
    return of_bytes([_saved(_scene((64, 64)), "HEIF", exif=exif)])


@contextmanager
def _gate(_: Path) -> Iterator[Parse]:
    with PhotoGate(LIMITS, now=lambda: NOW) as gate:

        def parse(data: bytes) -> object:
            found = gate.examine(data)
            clean = Image.open(io.BytesIO(found.served_jpeg), formats=["JPEG"])
            assert set(clean.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}, (
                "metadata in the served copy"
            )
            return found

        yield parse


def targets() -> list[Target]:
    """All of them."""

    def target(kind: str, what: str) -> Target:
        return Target(f"photo-{kind.lower()}", what, lambda _: _pictures(kind), _gate, (PhotoRefused,), True)

    return [
        target("JPEG", "photos: JPEG"),
        target("EXIF", "photos: EXIF blocks in a JPEG"),
        target("PNG", "photos: PNG, chunks with right sums"),
        target("WEBP", "photos: WebP"),
        target("HEIF", "photos: HEIC"),
    ]
