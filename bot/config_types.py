"""The words of config.yaml's models: texts, names, numbers with limits, and the block they stand in.

Values only. The description of a field is what a mistake in it shows as allowed.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any
from unicodedata import normalize
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError

RULE = "house_rule"
"""The pydantic error type of rules that look at more than one field."""


def keep(*broken: tuple[bool, str, str]) -> None:
    """Raise one error for all rules that are broken: (is it broken, dotted path below here, the way out)."""
    breaks = [(path, way_out) for is_broken, path, way_out in broken if is_broken]
    if breaks:
        raise PydanticCustomError(RULE, "a rule of this block is broken", {"breaks": breaks})


def span(low: float, high: float, words: str, *, open_start: bool = False) -> Any:
    """A finite number from `low` to `high`; with `open_start`, `low` itself is too small."""
    if open_start:
        return Field(gt=low, le=high, allow_inf_nan=False, description=words)
    return Field(ge=low, le=high, allow_inf_nan=False, description=words)


def count(low: int, high: int, words: str) -> Any:
    """A whole number from `low` to `high`."""
    return Field(ge=low, le=high, description=words)


def says(words: str, **limits: Any) -> Any:
    """What an operator may write here, in words, and pydantic's limits for it."""
    return Field(description=words, **limits)


def _utc(value: datetime) -> datetime:
    return value.astimezone(UTC)


def _tag(value: str) -> str:
    """Take `#tag`, `＃tag` and the paired `#tag#` as `tag`."""
    bare = normalize("NFC", value).strip().strip("#＃").strip()
    is_tag = bool(bare) and not any(c in "#＃\n\r\t" for c in bare)
    keep((not is_tag, "", 'one hashtag, such as "BringThemHome" or "#宝贝回家#"'))
    return bare


def _zone(value: str) -> str:
    """Take a name that the time zone data knows."""
    try:
        ZoneInfo(value)
    except (KeyError, ValueError, OSError):
        keep((True, "", "an IANA time zone, such as Asia/Shanghai"))
    return value


def _handle(value: str) -> str:
    return value.removeprefix("@")


Text = Annotated[str, Field(min_length=1, max_length=2000)]
Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,39}$")]
Handle = Annotated[
    str, Field(pattern=r"^@?[^\s@/]{1,253}(@[^\s@/:]{1,253}(:\d{1,5})?)?$"), AfterValidator(_handle)
]
Hashtag = Annotated[str, Field(min_length=1, max_length=100), AfterValidator(_tag)]
Country = Annotated[str, Field(pattern=r"^[A-Z]{2}$")]
AwareTime = Annotated[AwareDatetime, Field(ge=datetime(2000, 1, 1, tzinfo=UTC)), AfterValidator(_utc)]
ServerAddress = Annotated[
    str, Field(pattern=r"^(https://[^\s/@?#]+|http://(127\.0\.0\.1|localhost|\[::1\])(:\d+)?)/?$")
]
Cosine = Annotated[float, Field(ge=-1, le=1, allow_inf_nan=False)]
TnormScore = Annotated[float, Field(ge=0, le=100, allow_inf_nan=False)]
ContactAddress = Annotated[
    str, Field(pattern=r"^(https://[^\s@]+\.[^\s@]+|[^\s@:/]+@[^\s@]+\.[^\s@]+)$", max_length=200)
]
Did = Annotated[str, Field(pattern=r"^(did:[a-z]+:[A-Za-z0-9._:%-]+)?$")]
HostName = Annotated[str, Field(pattern=r"^[A-Za-z0-9.:-]+$", max_length=253)]
DatabaseUrl = Annotated[str, Field(pattern=r"^(|sqlite:///.+|postgresql(\+psycopg)?://.+)$")]
Zone = Annotated[str, AfterValidator(_zone)]
ClockTime = Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]


class Block(BaseModel):
    """A block of config.yaml: strict types, no key that is not declared, never changed once read."""

    model_config = ConfigDict(
        strict=True, extra="forbid", frozen=True, str_strip_whitespace=True, hide_input_in_errors=True
    )
