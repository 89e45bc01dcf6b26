"""The shape of config.yaml's `case_files` and `exchange` blocks: which authorities, how long, who stamps.

Values only.
"""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from bot.config_types import Block, Country, Text, count, keep, says, span


class Authority(Block):
    """An authority that case files are made for. Its key is checked by voice before it stands here."""

    name: Annotated[Text, says("as it stands on the file", max_length=120)]
    country: Annotated[Country, says("ISO 3166 code, such as CN")]
    key: Annotated[str, Field(pattern=r"^age1[0-9a-z]{20,}$"), says("its age public key: age1…")]
    key_checked: Annotated[
        Text, says("how, when and with whom the key was compared by voice", min_length=8, max_length=300)
    ]


class CaseFiles(Block):
    """How case files for authorities are made and handed over."""

    authorities: Annotated[tuple[Authority, ...], says("a list of authorities", max_length=100)] = ()
    longest_days: Annotated[int, count(1, 365, "days a case file's purpose may last")] = 90
    link_h: Annotated[float, span(1, 720, "hours a one-time link is good")] = 72
    kept_after_h: Annotated[float, span(0, 720, "hours the encrypted file stays after it was fetched")] = 24
    code_tries: Annotated[int, count(1, 10, "wrong codes until a link is over")] = 5
    time_stamp_url: Annotated[
        str,
        Field(pattern=r"^(|https?://[^\s@#]+)$"),
        says("an RFC 3161 time-stamping service; empty: none"),
    ] = ""
    time_stamp_roots: Annotated[str, says("file with that service's root certificates (PEM)")] = ""
    time_stamp_timeout_s: Annotated[float, span(1, 120, "seconds for one time stamp")] = 15

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        names = [each.name for each in self.authorities]
        keep(*((n in names[:at], f"authorities.{at}.name", "its own name") for at, n in enumerate(names)))
        return self


class Exchange(Block):
    """PFIF records for other registries, of cases whose family agreed. Off by default."""

    enabled: bool = False
    fields: Annotated[
        tuple[str, ...],
        says("PFIF person fields that may leave; ids and dates always do", max_length=40),
    ] = ("full_name", "sex", "date_of_birth", "description", "home_country", "source_name")
    expire_days: Annotated[int, count(1, 730, "days until a record that went out expires elsewhere")] = 60
