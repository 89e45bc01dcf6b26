"""The console block of config.yaml: where it listens, how long people stay signed in, when alarms come."""

from __future__ import annotations

from typing import Annotated, Literal

from bot.config_types import Block, HostName, count, says, span


class Measures(Block):
    """What one person may have revealed on a day before the administrators are told. Nothing is cut off."""

    photos: Annotated[int, count(1, 1_000_000, "photos seen unblurred")] = 2000
    places: Annotated[int, count(1, 100_000, "exact places opened")] = 40
    contacts: Annotated[int, count(1, 100_000, "contacts of families opened")] = 20
    exports: Annotated[int, count(1, 10_000, "exports of records or case files")] = 3


class Console(Block):
    """Where the console listens, and how people come in."""

    host: Annotated[HostName, says("the address to listen on")] = "127.0.0.1"
    port: Annotated[int, count(0, 65535, "the port; 0 takes a free one")] = 8780
    allowed_hosts: Annotated[tuple[HostName, ...], says("more names it is reached by, behind a proxy")] = ()
    https: Annotated[bool, says("true behind a proxy that speaks HTTPS; cookies go over it alone")] = False
    second_factor: Annotated[
        Literal["live", "always"], says("live: asked of roles that see faces once the campaign is live")
    ] = "live"
    signed_in_max_h: Annotated[float, span(0.25, 168, "hours until one signs in again")] = 12
    signed_in_idle_h: Annotated[float, span(0.05, 168, "hours without use until one signs in again")] = 2
    role_wait_h: Annotated[
        float, span(1, 720, "hours until the only administrator gets a role that sees faces")
    ] = 24
    measures: Measures = Measures()
