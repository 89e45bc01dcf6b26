"""kill -9 at every step of sending: the server has exactly one status, also where it ignores keys.

Counted in the server's own database, never by what Homeward believes.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest

from tests.chaos.conftest import Zygote
from tests.chaos.ledger import Faults, Patience
from tests.servers.mastodon import MastodonDesk, spawned

pytestmark = pytest.mark.servers

STEPS = (
    "collect.page_read", "ingest.before_commit", "ingest.after_commit", "reply.half_written",
    "reply.before_commit", "reply.after_commit", "send.before_claim", "send.after_claim", "send.after_call",
    "send.before_receipt", "send.after_receipt",
)  # fmt: skip
DOUBT = ("send.before_find", "send.after_find")
_tags = count(1)


@pytest.fixture(scope="module", params=[False, True], ids=["keeps-keys", "ignores-keys"])
def server(request: pytest.FixtureRequest) -> Iterator[MastodonDesk]:
    with spawned(ignore_idempotency=request.param) as desk:
        yield desk


@pytest.fixture
def tag(server: MastodonDesk) -> str:
    """A hashtag of its own, with one post that names the bot."""
    server.clear_bot_statuses()
    word = f"Sighting{next(_tags)}"
    server.post(f"@homeward a child alone at the station #{word}")
    return word


def sending(
    zygote: Zygote, folder: Path, server: MastodonDesk, tag: str, kill: tuple[str, int] | None
) -> bool:
    """One run; true if the kill struck."""
    told = zygote.order("sending", str(folder), server.base_url, server.bot_token, tag, kill=kill)
    assert told["killed"] or told["code"] == 0
    return bool(told["killed"])


def one_reply(faults: Faults, name: str, times: int, server: MastodonDesk) -> None:
    """Say what befell, and that exactly one reply stands on the server."""
    stand = server.count_bot_statuses()
    faults.befell(name, times, lost=stand == 0, doubled=max(0, stand - 1))
    assert stand == 1


def test_a_summoned_post_gets_one_answer(
    zygote: Zygote, fresh: Callable[[], Path], server: MastodonDesk, tag: str
) -> None:
    folder = fresh()
    for _ in range(2):
        assert not sending(zygote, folder, server, tag, None)
        assert server.count_bot_statuses() == 1


@pytest.mark.parametrize("step", STEPS)
def test_a_kill_at_a_step_leaves_exactly_one_status(
    step: str, zygote: Zygote, fresh: Callable[[], Path], server: MastodonDesk, tag: str, faults: Faults
) -> None:
    folder = fresh()
    assert sending(zygote, folder, server, tag, (step, 1)), f"{step} was never reached"
    sending(zygote, folder, server, tag, None)
    one_reply(faults, "kill -9 while replying (Mastodon)", 1, server)


@pytest.mark.parametrize("step", DOUBT)
@pytest.mark.parametrize("before", ["send.after_claim", "send.after_call"])
def test_a_kill_while_looking_a_doubtful_reply_up_leaves_exactly_one_status(
    step: str,
    before: str,
    zygote: Zygote,
    fresh: Callable[[], Path],
    server: MastodonDesk,
    tag: str,
    faults: Faults,
) -> None:
    folder = fresh()
    assert sending(zygote, folder, server, tag, (before, 1))
    assert sending(zygote, folder, server, tag, (step, 1)), f"{step} was never reached"
    sending(zygote, folder, server, tag, None)
    one_reply(faults, "kill -9 while replying (Mastodon)", 2, server)


def test_an_answer_lost_after_the_server_acted_is_not_sent_again(
    zygote: Zygote, fresh: Callable[[], Path], server: MastodonDesk, tag: str, faults: Faults
) -> None:
    server.lose_answers(1)
    sending(zygote, fresh(), server, tag, None)
    one_reply(faults, "answer lost after the server acted (Mastodon)", 1, server)


@pytest.mark.soak
def test_many_kills_anywhere_in_sending_leave_exactly_one_status(
    zygote: Zygote, fresh: Callable[[], Path], server: MastodonDesk, faults: Faults
) -> None:
    draw = random.Random(11)
    struck, patience = 0, Patience(1 / 4)
    while patience.lasts(struck):
        server.clear_bot_statuses()
        word = f"Sighting{next(_tags)}"
        server.post(f"@homeward a child alone at the station #{word}")
        folder = fresh()
        times = sum(
            sending(zygote, folder, server, word, (draw.choice(STEPS + DOUBT), 1))
            for _ in range(draw.choice((1, 1, 2, 3)))
        )
        sending(zygote, folder, server, word, None)
        one_reply(faults, "kill -9 while replying (Mastodon)", times, server)
        struck += times
