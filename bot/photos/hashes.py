"""The perceptual hash of a picture: made small and grey here, hashed and compared in bot/match/hashes.py.

It opens nothing and decides nothing.
"""

from __future__ import annotations

import numpy as np
from PIL import Image

from bot.match.hashes import SIDE, dct_hash, hamming, has_structure, near

__all__ = ["hamming", "has_structure", "near", "phash"]


def phash(image: Image.Image) -> str:
    """Return the 64-bit DCT hash of a picture as 16 hex digits; see `bot.match.hashes.dct_hash`."""
    grey = image.convert("L")
    if max(grey.size) > 4 * SIDE:
        # Box first: the slow filter then only sees a small picture.
        grey = grey.reduce((max(1, grey.width // (4 * SIDE)), max(1, grey.height // (4 * SIDE))))
    return dct_hash(np.asarray(grey.resize((SIDE, SIDE), Image.Resampling.LANCZOS)))
