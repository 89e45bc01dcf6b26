"""The name of who looks and the time, laid over a photo that is shown large. Never touches a stored copy.

Where the font has no sign for a name, a short reference stands for it.
"""

from __future__ import annotations

import io
from datetime import datetime
from functools import lru_cache

from PIL import Image, ImageDraw, ImageFont, UnidentifiedImageError

from store.errors import PhotoRefused

# Laid so densely that a crop of one face still carries a whole line of it.
LEAST_FONT_PX = 11
OPACITY = 46  # of 255: read at a second look, out of the way at the first
TILT_DEGREES = 24
QUALITY = 88


def words_for(name: str, reference: str, at: datetime) -> str:
    """What is laid over: the name as far as the font can write it, else its reference, and the minute."""
    said = name if name.isascii() else f"#{reference}"
    return f"{said} {at:%Y-%m-%d %H:%M}Z"


def stamp(digest: str, jpeg: bytes, words: str) -> bytes:
    """The served copy with the words all over it, as a new JPEG. Raises PhotoRefused."""
    try:
        with Image.open(io.BytesIO(jpeg), formats=["JPEG"]) as image:
            plain = image.convert("RGB")
    except (UnidentifiedImageError, OSError) as error:
        raise PhotoRefused(digest[:16], "is not a JPEG of ours and is not shown") from error
    tile = _tile(words, max(LEAST_FONT_PX, round(max(plain.size) / 48)))
    light, dark = Image.new("RGB", tile.size, "white"), Image.new("RGB", tile.size, "black")
    for row, top in enumerate(range(0, plain.height, tile.height)):
        first = -(tile.width // 2) if row % 2 else 0
        for left in range(first, plain.width, tile.width):
            # A dark shade one pixel beside the light words: readable on snow and at night.
            plain.paste(dark, (left + 1, top + 1), tile)
            plain.paste(light, (left, top), tile)
    out = io.BytesIO()
    plain.save(out, "JPEG", quality=QUALITY)
    return out.getvalue()


@lru_cache(maxsize=64)
def _tile(words: str, font_px: int) -> Image.Image:
    """One piece of the pattern: its values are how much of the colour is laid on."""
    font = ImageFont.load_default(font_px)
    left, top, right, bottom = font.getbbox(words)
    flat = Image.new("L", (int(right - left) + font_px * 2, int(bottom - top) + font_px), 0)
    ImageDraw.Draw(flat).text((font_px - left, font_px / 2 - top), words, fill=OPACITY, font=font)
    return flat.rotate(TILT_DEGREES, expand=True, resample=Image.Resampling.BICUBIC)
