"""Tells the case team through Apprise that something waits in the console. Carries no content.

The text holds a reference, an urgency and a link to the console: no photo, name, place or handle. What
is passed is checked for its shape, so that nothing else can be slipped in.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Collection, Sequence

import structlog

from bot.rules.compose import ALPHABET, REFERENCE_LENGTH
from store.errors import NotAllowed, Unreachable

_log = structlog.get_logger(__name__)

URGENCIES = ("high", "normal", "test")
NOT_SET_UP = "console only: no alert channel is set up"

_TITLE = "Homeward"
_REFERENCE = re.compile(rf"[{ALPHABET}]{{{REFERENCE_LENGTH}}}")
# Address and path of a console page; a query or fragment could carry anything.
_LINK = re.compile(r"https?://[\w.:\[\]-]+(?:/[\w./-]*)?", re.ASCII)
_LINK_MAX = 200
_TIMEOUT_S = 20
_NAMED = re.compile(r"([a-z0-9][a-z0-9_-]{0,39})=(?=[a-zA-Z][\w+.-]*:)")


class AlertSender:
    """Sends alerts to the channels the operator listed, as Apprise addresses (they hold secrets).

    An address may have the name of a person on duty before it, `ana=mailto://…`; others are everybody's.
    """

    def __init__(self, urls: Sequence[str]) -> None:
        self._channels = tuple(_channel(url) for url in urls)

    @property
    def is_set_up(self) -> bool:
        """Whether any channel is listed."""
        return bool(self._channels)

    @property
    def names(self) -> frozenset[str]:
        """Whose channels are listed by name."""
        return frozenset(name for name, _ in self._channels if name)

    def send(self, reference: str, urgency: str, link: str, to: Collection[str] = ()) -> str:
        """Tell channels; gives how many took it, in words that may be shown and kept.

        `to` are the persons whose turn it is, beside the channels of everybody; empty tells all. `urgency`
        is one of URGENCIES. Without channels nothing is sent and the words say so. Raises
        NotAllowed for a value of another shape, Unreachable when no channel took the alert.
        """
        text = alert_text(reference, urgency, link)
        if not self._channels:
            return NOT_SET_UP
        wanted = [url for name, url in self._channels if not to or not name or name in to]
        urls = wanted or [url for _, url in self._channels]
        told, of = sum(_tell(url, text) for url in urls), len(urls)
        if told < of:
            _log.warning("alert_not_taken_everywhere", reference=reference, told=told, of=of)
        if told == 0:
            raise Unreachable(f"alert {reference}", f"none of {of} alert channels took it; see the console")
        return f"told {told} of {of} alert channels"


def _channel(url: str) -> tuple[str, str]:
    """(the name of whom it reaches, or "", the Apprise address)."""
    named = _NAMED.match(url)
    return (named[1], url[named.end() :]) if named else ("", url)


def alert_text(reference: str, urgency: str, link: str) -> str:
    """The whole text of an alert. Raises NotAllowed for a value that is not of its own shape."""
    if not _REFERENCE.fullmatch(reference):
        raise NotAllowed("alert", "the reference is not one of ours")
    if urgency not in URGENCIES:
        raise NotAllowed("alert", f"the urgency is none of {', '.join(URGENCIES)}")
    if len(link) > _LINK_MAX or not _LINK.fullmatch(link):
        raise NotAllowed("alert", "the link is not the address of a console page, without query")
    return f"Something waits for the case team. Reference {reference}, urgency {urgency}. Open {link}"


def _tell(url: str, text: str) -> bool:
    """Hand the text to one channel. Its own failures are counted, never raised: the others go on."""
    # Slow to load, and only needed when there is something to tell.
    import apprise

    # Apprise logs the addresses it cannot use, with their secrets.
    logging.getLogger("apprise").setLevel(logging.CRITICAL + 1)
    asset = apprise.AppriseAsset(secure_logging=True, storage_mode=apprise.PersistentStoreMode.MEMORY)
    channel = apprise.Apprise(asset=asset)
    if not channel.add(url):
        return False
    return bool(
        channel.notify(body=text, title=_TITLE, notify_type=apprise.NotifyType.INFO, timeout=_TIMEOUT_S)
    )
