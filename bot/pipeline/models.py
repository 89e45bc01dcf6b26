"""Which face model is in force: the database says it, since the vectors that can be compared are there.

config.yaml names the model that is wished for; another one comes into force only with all its vectors
(bot/services/reembedding.py), or at once where the one in force cannot be had any more.
"""

from __future__ import annotations

from collections.abc import Callable

import structlog

from bot.faces.described import Described
from bot.faces.models import FaceModel
from bot.match.inputs import Thresholds
from bot.pipeline import limits
from bot.pipeline.road import Road
from store import campaign, face_models, vectors
from store.db import Store
from store.errors import ModelError
from store.face_models import ModelRow

log = structlog.get_logger(__name__)

NOTICE = "face model"


class ModelInForce:
    """Gives the face model in force, loaded once; asks the database each time, so that a switch is seen.

    `describe` gives the model of a source without loading it, `wished` is the source that config.yaml
    names: it counts until a first model is in force.
    """

    def __init__(self, store: Store, describe: Callable[[str], Described], wished: str) -> None:
        self._store = store
        self._describe = describe
        self._wished = wished
        self._loaded: dict[str, FaceModel] = {}

    def __call__(self) -> FaceModel:
        with self._store.reading() as tx:
            row = face_models.in_force(tx)
        known = self._loaded.get(row.digest) if row else None
        if known is not None:
            return known
        found = self._describe(row.source if row else self._wished)
        if row is not None and found.digest != row.digest:
            raise ModelError(
                row.source,
                "is not the face model whose vectors are stored; put the file back, or start Homeward with "
                "another one in faces.model",
            )
        # Loaded twice by two threads at once, one of the two is dropped; neither is wrong.
        return self._loaded.setdefault(found.digest, found.load())


def adopt(road: Road, describe: Callable[[str], Described], wished: str) -> None:
    """What a start does: the wished model is the first, or comes in place of one that is not there any more.

    Where another one is in force, people are told how to switch. Raises ModelError when neither is there.
    """
    now = road.clock()
    with road.store.reading() as tx:
        held = face_models.in_force(tx)
    is_there = held is not None and _digest_of(describe, held.source) == held.digest
    words = ""
    if held is None or not is_there:
        wanted = describe(wished)
        row = ModelRow(
            wanted.digest, wanted.source, wanted.name, wanted.dimension, face_models.NEXT, 0, 0, now, now
        )
        with road.store.transaction() as tx:
            face_models.switch(tx, row, expect=held.digest if held else None, at=now)
        log.info("face_model_in_force", name=wanted.name, digest=wanted.digest[:12])
    elif _digest_of(describe, wished) != held.digest:
        words = (
            f"config.yaml names another face model than the one in force ({held.name}): run `run_bot.py "
            "faces re-embed --shadow` to see what would change, then without --shadow to switch."
        )
    with road.store.transaction() as tx:
        campaign.notice(tx, NOTICE, words, now)


def _digest_of(describe: Callable[[str], Described], source: str) -> str:
    """The digest that a source has now, "" where it cannot be read."""
    try:
        return describe(source).digest
    except ModelError as error:
        log.warning("face_model_missing", source=source, reason=error.detail)
        return ""


def thresholds_of(road: Road, model: FaceModel) -> Thresholds:
    """Where the tiers begin with this model: as configured, or as its own sheet says they were measured.

    What a person accepted for it comes before both, and the operator's wish holds for all.
    """
    own = getattr(model, "thresholds", None)
    usual = road.rules.thresholds
    return limits.in_force(road, own(usual) if callable(own) else usual, model.digest)


def forget_former(road: Road, *, most: int = 50_000) -> int:
    """Forget vectors of models that are in force no more. How many went."""
    gone = 0
    with road.store.reading() as tx:
        former = face_models.listing(tx, face_models.FORMER)
    for row in former:
        while gone < most:
            with road.store.transaction() as tx:
                part = vectors.drop_model(tx, row.digest)
            gone += part
            if not part:
                break
    return gone
