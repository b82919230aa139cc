"""Many changes in one file: a bulk operation, started, asked for and read line by line.

::

    staged upload ──> file ──> bulkOperationRunMutation          one for each mutation
    poll: CREATED RUNNING CANCELING   not done
          COMPLETED                   its lines
          FAILED CANCELED EXPIRED     the lines that were done; all others again
          gone                        all again: everything told so is level-triggered

A line of the result has the number of the line of the input (``__lineNumber``), so that nothing
depends on their order; a line that is missing or cannot be read is told again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..core.errors import AuthError, InvalidError, RejectedError, ThrottledError
from . import files
from .client import Client
from .failures import user_errors
from .generated.bulk_state import BulkState, BulkStateBulkOperation
from .generated.run_bulk_mutation import RunBulkMutation
from .generated.stage_upload import StageUpload
from .ids import gid, number
from .operations import operation

RUNNING = frozenset({"CREATED", "RUNNING", "CANCELING"})
BUSY = frozenset({"OPERATION_IN_PROGRESS", "LIMIT_REACHED"})
BUSY_WAIT = 30.0
"""Seconds after which another bulk operation may be free (five run at a time)."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a result: its payload is the mutation's own."""

    number: int
    payload: Mapping[str, Any] | None
    error: str = ""


class Bulk:
    """Bulk operations of one shop."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def start(self, document: str, rows: Sequence[Mapping[str, Any]], key: str) -> str:
        """Send the rows, the variables of one call each, and start.

        :param key: of the push, for Shopify's own list of operations.
        :return: the number of the operation.
        :raise ThrottledError: too many operations run.
        :raise RejectedError: the file is too large, or Shopify refuses it.
        """
        content = files.jsonl(rows)
        if len(content) > files.MAX_UPLOAD:
            raise RejectedError("The changes are too large for one file.", code="too_large")
        path = self._upload(content)
        variables = {
            "mutation": operation(document).text,
            "path": path,
            "identifier": key[:255] or None,
        }
        reply = self._client.call(RunBulkMutation, variables).bulkOperationRunMutation
        errors = user_errors(reply.userErrors if reply else (), self._client.transport.masker)
        if errors and errors[0].code in BUSY:
            raise ThrottledError(
                "Shopify works on other bulk operations of the app.",
                retry_after=BUSY_WAIT,
                code=errors[0].code,
            )
        if errors:
            raise RejectedError(
                f"Shopify refuses the file: {errors[0].message}", code="bulk_refused"
            )
        if reply is None or reply.bulkOperation is None:
            raise InvalidError("The bulk operation has no id.", code="bad_shape")
        return number(reply.bulkOperation.id)

    def state(self, one: str) -> BulkStateBulkOperation | None:
        """The operation, ``None`` when Shopify does not know it."""
        return self._client.call(BulkState, {"id": gid("BulkOperation", one)}).bulkOperation

    def lines(self, state: BulkStateBulkOperation, document: str) -> Iterator[Line]:
        """The lines of an operation that has ended.

        :raise AuthError: a right was missing.
        """
        if state.errorCode is not None and state.errorCode.value == "ACCESS_DENIED":
            raise AuthError(
                f"The app lacks a right for {operation(document).root}.", code="ACCESS_DENIED"
            )
        url = state.url or state.partialDataUrl
        if not url:
            return
        root = operation(document).root
        for row in files.lines(self._client.transport, url):
            line = row.get("__lineNumber")
            if isinstance(line, bool) or not isinstance(line, int):
                continue
            yield _line(line, row, root)

    def _upload(self, content: bytes) -> str:
        """The path of the file, as ``bulkOperationRunMutation`` wants it."""
        staged = {
            "resource": "BULK_MUTATION_VARIABLES",
            "filename": "changes.jsonl",
            "mimeType": "text/jsonl",
            "httpMethod": "POST",
        }
        reply = self._client.call(StageUpload, {"input": [staged]}).stagedUploadsCreate
        errors = user_errors(reply.userErrors if reply else (), self._client.transport.masker)
        if errors:
            raise RejectedError(f"Shopify takes no file: {errors[0].message}", code="no_upload")
        targets = (reply.stagedTargets if reply else None) or []
        if not targets or not targets[0].url:
            raise InvalidError("The upload has no address.", code="bad_shape")
        parameters = [(one.name, one.value) for one in targets[0].parameters]
        path = dict(parameters).get("key")
        if not path:
            raise InvalidError("The upload has no key.", code="bad_shape")
        files.upload(self._client.transport, targets[0].url, parameters, content)
        return path


def _line(place: int, row: Mapping[str, Any], root: str) -> Line:
    data = row.get("data")
    payload = data.get(root) if isinstance(data, Mapping) else None
    if isinstance(payload, Mapping):
        return Line(place, payload)
    errors = row.get("errors")
    first = errors[0] if isinstance(errors, list) and errors else {}
    said = first.get("message") if isinstance(first, Mapping) else ""
    return Line(place, None, str(said or "")[:300])
