"""Weibo's error codes: which error of the house each one is, and what to do. Pure.

Codes: open.weibo.com/wiki/Error_code and docs/platforms/weibo.md. Which of them pass by themselves is our
reading of that list. What the server wrote beside a code is never repeated: it may quote the token.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from store.errors import BadPayload, NeedsPerson, RateLimited, SourceError, Unreachable

SIGN_IN = "there is no refresh token: sign in again at oauth2/authorize and put the new token into .env"
GONE = frozenset({20101, 20112, 20201})
RATE_LIMITS = frozenset({10022, 10023, 10024})
NOT_GRANTED = frozenset({10005, 10014, 10020, 10032})
WRONG_IDS = frozenset({10008, 10017, 20001})

_MOST_DIGITS = 9


class Kind(StrEnum):
    """What a code asks of us."""

    WAIT = "wait"
    LATER = "later"
    PERSON = "person"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class Advice:
    """What a code means and what to do about it, in words for the operator."""

    kind: Kind
    words: str


_WAIT, _LATER, _PERSON, _NEVER = Kind.WAIT, Kind.LATER, Kind.PERSON, Kind.NEVER
ADVICE: Mapping[int, Advice] = {
    10001: Advice(_LATER, "trouble on Weibo's side"),
    10002: Advice(_LATER, "the service is paused"),
    10003: Advice(_LATER, "trouble behind Weibo's interface"),
    10004: Advice(
        _PERSON, "this machine's address is blocked: ask Weibo, or add the address to the contract"
    ),
    10005: Advice(_PERSON, "the app was not granted this interface: apply for it on open.weibo.com"),
    10006: Advice(_PERSON, "no token arrived: set HOMEWARD_WEIBO_TOKEN in .env"),
    10008: Advice(_NEVER, "a parameter is wrong"),
    10009: Advice(_LATER, "Weibo is busy"),
    10010: Advice(_LATER, "Weibo took too long"),
    10011: Advice(_LATER, "trouble behind Weibo's interface"),
    10012: Advice(_NEVER, "the request is not allowed"),
    10013: Advice(_PERSON, "the account is not a valid Weibo user: check it on weibo.com"),
    10014: Advice(_PERSON, "the app has no right to this interface: apply for it, or sign the contract"),
    10016: Advice(_NEVER, "a parameter is missing"),
    10017: Advice(_NEVER, "a parameter has a wrong value"),
    10020: Advice(_PERSON, "the interface does not exist (any more): see docs/platforms/weibo.md"),
    10021: Advice(_NEVER, "the interface wants another HTTP method"),
    10022: Advice(_WAIT, "too many requests from this address"),
    10023: Advice(_WAIT, "too many requests for this account"),
    10024: Advice(_WAIT, "too many requests of this account to this interface"),
    10032: Advice(_PERSON, "the account did not grant this scope: sign in again and allow it"),
    20001: Advice(_NEVER, "no ids were given"),
    20003: Advice(_PERSON, "the account does not exist: check it on weibo.com"),
    20015: Advice(_PERSON, "the account or the app is restricted: sign in on weibo.com and look"),
    20016: Advice(_LATER, "too much at once"),
    20031: Advice(_PERSON, "Weibo asks for a captcha: sign in on weibo.com once"),
    20101: Advice(_NEVER, "the post is gone"),
    20112: Advice(_NEVER, "the post cannot be seen"),
    20201: Advice(_NEVER, "the comment is gone"),
    21301: Advice(_PERSON, f"the token is not accepted; {SIGN_IN}"),
    21314: Advice(_PERSON, f"the token was used already; {SIGN_IN}"),
    21315: Advice(_PERSON, f"the token has expired; {SIGN_IN}"),
    21316: Advice(_PERSON, f"the token was revoked; {SIGN_IN}"),
    21317: Advice(_PERSON, f"the token was rejected; {SIGN_IN}"),
    21318: Advice(_PERSON, f"the token timed out; {SIGN_IN}"),
    21319: Advice(_PERSON, f"the account has taken the permission back; {SIGN_IN}"),
    21321: Advice(
        _PERSON,
        "the app is not reviewed and this account is no tester: have it reviewed, or add the account "
        "to the app's testers (15 at most)",
    ),
    21327: Advice(_PERSON, f"the token has expired; {SIGN_IN}"),
    21331: Advice(_LATER, "the sign-in service is down"),
    21332: Advice(_PERSON, f"the token is invalid; {SIGN_IN}"),
}


def code_in(value: object) -> int | None:
    """The error code of an answer, which Weibo writes as a number or as text; None when it has none."""
    code = value.get("error_code") if isinstance(value, dict) else None
    if isinstance(code, str):
        code = code.strip()
        fits = code.isascii() and code.isdecimal() and len(code) <= _MOST_DIGITS
        return int(code) or None if fits else None
    if isinstance(code, float) and code.is_integer():
        code = int(code)
    if isinstance(code, bool) or not isinstance(code, int):
        return None
    return code if 0 < code < 10**_MOST_DIGITS else None


def error_of(subject: str, path: str, code: int, wait: timedelta) -> SourceError:
    """The error of the house that a code stands for. `wait` counts only for the codes of rate limits."""
    advice = ADVICE.get(code)
    if advice is None:
        words = f"{path} answered code {code}, which is not in our list; see open.weibo.com/wiki/Error_code"
        return BadPayload(subject, words)
    words = f"{path} answered code {code}: {advice.words}"
    match advice.kind:
        case Kind.WAIT:
            return RateLimited(subject, f"{words}; wait {wait.total_seconds():.0f} s", wait)
        case Kind.LATER:
            return Unreachable(subject, words)
        case Kind.PERSON:
            return NeedsPerson(subject, words)
        case Kind.NEVER:
            return BadPayload(subject, words)
