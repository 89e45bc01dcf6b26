"""The shipped model of the tagger for English names of places: its bytes, checked before they are used.

Only reads the file beside the tables of store/data; what the bytes mean is known elsewhere.
"""

from __future__ import annotations

import hashlib
from importlib import resources

from store.errors import StoreError

FILE = "place_en.crf"
DIGEST = "2b144c587bd04308e846e9a477450b9735e9c4ef52838903fb096165f6d16f83"
"""SHA-256 of the file, in hex; benchmarks/train_places.py prints it after training."""


def load() -> bytes | None:
    """The model's bytes, or None where the file was left out (the rules then stand alone).

    Raises StoreError when the file is not the one that was shipped.
    """
    try:
        model = resources.files("store.data").joinpath(FILE).read_bytes()
    except FileNotFoundError:
        return None
    found = hashlib.sha256(model).hexdigest()
    if found != DIGEST:
        raise StoreError(
            f"store/data/{FILE}",
            f"its SHA-256 is {found[:12]}…, not {DIGEST[:12]}…; restore the file or remove it",
        )
    return model
