"""Scenes drawn for tests of picture codes, and edits as people make them. The same seed, the same scene."""

from __future__ import annotations

import io
import random

import numpy as np
from PIL import Image, ImageDraw, ImageFont, ImageOps


def scene(seed: int, size: tuple[int, int] = (640, 480)) -> Image.Image:
    """Overlapping shapes on soft noise."""
    draw = random.Random(seed)
    noise = np.random.default_rng(seed).integers(60, 200, (12, 16, 3), dtype=np.uint8)
    image = Image.fromarray(noise).resize(size, Image.Resampling.BICUBIC)
    pen = ImageDraw.Draw(image)
    for _ in range(40):
        x, y = draw.randint(-40, size[0]), draw.randint(-40, size[1])
        box = (x, y, x + draw.randint(20, 180), y + draw.randint(20, 180))
        colour = tuple(draw.randint(0, 255) for _ in range(3))
        (pen.ellipse if draw.random() < 0.5 else pen.rectangle)(box, fill=colour)
    return image


def jpeg(image: Image.Image, quality: int = 85) -> bytes:
    """As the photo gate hands a picture on."""
    out = io.BytesIO()
    image.convert("RGB").save(out, "JPEG", quality=quality)
    return out.getvalue()


def cropped(image: Image.Image, share: float = 0.1) -> Image.Image:
    """Without `share` of both sides, more from the left than from the right."""
    width, height = image.size
    left, top = int(width * share * 0.7), int(height * share * 0.3)
    return image.crop((left, top, left + int(width * (1 - share)), top + int(height * (1 - share))))


def letterboxed(image: Image.Image) -> Image.Image:
    """Between black bars."""
    return ImageOps.expand(image, border=(0, image.height // 5), fill="black")


def screenshot(image: Image.Image) -> Image.Image:
    """On the page of a phone, with a name and text."""
    page = Image.new("RGB", (720, 1280), (250, 250, 250))
    pen, font = ImageDraw.Draw(page), ImageFont.load_default(28)
    pen.ellipse((24, 60, 88, 124), fill=(200, 80, 40))
    for y, words in ((70, "      some name"), (160, "please share this"), (200, "seen near the station")):
        pen.text((24, y), words, fill=(20, 20, 20), font=font)
    shown = ImageOps.contain(image, (720, 760))
    page.paste(shown, ((720 - shown.width) // 2, 270))
    for y in range(290 + shown.height, 1200, 50):
        pen.text((24, y), "a line of somebody's answer", fill=(90, 90, 90), font=font)
    return page
