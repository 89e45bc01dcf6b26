"""The shipped models for places in texts, and the list of Chinese words: bytes, checked before they are used.

Only reads the files beside the tables of store/data; what the bytes mean is known elsewhere.
"""

from __future__ import annotations

import hashlib
from importlib import resources

from store.errors import StoreError

FILE = "place_en.crf"
DIGEST = "2b144c587bd04308e846e9a477450b9735e9c4ef52838903fb096165f6d16f83"
"""SHA-256 of the file, in hex; benchmarks/train_places.py prints it after training."""


SPOTS = {
    "zh": ("spots_zh.crf", "2c65e2a9975b3faf6cf553754ae051675724263d2b9e74e980a35ba90ed0d40a"),
    "en": ("spots_en.crf", "c7dfac98f4987c28d3ee7a4855eafcf613ca11cac48ab2e30c6c682c1a5f7c82"),
}
"""File and SHA-256 of the models that mark the place of a sighting; benchmarks/train_spots.py prints them."""


def load() -> bytes | None:
    """The bytes of the model for English names, or None where the file was left out (the rules then
    stand alone).

    Raises StoreError when the file is not the one that was shipped.
    """
    return _checked(FILE, DIGEST)


def spots(language: str) -> bytes | None:
    """The bytes of the model that marks places in "zh" or "en" texts, or None where it was left out.

    Raises StoreError when the file is not the one that was shipped.
    """
    return _checked(*SPOTS[language])


def words() -> dict[str, tuple[str, int]]:
    """Chinese words with their class (one letter) and the number of digits of their frequency."""
    found: dict[str, tuple[str, int]] = {}
    table = resources.files("store.data").joinpath("zh_words.tsv").read_text(encoding="utf-8")
    for line in table.splitlines():
        sort, digits, listed = line.split("\t")
        found.update(dict.fromkeys(listed.split(" "), (sort, int(digits))))
    return found


def quarters() -> dict[str, str]:
    """Names of quarters and townships of Chinese cities, parted by spaces, by the city's four digits."""
    table = resources.files("store.data").joinpath("cn_quarters.tsv").read_text(encoding="utf-8")
    return dict(line.split("\t") for line in table.splitlines())


def _checked(name: str, digest: str) -> bytes | None:
    try:
        model = resources.files("store.data").joinpath(name).read_bytes()
    except FileNotFoundError:
        return None
    found = hashlib.sha256(model).hexdigest()
    if found != digest:
        raise StoreError(
            f"store/data/{name}",
            f"its SHA-256 is {found[:12]}…, not {digest[:12]}…; restore the file or remove it",
        )
    return model
