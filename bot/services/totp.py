"""The second factor: codes that change every 30 seconds (RFC 6238), and recovery codes that work once.

The secret is sealed with the installation's key to its account's row. How often somebody may try is the
business of the door that asks.
"""

from __future__ import annotations

import base64
import secrets
from dataclasses import dataclass

import segno
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor import InvalidToken
from cryptography.hazmat.primitives.twofactor.totp import TOTP

from bot.pipeline import watching
from bot.pipeline.road import Road
from bot.rules.compose import ALPHABET
from bot.services import people
from store import audit, second_factors, users
from store.db import Transaction
from store.errors import Conflict, Missing, NotAllowed, UsageError
from store.users import User

SECRET_BYTES = 20  # as long as the digest: RFC 4226, section 4, R6
STEP_S = 30
DIGITS = 6
# A clock may be one step off either way (RFC 6238, section 5.2).
DRIFT_STEPS = 1
CODES, CODE_CHARS = 10, 12


@dataclass(frozen=True, slots=True, repr=False)
class Enrolment:
    """What a person brings into their authenticator: the key to type, its address, the same as a picture."""

    key: str
    uri: str
    svg: str


def _row(name: str) -> str:
    return f"second factor:{name}"


def _totp(secret: bytes) -> TOTP:
    # SHA-1 is what authenticators take; HMAC does not rest on what is broken in it (RFC 6238, section 1.2).
    return TOTP(secret, DIGITS, SHA1(), STEP_S, enforce_key_length=True)  # noqa: S303


def needs(user: User) -> bool:
    """Whether the account has a role for which a live campaign wants a second factor."""
    return not users.NEEDS_FACTOR.isdisjoint(user.roles)


def begin(road: Road, name: str) -> None:
    """Make a fresh secret, which counts once a code of it was shown. Raises Conflict if one counts."""
    with road.store.transaction() as tx:
        held = second_factors.get(tx, name)
        if held is not None and held.confirmed_at is not None:
            raise Conflict(name, "has a second factor; end it first to set up another one")
        secret = secrets.token_bytes(SECRET_BYTES)
        second_factors.put(tx, name, road.key.seal_bytes(secret, row=_row(name)), road.clock())


def enrolment(road: Road, name: str, issuer: str) -> Enrolment | None:
    """The secret that waits for its first code; None if none waits."""
    with road.store.reading() as tx:
        held = second_factors.get(tx, name)
    if held is None or held.confirmed_at is not None:
        return None
    secret = road.key.open_bytes(held.sealed, row=_row(name))
    uri = _totp(secret).get_provisioning_uri(name, issuer)
    key = base64.b32encode(secret).decode()
    spaced = " ".join(key[at : at + 4] for at in range(0, len(key), 4))
    picture = segno.make(uri, error="m", micro=False).svg_inline(scale=5, border=4, light="#fff", dark="#000")
    return Enrolment(spaced, uri, picture)


def confirm(road: Road, name: str, code: str, token: str) -> list[str]:
    """The first code: from now on the factor counts. Gives the recovery codes, shown this once.

    Raises NotAllowed for a wrong code, Missing if nothing waits for one.
    """
    now = road.clock()
    with road.store.transaction() as tx:
        held = second_factors.get(tx, name)
        if held is None or held.confirmed_at is not None:
            raise Missing("second factor", "does not wait for a code; begin again on your page")
        if not _takes(road, tx, name, code):
            raise NotAllowed("code", "is wrong or old; write the one that is shown just now")
        second_factors.confirm(tx, name, now)
        users.pass_second(tx, token, now)
        audit.write(tx, now, name, "user.second_factor", name)
        return _new_codes(road, tx, name)


def _new_codes(road: Road, tx: Transaction, name: str) -> list[str]:
    codes = ["".join(secrets.choice(ALPHABET) for _ in range(CODE_CHARS)) for _ in range(CODES)]
    second_factors.put_codes(tx, name, [_digest(road, name, code) for code in codes])
    return ["-".join(code[at : at + 4] for at in range(0, CODE_CHARS, 4)) for code in codes]


def _digest(road: Road, name: str, code: str) -> str:
    plain = "".join(char for char in code.upper() if char.isalnum())
    return road.key.digest("recovery code", f"{name}:{plain}")


def _takes(road: Road, tx: Transaction, name: str, code: str) -> bool:
    """Whether the code is right just now and was not taken before; it is taken then."""
    held, plain = second_factors.get(tx, name), "".join(code.split())
    if held is None or not (plain.isascii() and plain.isdigit() and len(plain) == DIGITS):
        return False
    totp = _totp(road.key.open_bytes(held.sealed, row=_row(name)))
    this = int(road.clock().timestamp()) // STEP_S
    for step in range(this - DRIFT_STEPS, this + DRIFT_STEPS + 1):
        try:
            totp.verify(plain.encode(), step * STEP_S)
        except InvalidToken:
            continue
        return second_factors.spend_step(tx, name, step)
    return False


def show(road: Road, name: str, code: str, token: str) -> bool:
    """Pass the second factor in a session by a code or a recovery code. False if it is wrong or was used."""
    now = road.clock()
    with road.store.transaction() as tx:
        how = "code"
        if not _takes(road, tx, name, code):
            if not second_factors.spend_code(tx, name, _digest(road, name, code), now):
                return False
            how = "recovery code"
        users.pass_second(tx, token, now)
        left = second_factors.codes_left(tx, name)
        audit.write(tx, now, name, "user.second_shown", name, how=how, left=left)
    return True


def codes_left(road: Road, name: str) -> int:
    """How many recovery codes nobody used."""
    with road.store.reading() as tx:
        return second_factors.codes_left(tx, name)


def renew_codes(road: Road, name: str, code: str) -> list[str]:
    """New recovery codes in place of all before. Raises UsageError for a wrong code."""
    with road.store.transaction() as tx:
        if not _takes(road, tx, name, code):
            raise UsageError("code", "is wrong or was used; wait for the next one")
        audit.write(tx, road.clock(), name, "user.recovery_codes", name)
        return _new_codes(road, tx, name)


def end(road: Road, name: str, code: str) -> None:
    """Its owner ends the factor, with a code of it. Raises UsageError for a wrong one."""
    with road.store.transaction() as tx:
        if not _takes(road, tx, name, code):
            raise UsageError("code", "is wrong or was used; wait for the next one")
        second_factors.drop(tx, name)
        audit.write(tx, road.clock(), name, "user.second_ended", name)


def reset(road: Road, name: str, *, by: str) -> None:
    """An administrator ends the factor of somebody who lost it: signed out everywhere, alarmed, audited.

    Raises Missing if there is none, NotAllowed for one's own.
    """
    if by == name:
        raise NotAllowed(name, "is your own account; end the factor on your page, with a code of it")
    now = road.clock()
    with road.store.transaction() as tx:
        users.get(tx, name)
        if not second_factors.drop(tx, name):
            raise Missing(name, "has no second factor")
        ended = people.sign_out(tx, name)
        audit.write(tx, now, by, "user.second_reset", name, ended=ended)
        watching.alarm(road, tx, watching.Why.FACTOR, name, by, f"{now:%Y-%m-%dT%H:%M}")
