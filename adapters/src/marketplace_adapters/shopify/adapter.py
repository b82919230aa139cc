"""Shopify in neutral types."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from ..core.errors import InvalidError
from ..core.limits import Limits
from ..core.news import ApiVersion
from ..core.response import Dialect
from ..core.transport import Transport
from ..core.types import Check, PushItem, Submission
from .auth import Login
from .client import Client
from .const import API_ENDS, API_VERSION
from .dialect import ShopifyDialect
from .limits import LIMITS, MAX_BATCH
from .pulls import Pulls
from .settings import origins, settings_of


class ShopifyAdapter(Pulls):
    """The Admin GraphQL API.

    Credentials: ``client_id`` and ``client_secret`` of an app in the Dev Dashboard; or
    ``access_token`` of an older app, then ``api_secret`` signs the webhooks.

    Options: see :class:`.settings.Settings`, and

    * ``upload_hosts``: further hosts for files, e.g. of a proxy
    * ``batch_size``: listings of one push, at most and by default 10,000
    """

    provider: ClassVar[str] = "shopify"
    limits = LIMITS
    dialect: ClassVar[Dialect] = ShopifyDialect()
    versions: ClassVar[tuple[ApiVersion, ...]] = (ApiVersion(API_VERSION, API_ENDS),)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.settings = settings_of(self.connection)
        login = Login(self.transport, self.connection.credentials)
        self.client = Client(self.transport, login)

    @classmethod
    def limits_for(cls, options: Mapping[str, Any]) -> Limits:
        """The lanes with the account's ``batch_size``; no topic of drafts when none are wanted."""
        limits = cls.limits
        if not options.get("include_drafts"):
            topics = tuple(topic for topic in limits.topics if topic != "draft")
            limits = dataclasses.replace(limits, topics=topics)
        size = _batch_size(options)
        if not size:
            return limits
        lanes = tuple(
            dataclasses.replace(lane, batch_size=min(size, lane.batch_size))
            for lane in limits.lanes
        )
        return dataclasses.replace(limits, lanes=lanes)

    def _open_transport(self) -> Transport:
        return Transport(self.connection.base_url, others=origins(self.connection))

    # === CONNECTION === #

    def check(self) -> Check:
        """Not built."""
        raise InvalidError("not built")

    # === OUT === #

    def push(self, lane: str, items: Sequence[PushItem], key: str) -> Submission:
        """Not built."""
        raise InvalidError("not built")


def _batch_size(options: Mapping[str, Any]) -> int:
    value = options.get("batch_size")
    if value is None or value is False or value == "":
        return 0
    text = str(value)
    if isinstance(value, bool) or not text.isdecimal() or not 1 <= int(text) <= MAX_BATCH:
        raise InvalidError(f"The option batch_size must be a number from 1 to {MAX_BATCH}.")
    return int(text)
