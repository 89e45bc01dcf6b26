"""What Weibo's codes mean for a comment that was to be written, and comments of ours as far as a sender reads
them. Pure: no request leaves from here.

Codes: open.weibo.com/wiki/Error_code. What the server wrote beside a code is never repeated: it may quote the
token.
"""

from __future__ import annotations

from enum import StrEnum

from collectors import weibo_errors as errors
from collectors.payload import Fields
from collectors.weibo import parse_date
from store.records.post import Post, Visibility

PERHAPS = frozenset({20017, 20019, 20032, 20111})
"""Like what was written before, the same again, published with a delay, the same comment: it may stand."""

TOO_FAST = frozenset({20016})
NO_TOKEN = frozenset({21301, 21314, 21315, 21316, 21317, 21318, 21319, 21327, 21332})
# What is wrong with this comment or this post stays wrong; other codes decide nothing by themselves.
_FINAL = {
    10012: "the request is not allowed",
    10016: "a parameter is missing",
    10017: "a parameter has a wrong value",
    20012: "the text is too long",
    20018: "the text holds an address that Weibo forbids",
    20020: "Weibo takes the text for an advertisement",
    20021: "Weibo takes the text for illegal",
    20101: "the post is gone",
    20112: "the post cannot be seen",
    20201: "the comment is gone",
    20206: "the author lets only those they follow comment",
    20207: "the author lets only trusted users comment",
}


class Meaning(StrEnum):
    """What a refused write says."""

    PERHAPS = "perhaps"
    WAIT = "wait"
    TOKEN = "token"  # noqa: S105 (a word)
    PERSON = "person"
    FINAL = "final"


def meaning(code: int) -> Meaning:
    """What a code says about a comment that was to be written. Unknown codes decide nothing."""
    if code in errors.RATE_LIMITS or code in TOO_FAST:
        return Meaning.WAIT
    if code in NO_TOKEN:
        return Meaning.TOKEN
    if code in _FINAL:
        return Meaning.FINAL
    advice = errors.ADVICE.get(code)
    if advice is not None and advice.kind is errors.Kind.PERSON:
        return Meaning.PERSON
    return Meaning.PERHAPS


def words_of(code: int) -> str:
    """A code in words of ours."""
    advice = errors.ADVICE.get(code)
    said = _FINAL.get(code) or (advice.words if advice else "")
    if code in PERHAPS:
        said = "the same or nearly the same words stand already, or come with a delay"
    return f"Weibo answered code {code}{f': {said}' if said else ''}"


def why_not(post: Post, us: str) -> str:
    """Why the author of this post must not be answered now; "" if nothing stands against it.

    Weibo tells nothing of an edit, so what the post says now is asked, not whether it changed.
    """
    wanted = us.lstrip("@").casefold()
    if post.visibility is not Visibility.PUBLIC:
        return "the post is not public any more"
    if wanted not in {name.lstrip("@").casefold() for name in post.mentions}:
        return "the author changed the post and no longer names the campaign account"
    return ""


def ident_of(comment: Fields) -> str:
    """The id of a comment."""
    return comment.ident("idstr") or comment.ident("id")


def is_older(comment: Fields, since: float) -> bool:
    """Whether a comment was surely written before (seconds since 1970); not where it does not say when."""
    written = parse_date(comment.text("created_at"))
    return written is not None and written.timestamp() < since
