"""The process that opens what strangers send: decodes one photo at a time and hands back clean pixels.

It runs alone, with an empty environment and limits on memory, processor time and files, and speaks
plain JSON lines and bytes over its standard streams. It never sees the database, and what it says
is checked by bot/photos/gate.py.
"""

from __future__ import annotations

import contextlib
import io
import os
import sys
import warnings
from datetime import datetime
from typing import BinaryIO

import numpy as np
import pillow_heif
from PIL import (
    Image,
    ImageFile,
    JpegImagePlugin,
    MpoImagePlugin,
    PngImagePlugin,
    UnidentifiedImageError,
    WebPImagePlugin,
)

from bot.extract.exif import read_exif
from bot.photos.hashes import phash
from bot.photos.pdq import pdq
from bot.photos.wire import LONGEST_LINE, Answer, Facts, Order, line, order_of
from store.records.photo import Exif

FORMATS = ("JPEG", "PNG", "WEBP", "HEIF")
"""MPO (two pictures, as phones write them) is opened as JPEG; nothing else is known here."""
MIME = {
    "JPEG": "image/jpeg",
    "MPO": "image/jpeg",
    "PNG": "image/png",
    "WEBP": "image/webp",
    "HEIF": "image/heic",
}
PLUGINS = (JpegImagePlugin, MpoImagePlugin, PngImagePlugin, WebPImagePlugin)
"""Imported here so that none has to be found on disk once the limits hold."""

_EXIF_IFD, _GPS_IFD, _ORIENTATION = 0x8769, 0x8825, 0x0112


class Refused(Exception):
    """The photo breaks a rule; the text says which, in words for people."""


def examine(data: bytes, order: Order) -> tuple[Facts, bytes]:
    """Decode a photo and return (facts, the clean JPEG). Raises Refused.

    The JPEG's longest side is at most `order.max_side_px`; it holds pixels and nothing else.
    """
    Image.MAX_IMAGE_PIXELS = order.max_pixels
    with _opened(data, order.max_pixels) as image:
        _check(image, order.max_pixels)
        exif, orientation = _exif(image, order.now)
        width, height = _load(image, order.max_side_px)
        target = _fitting((width, height), order.max_side_px)
        upright = _turned(_without_alpha(_small(_eight_bit(image), target)), orientation)
        mime = MIME[image.format or ""]
    if orientation >= 5:
        width, height = height, width
    hashes, quality = pdq(upright)
    facts = Facts(mime, width, height, phash(upright), exif, hashes, quality)
    return facts, _encoded(upright, order.quality)


def _opened(data: bytes, max_pixels: int) -> ImageFile.ImageFile:
    if not data:
        raise Refused("the file is empty")
    try:
        return Image.open(io.BytesIO(data), formats=FORMATS)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise Refused(f"more than {max_pixels / 1e6:g} megapixels") from error
    except UnidentifiedImageError as error:
        raise Refused("not a JPEG, PNG, WebP or HEIC photo, whatever its name says") from error
    except _DAMAGE as error:
        raise Refused(f"the file is damaged ({type(error).__name__})") from error


# What the decoders raise for damaged files. Anything else is a mistake of ours and ends the process.
_DAMAGE = (
    OSError,
    ValueError,
    SyntaxError,
    EOFError,
    IndexError,
    KeyError,
    TypeError,
    OverflowError,
    RuntimeError,
    AttributeError,
    Image.DecompressionBombWarning,
    Image.DecompressionBombError,
)


def _check(image: ImageFile.ImageFile, max_pixels: int) -> None:
    width, height = image.size
    if width < 1 or height < 1:
        raise Refused("the picture has no pixels")
    if width * height > max_pixels:
        raise Refused(f"{width} × {height} pixels, more than {max_pixels / 1e6:g} megapixels")
    # A HEIC file or a stereo JPEG may hold several pictures, of which the first is the photo.
    if image.format in ("PNG", "WEBP") and getattr(image, "is_animated", False):
        raise Refused("moving pictures are not looked at")


def _load(image: ImageFile.ImageFile, max_side_px: int) -> tuple[int, int]:
    """Decode, JPEGs at the smallest of their own scales that suffices; return the full size."""
    size = image.size
    try:
        if image.format in ("JPEG", "MPO"):
            # With the shape of the picture itself: a square target would keep too large a scale.
            image.draft(None, _fitting(size, max_side_px))
            image.load()
            return size
        image.load()
    except _DAMAGE as error:
        raise Refused(f"the picture is damaged or cut off ({type(error).__name__})") from error
    # A HEIC file learns its true size only here.
    return image.size


def _exif(image: ImageFile.ImageFile, now: datetime | None) -> tuple[Exif, int]:
    """What the camera wrote, and how the picture has to be turned (1 to 8)."""
    try:
        tags = image.getexif()
        found = read_exif(tags, tags.get_ifd(_EXIF_IFD), tags.get_ifd(_GPS_IFD), now=now)
        orientation = tags.get(_ORIENTATION, 1)
    except _DAMAGE as error:
        return Exif(problems=(f"what the camera wrote is damaged ({type(error).__name__})",)), 1
    return found, orientation if orientation in range(1, 9) else 1


