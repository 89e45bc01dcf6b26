"""Streaming of one Mastodon source: which streams there are, at which address, with which token. No polls.

What a server cannot stream, or does not let this reader stream, is said with the way out; the polls of
the source go on meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from threading import Event
from typing import Any
from urllib.parse import urlsplit

import structlog

from collectors import mastodon_instance as instances
from collectors.base import Checked, NotSupported, Option
from collectors.context import Context
from collectors.hashtags import normalise
from collectors.http import Http, Limits, checked_base_url
from collectors.mastodon_stream import Channel, Pages, StreamRules, probe
from collectors.options import within
from store.errors import NeedsPerson, SourceError
from store.records.page import Page, TagQuery

log = structlog.get_logger(__name__)

OPTIONS = (
    Option("stream", bool, True, "follow the server's streams beside the polls, where it has them"),
    Option("streaming_url", str, "", "address of its streams where it is another host, which gets the token"),
    Option(
        "stream_silence_s",
        float,
        45.0,
        "seconds without a sign of life after which a stream is dead",
        minimum=1,
        maximum=600,
    ),
    Option(
        "max_streams",
        int,
        20,
        "most streams at once, one for each hashtag; the rest is polled",
        minimum=1,
        maximum=200,
    ),
)
_PROBE_S = 10.0


@dataclass(frozen=True, slots=True)
class Wishes:
    """What config.yaml says of a source's streams."""

    is_on: bool = True
    url: str = ""
    most: int = 20
    rules: StreamRules = field(default_factory=StreamRules)


def wishes(options: Mapping[str, Any], name: str) -> Wishes:
    """The checked options. Raises ConfigError."""
    url = options["streaming_url"]
    return Wishes(
        is_on=options["stream"],
        url=checked_base_url(instances.as_http(url) or url, f"{name}.streaming_url") if url else "",
        most=within(options, name, "max_streams", 1, 200),
        rules=StreamRules(silence_s=within(options, name, "stream_silence_s", 1, 600)),
    )


class Streaming:
    """Follows one server. Every connection has an HTTP client of its own, since each is a thread's."""

    def __init__(
        self, name: str, base_url: str, context: Context, token: str, limits: Limits, wishes: Wishes
    ) -> None:
        self._name, self._base_url, self._context = name, base_url, context
        self._token, self._limits, self._wishes = token, limits, wishes
        self._host = urlsplit(base_url).netloc.lower()

    def follow(self, queries: Sequence[TagQuery], stop: Event, *, local_only: bool) -> Iterator[Page]:
        """Pages of all streams until `stop` is set. Each is for the polls to complete: none has a cursor.

        Raises NotSupported where the server has no streams that we can read, NeedsPerson where it
        refuses them to this reader, Unreachable when one broke or fell silent, RateLimited.
        """
        if not self._wishes.is_on:
            raise NotSupported(f"{self._name}: option stream is off")
        url, channels = self._address(), self.channels(queries, local_only=local_only)
        kept, left = channels[: self._wishes.most], channels[self._wishes.most :]
        if not kept:
            raise NotSupported(f"{self._name}: there is nothing to follow without a hashtag")
        pages = Pages(kept, lambda: self._http(url), self._context, self._wishes.rules, self._host)
        if left:
            names = ", ".join(channel.name for channel in left)
            log.warning("streams_left_out", source=self._name, channels=names)
            pages.leave_out(f"{names} come by polls alone (max_streams: {self._wishes.most})")
        with closing(pages.read(stop)) as found:
            yield from found

    def channels(self, queries: Sequence[TagQuery], *, local_only: bool) -> list[Channel]:
        """A channel for each hashtag, and the notifications where there is a token."""
        path = "/api/v1/streaming/hashtag" + ("/local" if local_only else "")
        found: dict[str, Channel] = {}
        for query in queries:
            for tag in map(normalise, query.any):
                rest = replace(query, any=())
                found.setdefault(tag, Channel(f"#{tag}", path, (("tag", tag),), rest))
        if self._token:
            mentions = "/api/v1/streaming/user/notification"
            found[""] = Channel("mentions", mentions, is_optional=True)
        return list(found.values())

    def _http(self, url: str) -> Http:
        return Http(self._name, url, self._context, token=self._token, limits=self._limits)

    def _address(self) -> str:
        with self._http(self._base_url) as http:
            instance = instances.ask(http)
        if instance.websocket_only and not self._wishes.url:
            software = instance.websocket_only
            raise NotSupported(f"{self._name}: {software} streams over WebSocket alone, which is not spoken")
        return instances.streams_at(self._name, self._base_url, self._wishes.url, instance)

    def check(self, queries: Sequence[TagQuery], *, local_only: bool) -> Checked | None:
        """One line on the first stream, None where nothing is to be followed.

        A server without streams is well all the same, since it is polled; a token that is refused is not.
        """
        channels = self.channels(queries, local_only=local_only)
        if not self._wishes.is_on or not channels:
            return None
        try:
            rules = replace(self._wishes.rules, silence_s=min(_PROBE_S, self._wishes.rules.silence_s))
            probe(channels[0], self._http(self._address()), self._context, rules)
        except NotSupported as error:
            return Checked("stream", True, f"polls only ({str(error).partition(': ')[2]})")
        except NeedsPerson as error:
            if not self._token:
                return Checked("stream", True, f"polls only ({error.detail})")
            return Checked("stream", False, error.detail, "until then its hashtags are polled")
        except SourceError as error:
            return Checked("stream", False, error.detail, "look again later; its hashtags are polled")
        return Checked("stream", True, f"{channels[0].name} is streamed, and polled beside it")
