"""Our accounts as config.yaml names them, in the shape that senders are built from. Asks nobody."""

from __future__ import annotations

from bot.config import Config
from bot.senders.base import Account
from store.records.post import Platform


def accounts_of(config: Config) -> dict[Platform, Account]:
    """Our account on each platform that has one."""
    ours = config.accounts
    found = {
        platform: Account(other.handle, other.id, other.server or "")
        for platform, other in ours.others().items()
    }
    if ours.mastodon is not None:
        found[Platform.MASTODON] = Account(ours.mastodon.full_handle, server=ours.mastodon.server)
    if ours.bluesky is not None:
        bluesky = ours.bluesky
        found[Platform.BLUESKY] = Account(bluesky.handle, bluesky.did, _address(bluesky.server))
    if ours.x is not None:
        found[Platform.X] = Account(ours.x.handle.lstrip("@"), ours.x.id, _address(ours.x.server))
    if ours.weibo is not None:
        weibo = ours.weibo
        options = {"rip": weibo.rip}
        found[Platform.WEIBO] = Account(weibo.screen_name, "", _address(weibo.server), options)
    return found


def _address(server: str | None) -> str:
    return (server or "").rstrip("/")
