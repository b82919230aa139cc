"""Bulk operations: started by the API, worked on in a thread each, with results as JSONL files.

    CREATED ──► RUNNING ──► COMPLETED
                   ├──────► FAILED      (fault ``half``, access denied, restart of the sandbox)
                   └► CANCELING ──► CANCELED

A bulk mutation runs once per line of its input; its result has a line for each with
``__lineNumber`` (from 0), failures stand in ``data.*.userErrors``. A fault rule that names the
endpoint ``bulkOperation`` (path ``/query`` or ``/mutation``) decides when one starts: ``half``
breaks it, ``rows`` fails lines, ``stuck`` never ends.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import IO, Any

from ..faults import Plan
from ..wire import to_json
from .access import Access
from .bulk_query import BadQuery, Compiled, Line, Walk
from .engine import Invalid, Query
from .errors import FieldError, RequestError, refuse
from .gids import gid, number_of
from .paging import connection
from .part import Context, Part
from .registry import Resolvers
from .search import compile_search
from .values import iso_rest

KIND = "BulkOperation"
OPEN = ("CREATED", "RUNNING", "CANCELING")
AT_A_TIME = 10


@dataclass
class Operation:
    """A bulk operation. input: key of the staged upload of a mutation."""

    id: int
    app: str
    type: str
    query: str
    base: str
    created: datetime
    input: str = ""
    group: bool = False
    status: str = "CREATED"
    error_code: str | None = None
    completed: datetime | None = None
    objects: int = 0
    roots: int = 0
    size: int | None = None
    url: str | None = None
    partial_url: str | None = None
    client: str | None = None

    typename = KIND


class _Stopped(Exception):  # noqa: N818 - an order
    """Cancelled, broken by a fault, or the server stops."""

    def __init__(self, status: str, code: str | None = None) -> None:
        super().__init__(status)
        self.status = status
        self.code = code


class Bulk(Part):
    """All bulk operations of the shop."""

    def __init__(self, room: Any) -> None:
        super().__init__(room)
        self.table = self.rows("bulk", Operation)
        self._compiled: dict[int, Compiled] = {}
        for each in self.table.values():
            if each.status in OPEN:  # the process that worked on it is gone
                with room.services.store.transaction():
                    each.status, each.error_code = "FAILED", "INTERNAL_SERVER_ERROR"
                    each.completed = room.now()
                    self.table.put(each)

    def clear(self) -> None:
        for each in self.table.values():
            each.status = "CANCELED" if each.status in OPEN else each.status
        self.table.clear()

    def state(self) -> dict[str, Any]:
        return {"bulk_operations": [vars(each) for each in self.table.values()]}

    # === THE API === #

    def resolvers(self) -> Resolvers:
        found = Resolvers()
        found.node(KIND, self._own)
        found.query("bulkOperation")(lambda ctx, id: self._own(ctx, number_of(id, KIND)))
        found.query("bulkOperations")(self._list)
        found.mutation("bulkOperationRunQuery")(self._run_query)
        found.mutation("bulkOperationRunMutation")(self._run_mutation)
        found.mutation("bulkOperationCancel")(self._cancel)
        values: dict[str, Any] = {
            "id": lambda row, ctx: gid(KIND, row.id),
            "createdAt": lambda row, ctx: row.created,
            "completedAt": lambda row, ctx: row.completed,
            "fileSize": lambda row, ctx: row.size,
            "objectCount": lambda row, ctx: row.objects,
            "rootObjectCount": lambda row, ctx: row.roots,
            "partialDataUrl": lambda row, ctx: row.partial_url,
        }
        for name, function in values.items():
            found.field(f"{KIND}.{name}")(function)
        return found

    def _own(self, ctx: Context, number: int) -> Operation | None:
        row = self.table.get(number)
        return row if row is not None and row.app == ctx.access.app else None

    def _list(
        self, ctx: Context, query: str | None = None, sort_key: str = "CREATED_AT", **args: Any
    ) -> Any:
        keep = compile_search(
            query,
            {
                "": lambda row: row.query,
                "id": lambda row: row.id,
                "status": lambda row: row.status,
                "operation_type": lambda row: row.type,
                "created_at": lambda row: row.created,
                "completed_at": lambda row: row.completed,
            },
        )
        rows = [each for each in self.table.values() if each.app == ctx.access.app]
        return connection(rows, key=lambda row: (row.created, row.id), keep=keep, **args)

    def _check_room(self, ctx: Context, kind: str, path: list[str] | None) -> None:
        busy = sum(
            each.status in OPEN and each.type == kind and each.app == ctx.access.app
            for each in self.table.values()
        )
        if busy >= self.room.settings.bulk_most:
            raise refuse(path, f"A limit of {int(self.room.settings.bulk_most)} bulk {kind.lower()}"
                         " operations at a time has been reached.", "LIMIT_REACHED")  # fmt: skip

    def _run_query(self, ctx: Context, query: str, group_objects: bool = False) -> Any:
        self._check_room(ctx, "QUERY", None)
        try:
            compiled = Compiled(self.room.engine.api.schema, self.room.engine.read(query))
        except (Invalid, BadQuery, RequestError) as error:
            raise refuse(["query"], f"Invalid bulk query: {error}", "INVALID") from None
        row = self._new(ctx, "QUERY", query)
        row.group = group_objects
        self._compiled[row.id] = compiled
        return self._start(row)

    def _run_mutation(
        self,
        ctx: Context,
        mutation: str,
        staged_upload_path: str,
        client_identifier: str | None = None,
    ) -> Any:
        self._check_room(ctx, "MUTATION", None)
        try:
            query = self.room.engine.read(mutation)
            operation = query.operation(None)
        except (Invalid, RequestError) as error:
            raise refuse(["mutation"], f"Invalid mutation: {error}", "INVALID_MUTATION") from None
        if operation.operation.value != "mutation" or len(operation.selection_set.selections) != 1:
            raise refuse(["mutation"], "The mutation must have exactly one root field",
                         "INVALID_MUTATION")  # fmt: skip
        if operation.selection_set.selections[0].name.value.startswith("bulkOperation"):  # type: ignore[attr-defined]
            raise refuse(["mutation"], "This mutation is not supported in bulk", "INVALID_MUTATION")
        if self.room.uploads.staged(staged_upload_path) is None:
            raise refuse(["stagedUploadPath"], "The JSONL file could not be found. Try uploading "
                         "the file again, and check that you've entered the URL correctly.",
                         "NO_SUCH_FILE")  # fmt: skip
        row = self._new(ctx, "MUTATION", mutation)
        row.input, row.client = staged_upload_path, client_identifier
        return self._start(row)

    def _new(self, ctx: Context, kind: str, query: str) -> Operation:
        number = self.room.next_id("bulk", 3001)
        return Operation(number, ctx.access.app, kind, query, ctx.base, ctx.now)

    def _start(self, row: Operation) -> Any:
        self.table.put(row)
        # What is answered is the operation as it was made, whatever the thread does meanwhile.
        answer = Operation(**vars(row))
        thread = threading.Thread(target=self._work, args=(row,), name=f"bulk-{row.id}")
        thread.daemon = True
        thread.start()
        return {"bulkOperation": answer, "userErrors": []}

    def _cancel(self, ctx: Context, id: str) -> Any:
        row = self._own(ctx, number_of(id, KIND))
        if row is None:
            raise refuse(["id"], "Bulk operation does not exist")
        if row.status not in OPEN:
            raise refuse(["id"], "A bulk operation cannot be canceled when it is "
                         f"{row.status.lower()}")  # fmt: skip
        row.status = "CANCELING"
        self.table.put(row)
        return {"bulkOperation": Operation(**vars(row)), "userErrors": []}

    # === WORK === #

    def _work(self, row: Operation) -> None:
        services = self.room.services
        services.stopping.wait(self.room.settings.bulk_seconds)
        facts = {"provider": self.room.name, "endpoint": "bulkOperation", "method": "",
                 "path": f"/{row.type.lower()}", "token": row.app}  # fmt: skip
        plan = services.faults.plan(facts, row.query.encode(), named=True)
        name = f"bulk-{row.id}.jsonl"
        path = self.room.uploads.path(name)
        status, code = "COMPLETED", None
        try:
            if row.status == "CREATED":
                row.status = "RUNNING"
            services.store.touch()
            with path.open("wb") as file:
                steps = self._query_steps if row.type == "QUERY" else self._mutation_steps
                for _ in steps(row, plan, file):
                    self._check(row, plan)
                if plan.has("stuck"):
                    self._hang(row)
        except _Stopped as stop:
            status, code = stop.status, stop.code
        except FieldError as error:
            denied = error.extensions.get("code") == "ACCESS_DENIED"
            status, code = "FAILED", "ACCESS_DENIED" if denied else "INTERNAL_SERVER_ERROR"
        except Exception:
            # The thread must not leave the operation open; the traceback goes to the log.
            gone = self.table.get(row.id) is not row  # started over, and its files with it
            self._end(row, "FAILED", "INTERNAL_SERVER_ERROR", name)
            if gone:
                return
            raise
        self._end(row, status, code, name)

    def _check(self, row: Operation, plan: Plan) -> None:
        services = self.room.services
        if services.stopping.is_set() or self.table.get(row.id) is not row:
            raise _Stopped("FAILED", "INTERNAL_SERVER_ERROR")
        if row.status == "CANCELING":
            raise _Stopped("CANCELED")
        delay = self.room.settings.bulk_row_ms
        if delay:
            services.stopping.wait(delay / 1000 * AT_A_TIME)

    def _hang(self, row: Operation) -> None:
        while True:
            self._check(row, Plan())
            self.room.services.stopping.wait(0.05)

    def _end(self, row: Operation, status: str, code: str | None, name: str) -> None:
        room = self.room
        self._compiled.pop(row.id, None)
        if room.services.stopping.is_set():
            return
        with room.services.store.transaction():
            if self.table.get(row.id) is not row:
                return  # the room was reset meanwhile
            path = room.uploads.path(name)
            size = path.stat().st_size if path.exists() else 0
            url = f"{row.base}/bulk-result/{name}" if size else None
            row.status, row.error_code, row.completed = status, code, room.now()
            row.size = size or None
            row.url = url if status == "COMPLETED" else None
            row.partial_url = url if status != "COMPLETED" else None
            self.table.put(row)
            body = {
                "admin_graphql_api_id": gid(KIND, row.id),
                "completed_at": iso_rest(row.completed),
                "created_at": iso_rest(row.created),
                "error_code": code.lower() if code else None,
                "status": status.lower(),
                "type": row.type.lower(),
            }
            room.events.publish("BULK_OPERATIONS_FINISH", body, str(row.id), row.app)

    def _context(self, row: Operation) -> Context:
        access = Access(row.app, self.room.tokens.scopes())
        return Context(self.room, access, self.room.now(), row.base, origin=f"bulk {row.id}")

    # === QUERIES === #

    def _query_steps(self, row: Operation, plan: Plan, file: IO[bytes]) -> Iterator[None]:
        walk = Walk(self._compiled[row.id], self._context(row))
        later = self.room.uploads.path(f"bulk-{row.id}.children")
        total = len(self.room.catalogue.products)
        after = plan.rule.params["after"] if plan.has("half") and plan.rule else None
        limit = (total // 2 if after is None else int(after)) if plan.has("half") else None
        with later.open("w+b") as children:
            # Without grouping the children are not next to their parents: behind all of them.
            target = file if row.group else children
            for page in walk.pages():
                with self.room.services.store.lock:
                    lines = page()
                for line in lines:
                    if limit is not None and row.roots >= limit:
                        raise _Stopped("FAILED", "INTERNAL_SERVER_ERROR")
                    file.write(_json(line.data))
                    row.roots += 1
                    row.objects += 1 + self._write(line, target)
                yield
            if not row.group:
                children.seek(0)
                while block := children.read(1 << 20):
                    file.write(block)
        later.unlink(missing_ok=True)

    def _write(self, line: Line, file: IO[bytes]) -> int:
        count = 0
        for child in line.children:
            file.write(_json(child.data))
            count += 1 + self._write(child, file)
        return count

    # === MUTATIONS === #

    def _mutation_steps(self, row: Operation, plan: Plan, file: IO[bytes]) -> Iterator[None]:
        query = self.room.engine.read(row.query)
        source = self.room.uploads.staged(row.input)
        assert source is not None
        limit = None
        if plan.has("half") and plan.rule is not None:
            after = plan.rule.params["after"]
            with source.open("rb") as lines:
                limit = sum(1 for _ in lines) // 2 if after is None else int(after)
        with source.open("rb") as lines:
            number, batch = 0, []
            for text in lines:
                if text.strip():
                    batch.append((number, text))
                number += 1
                if limit is not None and number > limit:
                    break
                if len(batch) == AT_A_TIME:
                    self._run_lines(row, query, plan, batch, file)
                    batch = []
                    yield
            if batch and (limit is None or number <= limit):
                self._run_lines(row, query, plan, batch, file)
            elif batch:
                self._run_lines(row, query, plan, batch[:-1], file)
        if limit is not None and number > limit:
            raise _Stopped("FAILED", "INTERNAL_SERVER_ERROR")
        yield

    def _run_lines(
        self,
        row: Operation,
        query: Query,
        plan: Plan,
        batch: list[tuple[int, bytes]],
        file: IO[bytes],
    ) -> None:
        context = self._context(row)
        with self.room.services.store.transaction():
            for number, text in batch:
                answer = self._run_line(query, plan, number, text, context)
                file.write(_json({**answer, "__lineNumber": number}))
                row.objects += 1
                row.roots += 1
        file.flush()

    def _run_line(
        self, query: Query, plan: Plan, number: int, text: bytes, context: Context
    ) -> dict[str, Any]:
        if reason := plan.row_fault(number, None):
            extensions = {"code": "INTERNAL_SERVER_ERROR"}
            return {"errors": [{"message": reason, "extensions": extensions}]}
        try:
            given = json.loads(text)
        except ValueError:
            given = None
        if not isinstance(given, dict):
            return {"errors": [{"message": "The line is not a JSON object"}]}
        engine, operation = self.room.engine, query.operation(None)
        context.refusals = {}
        try:
            variables = engine.coerce(operation, given)
            found: dict[str, Any] = engine.run(query, operation, variables, given, context, None)
        except Invalid as error:
            return {"errors": error.errors}
        except RequestError as error:
            return {"errors": [{"message": error.message, "extensions": error.extensions}]}
        return found


def _json(data: Any) -> bytes:
    return to_json(data) + b"\n"