def _fitting(size: tuple[int, int], longest: int) -> tuple[int, int]:
    """The same shape with its longest side at most `longest`; never enlarged, never 0."""
    scale = min(1.0, longest / max(size))
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def _eight_bit(image: Image.Image) -> Image.Image:
    """Pixels of one byte a channel: grey, colour, or either with transparency."""
    if image.mode.startswith(("I;16", "I", "F")):
        values = np.asarray(image)
        # Sixteen bits are told from eight by what is there: some writers fill only the low byte.
        scale = 257.0 if image.mode.startswith("I") and values.max(initial=0) > 255 else 1.0
        return Image.fromarray(np.clip(values / scale, 0, 255).astype(np.uint8))
    if image.mode in ("P", "PA"):
        return image.convert("RGBA" if "transparency" in image.info or image.mode == "PA" else "RGB")
    if image.mode in ("L", "RGB", "LA", "RGBA"):
        if "transparency" in image.info and image.mode in ("L", "RGB"):
            return image.convert("RGBA")
        return image
    return image.convert("L" if image.mode == "1" else "RGB")


def _small(image: Image.Image, target: tuple[int, int]) -> Image.Image:
    if image.size == target:
        return image
    # Hamming costs half of bicubic and is as sharp when making smaller.
    return image.resize(target, Image.Resampling.HAMMING, reducing_gap=2.0)


def _without_alpha(image: Image.Image) -> Image.Image:
    """RGB pixels; what is transparent becomes white, as on most pages."""
    if image.mode not in ("LA", "RGBA"):
        return image.convert("RGB")
    coloured = image.convert("RGBA")
    ground = Image.new("RGB", coloured.size, (255, 255, 255))
    ground.paste(coloured, mask=coloured.getchannel("A"))
    return ground


def _turned(image: Image.Image, orientation: int) -> Image.Image:
    """Turn upright as the camera says (Exif 4.6.5, Orientation)."""
    steps = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_270,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_90,
    }
    return image.transpose(steps[orientation]) if orientation in steps else image


def _encoded(image: Image.Image, quality: int) -> bytes:
    # Comments, colour profiles and the like travel in `info`: a new picture has none.
    image.info = {}
    out = io.BytesIO()
    image.save(out, "JPEG", quality=quality)
    return out.getvalue()


def limit(memory_mb: float) -> None:
    """Take rights away from this process for good: memory, writing, open files, core dumps.

    On systems that have no such limits the wall clock of the gate remains.
    """
    try:
        import resource
    except ImportError:
        return
    limits = [
        (resource.RLIMIT_AS, int(memory_mb * 1_000_000)),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, 16),
    ]
    for which, most in limits:
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(which, (most, most))


def allow_cpu(seconds: float) -> None:
    """Let this process use so many more seconds of processor time; the system kills it behind them."""
    try:
        import resource
    except ImportError:
        return
    used = resource.getrusage(resource.RUSAGE_SELF)
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    soft = int(used.ru_utime + used.ru_stime + seconds) + 1
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_CPU, (soft, hard))


def serve(orders: BinaryIO, answers: BinaryIO) -> None:
    """Answer orders until the stream ends: a line of JSON and the bytes, each way."""
    while text := orders.readline(LONGEST_LINE):
        order = order_of(text)
        data = orders.read(order.size)
        if len(data) != order.size:
            return
        allow_cpu(order.cpu_s)
        served = b""
        try:
            facts, served = examine(data, order)
            answer = Answer(facts=facts, size=len(served))
        except Refused as refusal:
            answer = Answer(refused=str(refusal))
        except MemoryError:
            answer = Answer(refused="decoding it takes more memory than is allowed")
        answers.write(line(answer) + served)
        answers.flush()


def prepare() -> None:
    """Load every decoder by use, so that nothing has to be opened or imported behind the limits."""
    warnings.simplefilter("ignore")
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    pillow_heif.register_heif_opener(decode_threads=1, thumbnails=False, depth_images=False, aux_images=False)
    dot = Image.new("RGB", (64, 64))
    exif = Image.Exif()
    exif[_ORIENTATION] = 1
    for name in FORMATS:
        if name not in Image.SAVE:  # a build without that encoder
            continue
        out = io.BytesIO()
        dot.save(out, name, exif=exif.tobytes())
        examine(out.getvalue(), Order(0, 10_000, 32, 85, 0))


def main(memory_mb: float) -> None:
    """Run as a process of its own; started by bot/photos/gate.py."""
    # Libraries that print must not speak between the answers.
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    prepare()
    limit(memory_mb)
    answers.write(line(Answer()))
    answers.flush()
    serve(sys.stdin.buffer, answers)
