"""The rehearsing sender: measures like its platform and never sends."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from bot.rules import lengths
from bot.senders.base import Sender
from bot.senders.dry_run import DryRunSender
from store.records.post import Platform
from store.records.reply import Absent, Receipt, Refused
from tests.contract.senders.contract import row
from tests.contract.senders.test_fake import FakeBench


@pytest.mark.parametrize("platform", list(Platform))
def test_it_measures_as_its_platform_does(platform: Platform) -> None:
    sender = DryRunSender(platform, "homeward")
    text = "@lin 孩子 https://example.com/" + "x" * 80
    assert isinstance(sender, Sender)
    assert sender.platform == platform.value
    assert sender.measure(text, "lin") == lengths.measure(platform, text, "lin")
    assert sender.limits.max_length == lengths.RULES[platform].max_length
    assert DryRunSender(platform, "homeward", max_length=7).limits.max_length == 7


def test_it_refuses_to_send_and_finds_nothing() -> None:
    sender = DryRunSender(Platform.MASTODON, "homeward")
    reply = row(FakeBench(honours_keys=True), "p", "mastodon:p")
    assert sender.may_answer(reply) == ""
    answer = sender.send(reply)
    assert isinstance(answer, Refused)
    assert "rehearsal" in answer.why
    assert isinstance(sender.find(reply), Absent)
    receipt = Receipt("1", "", datetime(2026, 5, 25, tzinfo=UTC), "")
    assert isinstance(sender.withdraw(receipt), Refused)


def test_it_knows_no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    import socket

    def forbidden(*_: object, **__: object) -> None:
        raise AssertionError("a rehearsal opened a socket")

    monkeypatch.setattr(socket, "socket", forbidden)
    test_it_refuses_to_send_and_finds_nothing()
