"""Smaller and blurred versions of our own re-encoded photos, made on the server and kept in memory.

Never opens what a stranger sent: callers hand in the served JPEG that the photo gate made.
"""

from __future__ import annotations

import io
import threading
from collections import OrderedDict
from collections.abc import Sequence
from enum import StrEnum

from PIL import Image, ImageFilter, UnidentifiedImageError

from store.errors import PhotoRefused
from store.records.photo import FaceBox

# Blocks of a ninth of the longer side: a face that fills the picture is some shades, not a person.
# (People still recognise famous faces at 16 blocks: Harmon and Julesz, Science 180, 1973.)
BLOCKS = 9
BLURRED_PX = 90
FACE_BLOCKS = 4
"""Of a face alone: some shades of skin and hair, nobody."""
SMALL_PX = 480
_KEEP_BYTES = 24 * 2**20


class View(StrEnum):
    """How a photo is shown."""

    CLEAR = "clear"
    SMALL = "small"
    BLURRED = "blurred"


class Renditions:
    """Makes renditions and keeps the latest used ones, up to 24 MB. Safe to share between threads."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[str, View], bytes] = OrderedDict()
        self._size = 0
        self._lock = threading.Lock()

    def of(self, digest: str, jpeg: bytes, view: View) -> bytes:
        """The rendition of the served copy `jpeg`, whose digest is `digest`. Raises PhotoRefused.

        The caller has just read `jpeg` from the store, so a forgotten photo never comes from here.
        """
        if view is View.CLEAR:
            return jpeg
        key = (digest, view)
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        made = _made(digest, jpeg, view)
        self._keep(key, made)
        return made

    def without(self, digest: str, jpeg: bytes, faces: Sequence[FaceBox]) -> tuple[str, bytes]:
        """The copy with these faces made unrecognisable, and a name for it. Raises PhotoRefused."""
        if not faces:
            return digest, jpeg
        spots = ",".join(f"{box.x:.0f}.{box.y:.0f}.{box.width:.0f}.{box.height:.0f}" for box in faces)
        name = f"{digest}-{spots}"
        key = (name, View.CLEAR)
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return name, self._kept[key]
        made = _hidden(digest, jpeg, faces)
        self._keep(key, made)
        return name, made

    def _keep(self, key: tuple[str, View], made: bytes) -> None:
        with self._lock:
            if key not in self._kept:
                self._kept[key] = made
                self._size += len(made)
            while self._size > _KEEP_BYTES:
                _, dropped = self._kept.popitem(last=False)
                self._size -= len(dropped)


def _hidden(digest: str, jpeg: bytes, faces: Sequence[FaceBox]) -> bytes:
    with _open(digest, jpeg) as image:
        try:
            plain = image.convert("RGB")
        except OSError as error:
            raise PhotoRefused(digest[:16], "cannot be decoded and is not shown") from error
    for box in faces:
        edge = 0.25 * max(box.width, box.height)
        left, top = max(0, int(box.x - edge)), max(0, int(box.y - edge))
        right = min(plain.width, int(box.x + box.width + edge))
        low = min(plain.height, int(box.y + box.height + edge))
        if right > left and low > top:
            part = plain.crop((left, top, right, low))
            coarse = part.resize((FACE_BLOCKS, FACE_BLOCKS), Image.Resampling.BOX)
            plain.paste(coarse.resize(part.size, Image.Resampling.BICUBIC), (left, top))
    buffer = io.BytesIO()
    plain.save(buffer, "JPEG", quality=88)
    return buffer.getvalue()


def _open(digest: str, jpeg: bytes) -> Image.Image:
    try:
        return Image.open(io.BytesIO(jpeg), formats=["JPEG"])
    except (UnidentifiedImageError, OSError) as error:
        raise PhotoRefused(digest[:16], "is not a JPEG of ours and is not shown") from error


def size_of(digest: str, jpeg: bytes) -> tuple[int, int]:
    """Width and height of the served copy in pixels. Raises PhotoRefused."""
    with _open(digest, jpeg) as image:
        return image.size


def _made(digest: str, jpeg: bytes, view: View) -> bytes:
    with _open(digest, jpeg) as image:
        image.draft("RGB", (SMALL_PX, SMALL_PX))
        try:
            plain = image.convert("RGB")
        except OSError as error:
            raise PhotoRefused(digest[:16], "cannot be decoded and is not shown") from error
    out = _blurred(plain) if view is View.BLURRED else _fitted(plain, SMALL_PX)
    buffer = io.BytesIO()
    out.save(buffer, "JPEG", quality=80)
    return buffer.getvalue()


def _fitted(image: Image.Image, side: int) -> Image.Image:
    scale = side / max(image.size)
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    return image.resize(size, Image.Resampling.BOX if scale < 1 else Image.Resampling.BICUBIC)


def _blurred(image: Image.Image) -> Image.Image:
    """The picture in a few averaged blocks, drawn smoothly: what is lost here is in no byte that leaves."""
    return _fitted(_fitted(image, BLOCKS), BLURRED_PX).filter(ImageFilter.GaussianBlur(3))
