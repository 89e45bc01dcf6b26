"""The shape of `photos.object_store` in config.yaml: photos in a bucket that several hosts share.

Values only; the keys to it are secrets of the environment.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from bot.config_types import Block, Text, says

Address = Annotated[str, Field(pattern=r"^s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[A-Za-z0-9._/-]{0,200})?$")]


class ObjectStore(Block):
    """An S3-compatible object store; without an address photos lie in the data folder."""

    address: Annotated[Address | None, says("s3://BUCKET or s3://BUCKET/FOLDER; empty: the data folder")] = (
        None
    )
    endpoint: Annotated[Text | None, says("https address of the server; empty: Amazon's own")] = None
    region: Annotated[Text, says("the bucket's region")] = "us-east-1"
