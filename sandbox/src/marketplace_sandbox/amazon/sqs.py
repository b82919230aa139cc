"""A queue that speaks the AWS JSON 1.0 protocol of Amazon SQS, below ``/amazon/sqs``.

Actions (header ``X-Amz-Target: AmazonSQS.<Action>``): ReceiveMessage with long polling,
DeleteMessage, DeleteMessageBatch, ChangeMessageVisibility, SendMessage, GetQueueAttributes,
GetQueueUrl, PurgeQueue. The queue is the last part of `QueueUrl`, or of the path. The access key
in the SigV4 Authorization header must be the configured one; the signature itself is not checked.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from werkzeug.wrappers import Response

from ..control import wait_ticking
from ..room import Exchange
from ..store import Table, encode
from ..wire import ApiError, Invalid, integer_of, json_response, parse_json
from .model import Message
from .values import digest

if TYPE_CHECKING:
    from .room import AmazonRoom

ACCESS_KEY = "AKIADEMOQUEUE000000A"
SECRET_KEY = "demo-queue-secret"  # the demo's; signatures are not checked
KEPT = timedelta(days=4)
VISIBILITY = 30
_CREDENTIAL = re.compile(r"Credential=([^/,\s]+)/")
KIND = "application/x-amz-json-1.0"


class QueueError(ApiError):
    """A refusal in the form of the AWS JSON protocol."""

    def __init__(self, status: int, kind: str, message: str, query_code: str = "") -> None:
        super().__init__(status, message)
        self.kind = kind
        self.query_code = query_code or kind

    def response(self) -> Response:
        body = {"__type": f"com.amazonaws.sqs#{self.kind}", "message": self.message}
        answer = json_response(body, self.status)
        answer.headers["Content-Type"] = KIND
        answer.headers["x-amzn-query-error"] = f"{self.query_code};Sender"
        return answer


class Queue:
    """All queues of the room; one is there as soon as something is sent to it."""

    def __init__(self, room: AmazonRoom) -> None:
        self._room = room
        store = room.services.store
        self.table: Table[Message] = Table(
            store, "amazon.messages", encode, lambda row: Message(**row)
        )
        self.names: Table[dict[str, Any]] = Table(store, "amazon.queues", dict, dict)
        self._held: list[Message] = []
        self._held_rule: Any = None

    def clear(self) -> None:
        self.table.clear()
        self.names.clear()
        self._held.clear()

    def add(self, name: str) -> None:
        self.names.put(name, {"name": name, "visibility": VISIBILITY})

    # === SENDING, inside a transaction === #

    def send(self, queue: str, body: str, topic: str = "", faults: bool = True) -> str:
        """Put a message in, with what the rules for deliveries do to it."""
        if queue not in self.names:
            self.add(queue)
        now = self._room.now()
        number = self._room.services.store.next_id("amazon.message", 1)
        uid = digest("message", self._room.services.seed, str(number))
        name = f"{uid[:8]}-{uid[8:12]}-{uid[12:16]}-{uid[16:20]}-{uid[20:32]}"
        messages = [Message(name, queue, body, now, now, topic=topic)]
        facts = {"provider": self._room.name, "topic": topic, "path": f"/{queue}", "token": ""}
        rules = self._room.services.faults.for_webhook(facts, body.encode()) if faults else []
        for rule in rules:
            if rule.effect == "drop":
                return name
            if rule.effect == "duplicate":
                copies = int(rule.params["copies"]) - 1
                messages += [
                    Message(f"{name[:-2]}{index:02x}", queue, body, now, now, topic=topic)
                    for index in range(copies)
                ]
            elif rule.effect == "delay":
                for each in messages:
                    each.visible = now + timedelta(milliseconds=float(rule.params["ms"]))
            elif rule.effect in ("wrong_json", "empty"):
                for each in messages:
                    each.body = body[: len(body) // 2] if rule.effect == "wrong_json" else ""
        held = next((each for each in rules if each.effect == "reorder"), None)
        if held is not None:
            self._hold(messages, int(held.params["window"]), float(held.params["hold"]))
        else:
            for each in messages:
                self.table.put(each.id, each)
        return name

    def _hold(self, messages: list[Message], window: int, hold: float) -> None:
        """Keep messages back until there are enough, then let them out in another order."""
        self._held += messages
        if len(self._held) >= window:
            self.flush()
        else:
            for each in messages:
                each.visible = self._room.now() + timedelta(seconds=hold)

    def flush(self) -> int:
        """Let out what a reorder rule holds back."""
        found, self._held = self._room.services.faults.shuffled(self._held), []
        for each in found:
            each.visible = self._room.now()
            self.table.put(each.id, each)
        return len(found)

    def tick(self) -> None:
        """Let out what was held back long enough, and forget what is too old."""
        if self._held and self._room.now() >= self._held[0].visible:
            self.flush()

    # === THE PROTOCOL === #

    def answer(self, exchange: Exchange) -> Response:
        """:raises QueueError: refused."""
        request = exchange.request
        match = _CREDENTIAL.search(request.headers.get("Authorization", ""))
        if match is None:
            raise QueueError(403, "MissingAuthenticationToken", "Missing Authentication Token")
        if match.group(1) != ACCESS_KEY:
            text = "The security token included in the request is invalid."
            raise QueueError(403, "InvalidClientTokenId", text)
        target = request.headers.get("X-Amz-Target", "")
        actions: dict[str, Callable[[str, dict[str, Any]], Any]] = {
            "ReceiveMessage": self._receive,
            "DeleteMessage": self._delete,
            "DeleteMessageBatch": self._delete_batch,
            "ChangeMessageVisibility": self._change_visibility,
            "SendMessage": self._send,
            "GetQueueAttributes": self._attributes,
            "GetQueueUrl": lambda name, body: {"QueueUrl": f"{request.base_url}/{name}"},
            "PurgeQueue": self._purge,
        }
        action = actions.get(target.removeprefix("AmazonSQS."))
        if action is None:
            raise QueueError(400, "InvalidAction", f"The action {target[:60]} is not valid.")
        try:
            body = parse_json(exchange.body)
        except ApiError:
            raise QueueError(400, "SerializationException", "The body is not JSON.") from None
        if not isinstance(body, dict):
            raise QueueError(400, "SerializationException", "The body must be an object.")
        exchange.record.endpoint = f"queue.{target.removeprefix('AmazonSQS.')}"
        name = str(body.get("QueueName") or body.get("QueueUrl") or exchange.path)
        name = name.rstrip("/").rpartition("/")[2]
        if name not in self.names:
            raise QueueError(
                400, "QueueDoesNotExist", "The specified queue does not exist.",
                "AWS.SimpleQueueService.NonExistentQueue",
            )  # fmt: skip
        try:
            result = action(name, body)
        except Invalid as error:
            raise QueueError(400, "InvalidParameterValue", str(error)) from None
        answer = json_response(result)
        answer.headers["Content-Type"] = KIND
        return answer

    def _receive(self, name: str, body: dict[str, Any]) -> dict[str, Any]:
        most = integer_of(body.get("MaxNumberOfMessages", 1), "MaxNumberOfMessages", 1, 10)
        wait = integer_of(body.get("WaitTimeSeconds", 0), "WaitTimeSeconds", 0, 20)
        row = self.names.get(name) or {}
        default = row.get("visibility", VISIBILITY)
        hidden = integer_of(body.get("VisibilityTimeout", default), "VisibilityTimeout", 0, 43_200)
        room = self._room
        store = room.services.store
        if wait and not self._visible(name):
            wait_ticking(room.services, room.tick, lambda: bool(self._visible(name)), wait)
        with store.transaction():
            self.tick()
            found = [self._take(each, hidden) for each in self._visible(name)[:most]]
        return {"Messages": found} if found else {}

    def _visible(self, name: str) -> list[Message]:
        now = self._room.now()
        return [
            each
            for each in self.table.values()
            if each.queue == name and each.visible <= now < each.sent + KEPT
        ]

    def _take(self, message: Message, hidden: int) -> dict[str, Any]:
        message.receives += 1
        message.receipt = digest("receipt", message.id, str(message.receives))
        message.visible = self._room.now() + timedelta(seconds=hidden)
        self.table.put(message.id, message)
        return {
            "MessageId": message.id,
            "ReceiptHandle": message.receipt,
            "MD5OfBody": hashlib.md5(message.body.encode()).hexdigest(),
            "Body": message.body,
            "Attributes": {
                "ApproximateReceiveCount": str(message.receives),
                "SentTimestamp": str(int(message.sent.timestamp() * 1000)),
            },
        }

    def _by_receipt(self, name: str, handle: Any) -> Message | None:
        """The message of a receipt handle; None when it is gone or was given out anew.

        :raises QueueError: this is no receipt handle.
        """
        if not isinstance(handle, str) or len(handle) != 64:
            raise QueueError(400, "ReceiptHandleIsInvalid", "The receipt handle is not valid.")
        for each in self.table.values():
            if each.queue == name and each.receipt == handle:
                return each
        return None

    def _delete(self, name: str, body: dict[str, Any]) -> dict[str, Any]:
        with self._room.services.store.transaction():
            found = self._by_receipt(name, body.get("ReceiptHandle"))
            if found is not None:
                self.table.pop(found.id)
        return {}

    def _delete_batch(self, name: str, body: dict[str, Any]) -> dict[str, Any]:
        entries = body.get("Entries")
        if not isinstance(entries, list) or not entries:
            raise QueueError(400, "EmptyBatchRequest", "There are no entries in the request.")
        if len(entries) > 10:
            raise QueueError(400, "TooManyEntriesInBatchRequest", "More than 10 entries.")
        done: list[dict[str, Any]] = []
        failed: list[dict[str, Any]] = []
        for each in entries:
            identifier = str(each.get("Id") if isinstance(each, dict) else "")
            try:
                self._delete(name, each)
                done.append({"Id": identifier})
            except QueueError as error:
                row = {"Id": identifier, "SenderFault": True, "Code": error.kind}
                failed.append({**row, "Message": error.message})
        return {"Successful": done, "Failed": failed} if failed else {"Successful": done}

    def _change_visibility(self, name: str, body: dict[str, Any]) -> dict[str, Any]:
        wait = integer_of(body.get("VisibilityTimeout"), "VisibilityTimeout", 0, 43_200)
        with self._room.services.store.transaction():
            found = self._by_receipt(name, body.get("ReceiptHandle"))
            if found is None:
                raise QueueError(400, "MessageNotInflight", "The message is not in flight.")
            found.visible = self._room.now() + timedelta(seconds=wait)
            self.table.put(found.id, found)
        return {}

    def _send(self, name: str, body: dict[str, Any]) -> dict[str, Any]:
        text = body.get("MessageBody")
        if not isinstance(text, str) or not text:
            raise Invalid("MessageBody is required.")
        with self._room.services.store.transaction():
            identifier = self.send(name, text, faults=False)
        digested = hashlib.md5(text.encode()).hexdigest()
        return {"MessageId": identifier, "MD5OfMessageBody": digested}

    def _attributes(self, name: str, body: dict[str, Any]) -> dict[str, Any]:
        rows = [each for each in self.table.values() if each.queue == name]
        visible = len(self._visible(name))
        found = {
            "ApproximateNumberOfMessages": str(visible),
            "ApproximateNumberOfMessagesNotVisible": str(len(rows) - visible),
            "VisibilityTimeout": str((self.names.get(name) or {}).get("visibility", VISIBILITY)),
            "QueueArn": f"arn:aws:sqs:eu-west-1:000000000000:{name}",
        }
        wanted = body.get("AttributeNames") or []
        if "All" in wanted:
            return {"Attributes": found}
        return {"Attributes": {each: found[each] for each in wanted if each in found}}

    def _purge(self, name: str, body: dict[str, Any]) -> dict[str, Any]:
        with self._room.services.store.transaction():
            for each in self.table.values():
                if each.queue == name:
                    self.table.pop(each.id)
        return {}
