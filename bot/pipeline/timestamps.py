"""RFC 3161 time stamps: asks the operator's service that bytes existed at a moment, and checks what it said.

Only a digest leaves. Knows no case file.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import httpx
from cryptography import x509
from rfc3161_client import (
    HashAlgorithm,
    PKIStatus,
    TimestampRequestBuilder,
    TimeStampResponse,
    TimeStampTokenInfo,
    VerificationError,
    VerifierBuilder,
    decode_timestamp_response,
)

from bot.rules.casefiles import CaseFilePlan
from store.errors import BadPayload, ConfigError, Unreachable

MOST_BYTES = 200_000
_QUERY, _REPLY = "application/timestamp-query", "application/timestamp-reply"


@dataclass(frozen=True, slots=True)
class Stamp:
    """A service's word in DER, and the moment that it names (aware UTC)."""

    der: bytes
    at: datetime


def ask(
    plan: CaseFilePlan, content: bytes, *, monotonic_s: Callable[[], float] = time.monotonic
) -> Stamp | None:
    """A time stamp over the SHA-512 of the content; None where no service is configured.

    Raises Unreachable when the service does not answer, refuses, or says something else.
    """
    if not plan.stamp_url:
        return None
    request = TimestampRequestBuilder().data(content).hash_algorithm(HashAlgorithm.SHA512).build()
    subject = "time stamp"
    try:
        answer = _asked(plan, request.as_bytes(), monotonic_s)
    except httpx.HTTPError as error:
        raise Unreachable(subject, f"the service did not answer ({type(error).__name__})") from error
    try:
        if _decoded(answer)[1].nonce != request.nonce:
            raise BadPayload(subject, "is an answer to another question")
        stamp = check(answer, content, plan.stamp_roots)
    except BadPayload as error:
        raise Unreachable(subject, f"the service's answer does not hold: {error.detail}") from error
    return stamp


def _asked(plan: CaseFilePlan, question: bytes, monotonic_s: Callable[[], float]) -> bytes:
    """The service's answer, at most MOST_BYTES of it, within the time-out in all. Nothing is unpacked."""
    headers = {"Content-Type": _QUERY, "Accept": _REPLY, "Accept-Encoding": "identity"}
    ends_at, body = monotonic_s() + plan.stamp_timeout_s, bytearray()
    with (
        httpx.Client(timeout=plan.stamp_timeout_s, trust_env=False, follow_redirects=False) as client,
        client.stream("POST", plan.stamp_url, content=question, headers=headers) as answer,
    ):
        status = answer.status_code
        if status != 200 or answer.headers.get("content-encoding", "identity").lower() != "identity":
            raise Unreachable("time stamp", f"the service answered {status}, which is no time stamp")
        for part in answer.iter_raw():
            body += part
            if len(body) > MOST_BYTES or monotonic_s() > ends_at:
                raise Unreachable("time stamp", "the service's answer is too long or too slow")
    return bytes(body)


def check(der: bytes, content: bytes, roots: str) -> Stamp:
    """What a time stamp says of the content; against the roots if a file of them is named.

    Raises BadPayload for a stamp of something else or by somebody else, ConfigError for unreadable roots.
    """
    said, info = _decoded(der)
    if info.message_imprint.message != hashlib.sha512(content).digest():
        raise BadPayload("time stamp", "is over something else")
    if roots:
        builder = VerifierBuilder()
        for root in _roots(Path(roots)):
            builder = builder.add_root_certificate(root)
        try:
            builder.build().verify_message(said, content)
        except (VerificationError, ValueError) as error:
            raise BadPayload("time stamp", f"is not by the service you trust ({error})") from error
    return Stamp(der, info.gen_time.astimezone(UTC))


def _decoded(der: bytes) -> tuple[TimeStampResponse, TimeStampTokenInfo]:
    try:
        said = decode_timestamp_response(der)
        is_granted = said.status in (PKIStatus.GRANTED, PKIStatus.GRANTED_WITH_MODS)
        if not is_granted or said.as_bytes() != der:
            raise BadPayload("time stamp", "was refused by the service or holds more than a time stamp")
        return said, said.tst_info
    except ValueError as error:
        raise BadPayload("time stamp", f"cannot be read ({error})") from error


def _roots(path: Path) -> list[x509.Certificate]:
    try:
        return x509.load_pem_x509_certificates(path.read_bytes())
    except (OSError, ValueError) as error:
        raise ConfigError(str(path), f"holds no root certificates that can be read ({error})") from error
