"""The query of config.yaml: what a post must carry beside one of the hashtags. Values only; asks nobody."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from bot.config_types import Block, Hashtag, says
from store.records.page import TagQuery

Phrase = Annotated[str, Field(min_length=2, max_length=100)]
Language = Annotated[str, Field(pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$")]
AuthorName = Annotated[str, Field(pattern=r"^@?\S{1,300}$")]


class Query(Block):
    """Beside one of the hashtags: all of these, none of those, every phrase, one of the languages."""

    all: Annotated[tuple[Hashtag, ...], says("hashtags that must all be there", max_length=10)] = ()
    none: Annotated[tuple[Hashtag, ...], says("hashtags that must not be there", max_length=50)] = ()
    phrases: Annotated[tuple[Phrase, ...], says("words that must all be there", max_length=10)] = ()
    langs: Annotated[tuple[Language, ...], says("languages such as zh or en", max_length=20)] = ()
    not_authors: Annotated[
        tuple[AuthorName, ...], says("handles or ids whose posts are left out", max_length=100)
    ] = ()

    def asked(self, tags: tuple[str, ...]) -> TagQuery:
        """What a source is asked for: one of these hashtags, and all the rest."""
        return TagQuery(tags, self.all, self.none, self.phrases, self.langs, self.not_authors)
