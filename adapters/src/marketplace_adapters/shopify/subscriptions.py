"""Whether Shopify's webhooks come to us, and putting right what is wrong.

Shopify shows the subscriptions of this app alone, yet an app may serve several systems: one that
names another address is left alone, unless its path is ours and only the host is another.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from ..core.errors import AdapterError, RejectedError
from ..core.news import Subscriptions
from .client import Client
from .const import API_VERSION
from .failures import UserError, user_errors
from .generated.resubscribe import Resubscribe
from .generated.subscribe import Subscribe
from .generated.subscriptions import Subscriptions as Found

PAGE = 100
MOST_PAGES = 20


@dataclass(frozen=True, slots=True)
class Known:
    """One subscription of the app."""

    id: str
    topic: str
    uri: str
    version: str
    format: str


class Webhooks:
    """Subscriptions of one shop."""

    def __init__(self, client: Client, topics: Sequence[str]) -> None:
        self._client = client
        self._topics = tuple(topics)

    def look(self, url: str, *, mend: bool) -> Subscriptions:
        """Compare what is with what should be; see :meth:`Adapter.subscribe`.

        :raise RejectedError: Shopify refuses every one that was to be mended.
        """
        known = self._known()
        missing = [topic for topic in self._topics if not _right(topic, url, known)]
        mended: list[str] = []
        refused: list[UserError] = []
        for topic in missing if mend else ():
            try:
                errors = self._mend(topic, url, known)
            except AdapterError:
                if not mended:
                    raise
                break
            if errors:
                refused += errors
            else:
                mended.append(topic)
        if refused and not mended:
            raise RejectedError(
                f"Shopify refuses our address for its webhooks: {refused[0].message}",
                code="webhook_refused",
            )
        return Subscriptions(self._topics, tuple(missing), tuple(mended))

    def _mend(self, topic: str, url: str, known: Sequence[Known]) -> tuple[UserError, ...]:
        given = {"uri": url, "format": "JSON"}
        own = next((one for one in known if one.topic == topic and _ours(one, url)), None)
        if own is not None:
            variables = {"id": own.id, "subscription": given}
            changed = self._client.call(Resubscribe, variables).webhookSubscriptionUpdate
            rows = changed.userErrors if changed else ()
        else:
            variables = {"topic": topic, "subscription": given}
            made = self._client.call(Subscribe, variables).webhookSubscriptionCreate
            rows = made.userErrors if made else ()  # type: ignore[assignment]
        return user_errors(rows, self._client.transport.masker)

    def _known(self) -> list[Known]:
        after, found = None, list[Known]()
        for _page in range(MOST_PAGES):
            variables = {"first": PAGE, "after": after, "topics": list(self._topics)}
            rows = self._client.call(Found, variables).webhookSubscriptions
            found += [
                Known(one.id, one.topic.value, one.uri, one.apiVersion.handle, one.format.value)
                for one in rows.nodes
            ]
            if not rows.pageInfo.hasNextPage:
                break
            after = rows.pageInfo.endCursor
        return found


def _right(topic: str, url: str, known: Sequence[Known]) -> bool:
    return any(
        (one.topic, one.uri, one.version, one.format) == (topic, url, API_VERSION, "JSON")
        for one in known
    )


def _ours(one: Known, url: str) -> bool:
    """The same path, which holds the account's own token, on whatever host."""
    try:
        theirs, own = urlsplit(one.uri), urlsplit(url)
    except ValueError:
        return False
    return theirs.scheme in ("http", "https") and theirs.path == own.path and len(own.path) > 1
