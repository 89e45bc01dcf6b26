"""Alerts to the case team: through Apprise, and with nothing in them but a reference and a link."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from structlog.testing import capture_logs

from bot.senders import alerts
from bot.senders.alerts import NOT_SET_UP, AlertSender, alert_text
from store.errors import NotAllowed, Unreachable

LINK = "http://127.0.0.1:8780/review"


class Inbox:
    """A channel on loopback that keeps what it is told."""

    def __init__(self) -> None:
        self.told: list[dict[str, object]] = []
        self.status = 200
        inbox = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                inbox.told.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                self.send_response(inbox.status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02})

    @property
    def url(self) -> str:
        return f"json://user:secret@127.0.0.1:{self.server.server_port}/"


@pytest.fixture
def inbox() -> Iterator[Inbox]:
    opened = Inbox()
    opened.thread.start()
    yield opened
    opened.server.shutdown()
    opened.thread.join()
    opened.server.server_close()


def test_every_channel_is_told_the_reference_the_urgency_and_the_link(inbox: Inbox) -> None:
    words = AlertSender([inbox.url, inbox.url]).send("7KX2QF", "high", LINK)
    assert words == "told 2 of 2 alert channels"
    assert len(inbox.told) == 2
    message = str(inbox.told[0]["message"])
    assert message == alert_text("7KX2QF", "high", LINK)
    assert all(part in message for part in ("7KX2QF", "high", LINK))
    assert inbox.told[0]["title"] == "Homeward"


def test_one_broken_channel_does_not_keep_the_others_from_being_told(inbox: Inbox) -> None:
    words = AlertSender(["nonsense://", "json://127.0.0.1:1/", inbox.url]).send("7KX2QF", "high", LINK)
    assert words == "told 1 of 3 alert channels"
    assert len(inbox.told) == 1


def test_an_alert_that_nobody_took_is_tried_again(inbox: Inbox) -> None:
    inbox.status = 503
    with pytest.raises(Unreachable) as caught:
        AlertSender([inbox.url]).send("7KX2QF", "normal", LINK)
    assert caught.value.retry
    assert len(inbox.told) == 1


def test_without_channels_it_says_that_the_console_alone_knows() -> None:
    sender = AlertSender([])
    assert not sender.is_set_up
    assert sender.send("7KX2QF", "high", LINK) == NOT_SET_UP
    assert AlertSender(["json://127.0.0.1/"]).is_set_up


@pytest.mark.parametrize(
    ("reference", "urgency", "link"),
    [
        ("王小明", "high", LINK),
        ("7KX2QF 王小明", "high", LINK),
        ("", "high", LINK),
        ("7KX2QF", "very high: 王小明", LINK),
        ("7KX2QF", "high", LINK + "?name=王小明"),
        ("7KX2QF", "high", LINK + " 王小明"),
        ("7KX2QF", "high", LINK + "#南京路"),
        ("7KX2QF", "high", "http://lin:secret@127.0.0.1/review"),
        ("7KX2QF", "high", "javascript:alert(1)"),
        ("7KX2QF", "high", ""),
        ("7KX2QF", "high", LINK + "/" + "a" * 300),
    ],
)
def test_nothing_but_a_reference_an_urgency_and_a_link_can_be_said(
    inbox: Inbox, reference: str, urgency: str, link: str
) -> None:
    with pytest.raises(NotAllowed) as caught:
        AlertSender([inbox.url]).send(reference, urgency, link)
    assert "王小明" not in str(caught.value)
    assert inbox.told == []


def test_the_secrets_of_channels_reach_no_log(
    caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    channels = ["json://user:hunter2@127.0.0.1:1/", "nonsense://hunter2@x/", "hunter2", "json://hunter2:@:/"]
    with caplog.at_level(0), capture_logs() as logs, pytest.raises(Unreachable) as caught:
        AlertSender(channels).send("7KX2QF", "test", LINK)
    printed = capsys.readouterr()
    said = caplog.text + str(logs) + printed.out + printed.err + str(caught.value)
    assert "alert_not_taken_everywhere" in str(logs)
    assert "hunter2" not in said


def test_who_is_on_duty_is_told_in_turn_and_everybody_s_channels_each_time() -> None:
    told: list[str] = []

    def tell(url: str, _text: str) -> bool:
        told.append(url)
        return True

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(alerts, "_tell", tell)
        sender = AlertSender(["ana=json://a/", "ben=json://b/?x=y", "json://all/?to=c"])
        assert sender.names == {"ana", "ben"}
        for to, urls in (
            (["ana"], ["json://a/", "json://all/?to=c"]),
            (["ana", "ben"], ["json://a/", "json://b/?x=y", "json://all/?to=c"]),
            ([], ["json://a/", "json://b/?x=y", "json://all/?to=c"]),
            (["cas"], ["json://all/?to=c"]),
        ):
            told.clear()
            assert (
                sender.send("7KX2QF", "high", LINK, to) == f"told {len(urls)} of {len(urls)} alert channels"
            )
            assert told == urls
        told.clear()
        AlertSender(["ana=json://a/"]).send("7KX2QF", "high", LINK, ["ben"])
        assert told == ["json://a/"], "somebody is told in any case"
