"""What a face model must be able to do, and how its files are found and trusted.

The port and the loader; no pixel is looked at here.
"""

from __future__ import annotations

import hashlib
from importlib import metadata
from pathlib import Path
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from store.errors import ModelError
from store.records.photo import FaceBox

Pixels = NDArray[np.uint8]
"""RGB pixels, (height, width, 3)."""

Vector = NDArray[np.float32]
"""An embedding: (dimension,), length 1."""

CROP_SIDE_PX = 112
"""Side of an aligned crop: what recognisers of this family are trained on."""


@runtime_checkable
class FaceModel(Protocol):
    """Finds faces and describes each by a vector. Safe to call from several threads.

    `name` is for people; `digest` (hex) names exactly the files and the way they are used: vectors
    of different digests must never be compared. `licence` says under what the files may be used.
    """

    @property
    def name(self) -> str: ...

    @property
    def digest(self) -> str: ...

    @property
    def dimension(self) -> int: ...

    @property
    def licence(self) -> str: ...

    def find(self, rgb: Pixels) -> list[FaceBox]:
        """Every face in the picture, in pixels of it, in no particular order."""
        ...

    def crop(self, rgb: Pixels, box: FaceBox) -> Pixels:
        """The face turned upright and scaled by its landmarks: (112, 112, 3)."""
        ...

    def embed(self, rgb: Pixels, box: FaceBox) -> Vector:
        """The embedding of one face of `find`: float32, length 1."""
        ...


def model_path(package: str, inside: str) -> Path:
    """Where a file lies that an installed package carries; the package itself is not imported.

    Raises ModelError when the package or the file is missing.
    """
    try:
        found = metadata.distribution(package).locate_file(inside)
    except metadata.PackageNotFoundError as error:
        raise ModelError(package, "is not installed; run `make setup` again") from error
    path = Path(str(found))
    if not path.is_file():
        raise ModelError(package, f"lacks {inside}; reinstall it at the pinned version")
    return path


def trusted_bytes(path: Path, sha256: str) -> NDArray[np.uint8]:
    """Read a model file whole and check its digest, so that what is checked is what is used.

    Raises ModelError when it cannot be read or is not the file that was pinned.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ModelError(str(path), f"cannot be read ({error.strerror})") from error
    found = hashlib.sha256(data).hexdigest()
    if found != sha256:
        raise ModelError(
            str(path),
            f"has digest {found[:12]}…, expected {sha256[:12]}…: damaged or another version; reinstall it",
        )
    return np.frombuffer(data, dtype=np.uint8)
