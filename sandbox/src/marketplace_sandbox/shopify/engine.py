"""One GraphQL call from its bytes to its answer.

token ─► version ─► parse, validate ─► variables ─► cost ─► bucket ─► idempotency ─► run ─► answer

Errors are those of the facts: a token answers 401, everything else 200 with ``errors``.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from graphql import (
    DocumentNode,
    ExecutionResult,
    FieldNode,
    FragmentDefinitionNode,
    GraphQLError,
    OperationDefinitionNode,
    execute,
    parse,
    validate,
)
from graphql.execution.values import get_variable_values
from graphql.language import SelectionSetNode
from werkzeug.wrappers import Request, Response

from ..room import Exchange
from ..wire import ApiError, json_response
from .access import Access
from .assembly import Api, assemble
from .cost import Meter
from .errors import RequestError
from .idempotency import Keyed, alias_of, keyed_fields
from .part import Context

if TYPE_CHECKING:
    from .room import ShopifyRoom

KEPT_DOCUMENTS = 512
BROKEN = "Internal error. Looks like something went wrong on our end."


@dataclass(frozen=True)
class Query:
    """A document that is valid, and what it asks for."""

    document: DocumentNode
    operations: dict[str, OperationDefinitionNode]
    fragments: dict[str, FragmentDefinitionNode]

    def operation(self, name: str | None) -> OperationDefinitionNode:
        """:raises RequestError: not named, or not there."""
        if name:
            if name not in self.operations:
                raise RequestError(f'No operation named "{name[:80]}"', "BAD_REQUEST")
            return self.operations[name]
        if len(self.operations) != 1:
            raise RequestError("An operation name is required", "BAD_REQUEST")
        return next(iter(self.operations.values()))


def _located(error: GraphQLError, code: str | None) -> dict[str, Any]:
    entry: dict[str, Any] = {"message": error.message}
    if error.locations:
        entry["locations"] = [
            {"line": each.line, "column": each.column} for each in error.locations
        ]
    if error.path:
        entry["path"] = error.path
    extensions = dict(error.extensions or {}) or ({"code": code} if code else {})
    return {**entry, "extensions": extensions} if extensions else entry


class Invalid(Exception):  # noqa: N818 - carries the answer
    """The document or its variables are not acceptable; `errors` is what the client gets."""

    def __init__(self, errors: list[dict[str, Any]]) -> None:
        super().__init__(errors[0]["message"])
        self.errors = errors


def _body_of(request: Request, body: bytes) -> dict[str, Any]:
    """:raises ApiError: no JSON object with a query."""
    try:
        # Plain floats: the type Float takes nothing else, and prices travel as text.
        found = json.loads(body.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise ApiError(400, "Bad Request", str(error)[:200]) from None
    if not isinstance(found, dict) or not isinstance(found.get("query"), str):
        raise ApiError(400, "query is missing")
    return found


class Engine:
    """Runs the calls of a room."""

    def __init__(self, room: ShopifyRoom) -> None:
        self._room = room
        self._api: Api | None = None
        self.read = lru_cache(KEPT_DOCUMENTS)(self._read)
        self._keys = room.keys

    @property
    def api(self) -> Api:
        """The schema, built when the first call comes: it takes a moment."""
        if self._api is None:
            with self._room.services.store.lock:
                self._api = self._api or assemble(self._room.resolvers)
        return self._api

    def _read(self, text: str) -> Query:
        """Parse and validate. :raises Invalid: it is not acceptable."""
        try:
            document = parse(text, max_tokens=100_000)
        except GraphQLError as error:
            raise Invalid([_located(error, "graphqlParseError")]) from None
        found = validate(self.api.schema, document, max_errors=20)
        if found:
            raise Invalid([_located(error, "graphqlValidationError") for error in found])
        operations = {
            each.name.value if each.name else "": each
            for each in document.definitions
            if isinstance(each, OperationDefinitionNode)
        }
        fragments = {
            each.name.value: each
            for each in document.definitions
            if isinstance(each, FragmentDefinitionNode)
        }
        return Query(document, operations, fragments)

    # === NAMES FOR THE LOG === #

    def name_of(self, request: Request, body: bytes) -> str:
        """The root fields of a call, joined by ``+``; ``graphql`` when it cannot be read."""
        try:
            data = _body_of(request, body)
            request.environ["sandbox.shopify.body"] = data
            query = self.read(data["query"])
            operation = query.operation(data.get("operationName"))
        except (ApiError, Invalid, RequestError):
            return "graphql"
        names = [
            each.name.value
            for each in operation.selection_set.selections
            if isinstance(each, FieldNode)
        ]
        return "+".join(names)[:120] or "graphql"

    # === A CALL === #

    def answer(self, exchange: Exchange, version: str) -> Response:
        """:raises ApiError: 401, or another status without a GraphQL answer."""
        room = self._room
        access = room.tokens.check(exchange.request)
        if version not in room.settings.versions:
            return json_response({"errors": "Not Found"}, 404)
        try:
            data = exchange.request.environ.get("sandbox.shopify.body") or _body_of(
                exchange.request, exchange.body
            )
        except ApiError as error:
            return json_response({"errors": {"query": error.message}}, 400)
        try:
            payload = self._call(exchange, access, data)
        except Invalid as error:
            payload = {"errors": error.errors}
        except RequestError as error:
            payload = {"errors": [{"message": error.message, "extensions": error.extensions}]}
        response = json_response(payload)
        response.headers["X-Shopify-API-Version"] = version
        return response

    def _call(self, exchange: Exchange, access: Access, data: dict[str, Any]) -> dict[str, Any]:
        query = self.read(data["query"])
        operation = query.operation(data.get("operationName"))
        given = data.get("variables")
        variables = self.coerce(operation, given if isinstance(given, dict) else {})
        meter = Meter(self.api.schema, operation, query.fragments, variables)
        cost = meter.requested()
        room, settings, now = self._room, self._room.settings, self._room.now()
        if cost > settings.most_cost:
            raise RequestError(
                f"Query cost is {cost}, which exceeds the single query max cost limit "
                f"({int(settings.most_cost)}).",
                "MAX_COST_EXCEEDED",
                cost=cost,
                maxCost=int(settings.most_cost),
                documentation="https://shopify.dev/api/usage/limits#rate-limits",
            )
        bounds = (now, settings.bucket, settings.restore_rate)
        enough = not exchange.plan.has("throttled") and room.throttle.take(
            access.app, cost, *bounds
        )
        if not enough:
            return self._throttled(access, cost)
        context = room.context(access, exchange.request)
        context.call = exchange.record.id
        try:
            result = self.run(query, operation, variables, given or {}, context, exchange)
        except RequestError:
            room.throttle.give_back(access.app, cost, *bounds)
            raise
        actual = min(cost, meter.actual(result.get("data")))
        room.throttle.give_back(access.app, cost - actual, *bounds)
        result["extensions"] = {"cost": self._cost(access, cost, actual)}
        return result

    def _cost(self, access: Access, requested: int, actual: int | None) -> dict[str, Any]:
        settings = self._room.settings
        return {
            "requestedQueryCost": requested,
            "actualQueryCost": actual,
            "throttleStatus": self._room.throttle.status(
                access.app, self._room.now(), settings.bucket, settings.restore_rate
            ),
        }

    def _throttled(self, access: Access, cost: int) -> dict[str, Any]:
        extensions = {
            "code": "THROTTLED",
            "documentation": "https://shopify.dev/api/usage/rate-limits",
        }
        return {
            "errors": [{"message": "Throttled", "extensions": extensions}],
            "extensions": {"cost": self._cost(access, cost, None)},
        }

    def coerce(self, operation: OperationDefinitionNode, given: dict[str, Any]) -> dict[str, Any]:
        """Variables as the schema reads them. :raises Invalid: they do not fit."""
        found = get_variable_values(
            self.api.schema, list(operation.variable_definitions or ()), given
        )
        if isinstance(found, list):
            raise Invalid([_located(each, "INVALID_VARIABLE") for each in found])
        return found

    # === RUNNING === #

    def run(
        self,
        query: Query,
        operation: OperationDefinitionNode,
        variables: dict[str, Any],
        given: dict[str, Any],
        context: Context,
        exchange: Exchange | None,
    ) -> dict[str, Any]:
        """Execute, with the rules of ``@idempotent``.

        :param given: the variables as they came; graphql-core wants to read them itself.
        :param exchange: None for a line of a bulk operation.
        :return: ``data`` and, if any, ``errors``.
        """
        if operation.operation.value != "mutation":
            self._pause()
            with self._room.services.store.lock:
                return self._execute(query.document, operation, given, context)
        keyed = keyed_fields(self.api, operation, variables, context.access.app)
        with self._keys.claimed(keyed, context):
            self._pause()
            with self._room.services.store.transaction():
                if exchange is not None and exchange.plan.has("half"):
                    self._keys.fail(keyed)
                    raise RequestError(BROKEN, "INTERNAL_SERVER_ERROR")
                self._room.before_mutation(operation, exchange)
                return self._mutate(query, operation, given, context, keyed)

    def _pause(self) -> None:
        if self._room.settings.latency:
            self._room.services.stopping.wait(self._room.settings.latency)

    def _execute(
        self,
        document: DocumentNode,
        operation: OperationDefinitionNode,
        given: dict[str, Any],
        context: Context,
    ) -> dict[str, Any]:
        result = execute(
            self.api.schema,
            document,
            None,
            context,
            given,
            operation.name.value if operation.name else None,
            is_awaitable=lambda _value: False,
        )
        assert isinstance(result, ExecutionResult)
        answer: dict[str, Any] = {"data": result.data}
        if result.errors:
            answer["errors"] = [self._error(each) for each in result.errors]
        return answer

    @staticmethod
    def _error(error: GraphQLError) -> dict[str, Any]:
        original = error.original_error
        known = original is None or isinstance(original, GraphQLError) or error.extensions
        if not known:
            raise original or error  # a bug of the sandbox: its log shall have the traceback
        return _located(error, None)

    # === IDEMPOTENCY === #

    def _mutate(
        self,
        query: Query,
        operation: OperationDefinitionNode,
        given: dict[str, Any],
        context: Context,
        keyed: Keyed,
    ) -> dict[str, Any]:
        replayed = self._keys.replayed(keyed, context)
        document = _without(query.document, operation, set(replayed))
        answer: dict[str, Any] = {"data": {}}
        if document is not None:
            answer = self._execute(document, operation, given, context)
        self._keys.keep(answer["data"], context, keyed, set(replayed))
        if replayed and answer["data"] is not None:
            fresh = {**answer["data"], **replayed}
            order = [alias_of(each) for each in operation.selection_set.selections]
            answer["data"] = {name: fresh[name] for name in order if name in fresh}
        return answer


def _without(
    document: DocumentNode, operation: OperationDefinitionNode, aliases: set[str]
) -> DocumentNode | None:
    """The document without some root fields of an operation; None when none is left."""
    if not aliases:
        return document
    kept = [each for each in operation.selection_set.selections if alias_of(each) not in aliases]
    if not kept:
        return None
    smaller = OperationDefinitionNode(
        operation=operation.operation,
        name=operation.name,
        variable_definitions=operation.variable_definitions,
        directives=operation.directives,
        selection_set=SelectionSetNode(selections=tuple(kept)),
    )
    definitions = [smaller if each is operation else each for each in document.definitions]
    return DocumentNode(definitions=tuple(definitions))
