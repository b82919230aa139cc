"""The one way to Shopify: every document is sent by :meth:`Client.run`.

The budget is asked for the points of a call before it is made, and told afterwards what the call
really took; nothing is repeated here but a call whose token was refused, which did nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from ..core.errors import AuthError, InvalidError, TransportError
from ..core.response import Response
from ..core.transport import Transport
from . import cost
from .auth import Login
from .const import GRAPHQL_PATH
from .dialect import TOKEN_REFUSED
from .failures import raise_for
from .operations import Operation, operation

M = TypeVar("M", bound=BaseModel)
BUCKET = "graphql"


class Client:
    """Sends documents of :mod:`.operations`.

    :param transport: to the shop.
    """

    def __init__(self, transport: Transport, login: Login) -> None:
        self.transport = transport
        self.login = login

    def call(self, model: type[M], variables: Mapping[str, Any] | None = None) -> M:
        """Send the document that is named like the generated model.

        :return: its answer, checked.
        :raise InvalidError: an answer of another shape.
        :raise AdapterError: see :mod:`.failures` and :class:`~..core.transport.Transport`.
        """
        return typed(model, self.run(model.__name__, variables))

    def run(
        self, name: str, variables: Mapping[str, Any] | None = None, *, keep: bool = True
    ) -> dict[str, Any]:
        """Send a document.

        :param name: of the operation in ``documents/``.
        :param keep: whether the log shows the bodies.
        :return: ``data`` of the answer, as received.
        :raise AdapterError: as :meth:`call`.
        """
        chosen, own = operation(name), dict(variables or {})
        return self._send(chosen, own, cost.cost(name, own), keep)

    def _send(
        self, one: Operation, variables: dict[str, Any], points: int, keep: bool
    ) -> dict[str, Any]:
        if points > cost.MOST:
            raise InvalidError(
                f"The call {one.name} would cost {points} points, {cost.MOST} are allowed.",
                code="MAX_COST_EXCEEDED",
            )
        body = {"query": one.text, "variables": variables}
        token = self.login.token()
        try:
            response = self._post(body, token, points, keep)
        except AuthError as error:
            self.login.forget(token)
            if error.code != TOKEN_REFUSED or not self.login.renewable:
                raise
            response = self._post(body, self.login.token(), points, keep)
        return self._data(one, response)

    def _post(self, body: dict[str, Any], token: str, points: int, keep: bool) -> Response:
        return self.transport.request(
            "POST",
            GRAPHQL_PATH,
            json=body,
            headers={"X-Shopify-Access-Token": token},
            bucket=BUCKET,
            cost=float(points),
            keep=keep,
        )

    def _data(self, one: Operation, response: Response) -> dict[str, Any]:
        answer = response.data
        if not isinstance(answer, dict):
            raise TransportError("The answer is no GraphQL answer.", code="bad_answer")
        raise_for(answer, one.root, self.transport.masker, response.headers.get("x-request-id"))
        data = answer.get("data")
        if not isinstance(data, dict):
            raise InvalidError("The answer has no data.", code="bad_shape")
        return data


def typed(model: type[M], data: Any) -> M:
    """Data of an answer as the generated model.

    :raise InvalidError: another shape; members are named, values are not.
    """
    try:
        return model.model_validate(data)
    except ValidationError as error:
        places = {".".join(str(part) for part in one["loc"]) for one in error.errors()}
        named = ", ".join(sorted(places)[:3])[:200]
        raise InvalidError(
            f"The answer to {model.__name__} has an unknown shape at {named}.", code="bad_shape"
        ) from None
    except (RecursionError, ValueError):
        raise InvalidError(
            f"The answer to {model.__name__} cannot be read.", code="bad_shape"
        ) from None
