"""A crop, a mirror image or a screenshot of a registered photo is told as one, whichever came first."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image, ImageOps

from bot.config import Config
from bot.services import review
from bot.wiring import Built
from store import pictures
from store.records.match import Label, Tier
from tests.integration.conftest import work_off
from tests.integration.ready import (
    REGISTERED,
    activate,
    bring_in,
    mastodon_status,
    photo_digests,
    quick,
    staff,
)
from tests.unit.photos.drawing import cropped, jpeg, screenshot


@pytest.mark.servers
def test_copies_of_a_registered_photo_are_set_aside_before_and_after_its_registration(
    build: Callable[..., Built], config: Callable[..., Config], tmp_path: Path
) -> None:
    built = quick(build(config()))
    staff(built)
    image = Image.open(REGISTERED).convert("RGB")
    mirrored, shot = ImageOps.mirror(cropped(image)), screenshot(image)
    bring_in(built, tmp_path, "before", [mastodon_status(1, "a.jpg")], a=jpeg(mirrored, 80))
    assert work_off(built) == 0
    activate(built)
    assert work_off(built) == 0
    bring_in(built, tmp_path, "after", [mastodon_status(2, "b.jpg")], b=jpeg(shot, 80))
    assert work_off(built) == 0
    found = {card.post.key.rpartition("/")[2][-1]: card.row.match for card in review.listing(built.road)}
    assert {number: (m.label, m.tier) for number, m in found.items()} == {
        "1": (Label.POSTER, Tier.SET_ASIDE),
        "2": (Label.POSTER, Tier.SET_ASIDE),
    }
    assert all("registered photo itself" in match.reasons[0].words for match in found.values())
    with built.road.store.reading() as tx:
        for match in found.values():
            (digest,) = photo_digests(built, match.post_key)
            assert match.case_photo in pictures.group(tx, digest), (
                "known by the picture, not by the face alone"
            )
