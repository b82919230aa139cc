"""The way of an API call: operation, access token, usage plan, handler, headers."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from werkzeug.wrappers import Response

from ..room import Exchange
from ..wire import ApiError, Invalid, json_response
from . import operations
from .errors import QUOTA, SpError, invalid, missing
from .marketplaces import MARKETPLACES
from .rates import Rates
from .tokens import HEADER
from .values import digest

if TYPE_CHECKING:
    from .room import AmazonRoom

Parts = dict[str, str]
Handler = Callable[[Exchange, Parts], Response]


class Api:
    """Answers the calls of one room."""

    def __init__(self, room: AmazonRoom) -> None:
        self._room = room
        self.rates = Rates(room.services.clock)
        tokens, documents = room.tokens, room.documents
        self._handlers: dict[str, Handler] = {
            "login": lambda exchange, _: tokens.login(exchange),
            "document": lambda exchange, _: documents.serve(exchange),
            "createRestrictedDataToken": lambda exchange, _: tokens.restricted(exchange),
            "getMarketplaceParticipations": self._participations,
        }
        for part in room.parts():
            self._handlers.update(part.handlers())

    def answer(self, exchange: Exchange) -> Response:
        """:raises ApiError: the call is refused."""
        room, name = self._room, exchange.endpoint
        found = operations.find(exchange.request.method, exchange.path)
        assert found is not None
        factor = room.settings.rates
        headers = {"x-amzn-RequestId": self._request_id(exchange)}
        try:
            if name == "queue":
                room.tick()
                return room.queue.answer(exchange)
            with room.services.store.transaction():
                room.tick()
                if name in operations.OUTSIDE:
                    return self._handlers[name](exchange, found[1])
                headers.update(Rates.header(name, factor))
                response = self._operation(exchange, found[1], factor)
        except SpError as error:
            error.headers.update(headers)
            raise
        except Invalid as error:
            raise SpError(400, str(error), headers=headers) from None
        response.headers.update(headers)
        return response

    def _operation(self, exchange: Exchange, parts: Parts, factor: float) -> Response:
        name = exchange.endpoint
        if name == "unknown":
            raise missing("The requested resource does not exist.")
        if name == "wrong method":
            raise SpError(405, "Method not allowed.", code="MethodNotAllowed")
        access = self._room.tokens.check(exchange)
        if not self.rates.take(name, access.refresh or access.scope, factor):
            raise SpError(429, QUOTA)
        if name in operations.REMOVED:
            raise SpError(410, "This operation was removed.", f"{name} has a successor.")
        if exchange.plan.has("quota"):
            self.rates.empty(name, access.refresh or access.scope)
            raise SpError(429, QUOTA)
        return self._handlers[name](exchange, parts)

    def _request_id(self, exchange: Exchange) -> str:
        text = digest("request", self._room.services.seed, str(exchange.record.id))
        return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:32]}"

    def refuse(self, status: int, message: str) -> Response:
        """What faults answer. A revoked token is 403 here; 200 with nothing is an empty object."""
        if status < 400:
            return json_response({}, status)
        if status == 401:
            error: ApiError = SpError(
                403,
                "Access to requested resource is denied.",
                "The access token you provided is revoked, malformed or invalid.",
            )
        else:
            error = SpError(status, QUOTA if status == 429 else message)
        response = error.response()
        response.headers["x-amzn-RequestId"] = digest("refused", message)[:32]
        return response

    def _participations(self, exchange: Exchange, _: Parts) -> Response:
        """getMarketplaceParticipations."""
        rows = [
            {
                "marketplace": {
                    "id": each.id,
                    "name": each.name,
                    "countryCode": each.country,
                    "defaultCurrencyCode": each.currency,
                    "defaultLanguageCode": each.language,
                    "domainName": each.domain,
                },
                "participation": {"isParticipating": True, "hasSuspendedListings": False},
                "storeName": "Nile Trade",
            }
            for each in (MARKETPLACES[name] for name in self._room.settings.marketplaces)
        ]
        return json_response({"payload": rows})


def own_marketplaces(room: AmazonRoom, given: list[str], most: int = 50) -> list[str]:
    """Marketplaces of a call. :raises SpError: 400, unknown, or the seller is not in it."""
    if len(given) > most:
        raise invalid(f"At most {most} marketplaces may be given.")
    for each in given:
        if each not in room.settings.marketplaces:
            raise invalid(f"Invalid marketplace '{each[:40]}'.")
    return given


def credential_of(headers: object) -> str:
    """The token of a request, for the log and for fault rules."""
    get = getattr(headers, "get", None)
    return str(get(HEADER) or "") if get else ""
