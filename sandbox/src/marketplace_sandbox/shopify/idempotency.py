"""The rules of the directive ``@idempotent(key:)``.

The first result of a key is kept, whatever it was, and given again for the same arguments. Other
arguments, a call that is still under way, and an attempt that broke half way are userErrors. Keys
are those of one app and one mutation.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Iterator
from typing import Any

from graphql import FieldNode, OperationDefinitionNode
from graphql.execution.values import get_argument_values

from ..wire import to_json
from .assembly import Api, idempotency_key
from .errors import RequestError, user_error
from .part import Context, Part

#: response key → (app/mutation/key, digest of the arguments)
Keyed = dict[str, tuple[str, str]]
NO_KEY = "The @idempotent directive is required for this mutation but was not provided."
_TEXTS = {
    "IDEMPOTENCY_CONCURRENT_REQUEST": "This request is currently in progress, please try again.",
    "IDEMPOTENCY_KEY_PARAMETER_MISMATCH": "The same idempotency key cannot be used with different "
    "operation parameters.",
    "IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED": "The previous attempt failed, please try again with a "
    "new key.",
}


def alias_of(node: Any) -> str:
    """The name that a root field has in the answer; empty for a fragment."""
    if not isinstance(node, FieldNode):
        return ""
    return node.alias.value if node.alias else node.name.value


def keyed_fields(
    api: Api, operation: OperationDefinitionNode, variables: dict[str, Any], app: str
) -> Keyed:
    """The root fields that need a key.

    :raises RequestError: one of them has none.
    """
    mutation = api.schema.mutation_type
    assert mutation is not None
    found: Keyed = {}
    for node in operation.selection_set.selections:
        if not isinstance(node, FieldNode) or node.name.value not in api.idempotent:
            continue
        key = idempotency_key(api, node, variables)
        if not key:
            raise RequestError(NO_KEY, "BAD_REQUEST")
        args = get_argument_values(mutation.fields[node.name.value], node, variables)
        text = json.dumps(args, sort_keys=True, default=str)
        digest = hashlib.sha256(text.encode()).hexdigest()
        found[alias_of(node)] = (f"{app}/{node.name.value}/{key}", digest)
    return found


class Keys(Part):
    """Results by key, kept with the state, and the keys of calls that are under way."""

    def __init__(self, room: Any) -> None:
        super().__init__(room)
        self._table = self.plain("idempotency")
        self._running: set[str] = set()

    def clear(self) -> None:
        self._table.clear()

    @contextlib.contextmanager
    def claimed(self, keyed: Keyed, context: Context) -> Iterator[None]:
        """Hold the keys while the call runs; refuse those that another call holds."""
        lock = self.room.services.store.lock
        with lock:
            mine = set()
            for alias, (key, _) in keyed.items():
                if key in self._running:
                    _refuse(context, alias, "IDEMPOTENCY_CONCURRENT_REQUEST")
                else:
                    mine.add(key)
            self._running |= mine
        try:
            yield
        finally:
            with lock:
                self._running -= mine

    def replayed(self, keyed: Keyed, context: Context) -> dict[str, Any]:
        """What was answered before, by response key; refusals go to the context."""
        found: dict[str, Any] = {}
        for alias, (key, digest) in keyed.items():
            row = self._table.get(key)
            if alias in context.refusals or row is None:
                continue
            if row["digest"] != digest:
                _refuse(context, alias, "IDEMPOTENCY_KEY_PARAMETER_MISMATCH")
            elif row["failed"]:
                _refuse(context, alias, "IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED")
            else:
                found[alias] = row["data"]
        return found

    def keep(
        self, data: dict[str, Any] | None, context: Context, keyed: Keyed, replayed: set[str]
    ) -> None:
        """Remember the results that are new."""
        for alias, (key, digest) in keyed.items():
            found = (data or {}).get(alias)
            # Without data the field was refused as a whole and did nothing: the key stays free.
            if alias not in replayed and alias not in context.refusals and found is not None:
                plain = json.loads(to_json(found))
                self._table.put(key, {"digest": digest, "data": plain, "failed": False})

    def fail(self, keyed: Keyed) -> None:
        """Remember that an attempt broke half way."""
        for key, digest in keyed.values():
            if self._table.get(key) is None:
                self._table.put(key, {"digest": digest, "data": None, "failed": True})


def _refuse(context: Context, alias: str, code: str) -> None:
    context.refusals[alias] = user_error(None, _TEXTS[code], code)
