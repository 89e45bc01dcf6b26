"""Which posts their platform or their author calls sexual, so that nobody is shown their pictures unasked.

Pure: the post as it was read. What only asks for care (blur) is told apart from what is put away; the
reasons for each platform are in docs/quarantine.md.
"""

from __future__ import annotations

from collections.abc import Iterable

import regex

from store.records.post import Platform, Post
from store.records.quarantine import Duty, Lead, Reason

BLUESKY_SEXUAL = ("porn", "sexual", "nudity")
"""com.atproto.label.defs: `nudity` is "non-sexual" for adults; with children in the posts it goes along."""
BLUESKY_BLUR = ("graphic-media", "gore")

# Words in a content warning that say that the picture is sexual. They stand alone, and words with which
# people warn of what a text speaks about ("sexual abuse, mentioned") are not among them.
_ALONE = regex.compile(
    r"(?<!\w)(?:nsfw|porn|porno|pornography|pornographic|nude|nudes|nudity|naked|lewd|lewds|erotic|erotica|"
    r"hentai|18\s?\+|\+\s?18|xxx|sexual content|sexually explicit|sexual images?|adult content|adults only|"
    r"nackt|nacktheit|nacktbild(?:er)?|pornografie|nudité|pornographie|desnudos?|desnudez|pornografía|"
    r"nudez|pornografia|порно|эротика|обнаж[её]нка)(?!\w)",
    regex.IGNORECASE,
)
_ANYWHERE = ("色情", "裸体", "裸體", "裸照", "成人内容", "成人內容", "18禁", "エロ", "ヌード")
_DENIED = regex.compile(r"(?<!\w)(?:no|not|non|kein|keine|pas de|sin)[\s-]+\Z", regex.IGNORECASE)


def labelled(post: Post) -> list[Reason]:
    """Why the pictures of this post are put away at once, as far as its platform or author says so."""
    if post.platform is Platform.BLUESKY:
        return [_reason(post, label, f"is labelled {label!r}") for label in _labels(post, BLUESKY_SEXUAL)]
    word = sexual_word(post.content_warning)
    if word and post.platform is not Platform.X:
        return [_reason(post, word, "has a content warning that calls it sexual")]
    return []


def asks_for_care(post: Post) -> bool:
    """Whether the pictures should stay blurred: sensitive in some way, but not called sexual."""
    return post.sensitive or bool(post.content_warning) or bool(_labels(post, BLUESKY_BLUR))


def sexual_word(warning: str) -> str:
    """The word in a content warning that calls the post sexual, "" if none does or it says the opposite."""
    for found in _ALONE.finditer(warning):
        if not _DENIED.search(warning[: found.start()]):
            return str(found.group().casefold())
    return next((word for word in _ANYWHERE if word in warning), "")


def _labels(post: Post, among: Iterable[str]) -> list[str]:
    """The reader of Bluesky posts joins the standing labels of author and moderators into the warning."""
    standing = {label.strip() for label in post.content_warning.split(",")}
    return [label for label in among if label in standing]


def _reason(post: Post, entry: str, words: str) -> Reason:
    return Reason(Lead.LABEL, post.platform.value, entry, f"the post {words}", Duty.LOOK)
