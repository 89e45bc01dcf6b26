"""Which face model is in force: the database says it, since the vectors that can be compared are there.

config.yaml names the model that is wished for; another one comes into force only with all its vectors
(bot/services/reembedding.py), or at once where the one in force cannot be had any more.
"""

from __future__ import annotations

from collections.abc import Callable

import structlog

from bot.faces.described import NAMED, Described
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
        found = of_row(self._describe, row) if row else self._describe(self._wished)
        # Loaded twice by two threads at once, one of the two is dropped; neither is wrong.
        return self._loaded.setdefault(found.digest, found.load())


def of_row(describe: Callable[[str], Described], row: ModelRow) -> Described:
    """The model of a row, told by its digest: a name like `default` may have come to mean another one since.

    Raises ModelError when it cannot be had any more.
    """
    found = describe(row.source)
    if found.digest == row.digest:
        return found
    for source in sorted(NAMED - {row.source}) if row.source in NAMED else ():
        if _digest_of(describe, source) == row.digest:
            return describe(source)
    raise ModelError(
        row.source,
        "is not the face model whose vectors are stored; put the file back, or start Homeward with "
        "another one in faces.model",
    )


def named(road: Road, digest: str) -> Described | None:
    """The model with this digest, if it is one of those that come along."""
    describe = road.describe_model
    if describe is None:
        return None
    return next((describe(each) for each in sorted(NAMED) if _digest_of(describe, each) == digest), None)


def adopt(road: Road, describe: Callable[[str], Described], wished: str) -> bool:
    """What a start does: the wished model is the first, or comes in place of one that is not there any more.

    True in the latter case: faces have to be described anew. Where another one is in force, it stays so and
    people are told how to switch. Raises ModelError when neither is there.
    """
    now = road.clock()
    with road.store.reading() as tx:
        held = face_models.in_force(tx)
    is_there = held is not None and _is_there(describe, held)
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
            f"The face model in force ({held.name}) is not the one that config.yaml asks for "
            f"({_name_of(describe, wished)}). Everything goes on with the one in force: run `run_bot.py "
            "faces re-embed --shadow` to see what would change, then without --shadow to switch."
        )
    with road.store.transaction() as tx:
        campaign.notice(tx, NOTICE, words, now)
    return held is not None and not is_there


def _is_there(describe: Callable[[str], Described], row: ModelRow) -> bool:
    try:
        of_row(describe, row)
    except ModelError:
        return False
    return True


def _name_of(describe: Callable[[str], Described], source: str) -> str:
    """A model's name for people, its source where it cannot be read."""
    try:
        return describe(source).name
    except ModelError:
        return source


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
