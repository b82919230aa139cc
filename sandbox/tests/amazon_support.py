"""What the tests of the Amazon room share: a client of the Selling Partner API, and attributes."""

from __future__ import annotations

import gzip
import json
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from support import Answer, Client, Control

CLIENT_ID = "amzn1.application-oa2-client.demo"
CLIENT_SECRET = "amzn1.oa2-cs.demo-secret"
REFRESH = "Atzr|demo-refresh"
SELLER = "A2DEMOSELLER"
UK, DE, US = "A1F83G8C2ARO7P", "A1PA6795UKMFR9", "ATVPDKIKX0DER"
ITEMS = f"/listings/2021-08-01/items/{SELLER}"
FEEDS = "/feeds/2021-06-30"
REPORTS = "/reports/2021-06-30"
ORDERS = "/orders/2026-01-01/orders"
QUEUE_KEY = "AKIADEMOQUEUE000000A"


class Amazon(Client):
    """A seller's application. Gets its token when it needs one."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.token = ""

    def login(self, expect: int = 200, **members: str) -> dict[str, Any]:
        form = {
            "grant_type": "refresh_token",
            "refresh_token": REFRESH,
            "client_id": CLIENT_ID,
            "client_secret": CLIENT_SECRET,
            **members,
        }
        body = urlencode({name: value for name, value in form.items() if value}).encode()
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        answer = self.send("POST", "/amazon/auth/o2/token", body, headers)
        assert answer.status == expect, answer.body
        found: dict[str, Any] = answer.data
        self.token = found.get("access_token", self.token)
        return found

    def call(self, method: str, path: str, body: Any = None, **query: Any) -> Answer:
        """An API call, whatever the answer is."""
        text = urlencode(
            {name: ",".join(v) if isinstance(v, list) else v for name, v in query.items()}
        )
        where = f"/amazon{path}" + (f"?{text}" if text else "")
        return self.json(method, where, body, **{"x-amz-access-token": self.token})

    def ok(self, method: str, path: str, body: Any = None, **query: Any) -> Any:
        """An API call that must succeed: its data."""
        answer = self.call(method, path, body, **query)
        assert answer.status < 300, f"{answer.status} {answer.body!r}"
        return answer.data if answer.body else None

    # === LISTINGS === #

    def put(self, sku: str, attributes: Any, kind: str = "HOME", **query: Any) -> Any:
        body = {"productType": kind, "requirements": "LISTING", "attributes": attributes}
        query.setdefault("marketplaceIds", UK)
        return self.ok("PUT", f"{ITEMS}/{quote(sku, safe='')}", body, **query)

    def patch(self, sku: str, *patches: dict[str, Any], **query: Any) -> Any:
        body = {"productType": query.pop("kind", "PRODUCT"), "patches": list(patches)}
        query.setdefault("marketplaceIds", UK)
        return self.ok("PATCH", f"{ITEMS}/{quote(sku, safe='')}", body, **query)

    def item(self, sku: str, *included: str, market: str = UK) -> Any:
        query: dict[str, Any] = {"marketplaceIds": market}
        if included:
            query["includedData"] = list(included)
        return self.ok("GET", f"{ITEMS}/{quote(sku, safe='')}", **query)

    # === FEEDS AND DOCUMENTS === #

    def raw(self, method: str, url: str, body: bytes | None = None, headers: Any = None) -> Answer:
        """A presigned address: nothing but what is told goes along."""
        parts = urlsplit(url)
        assert parts.netloc == self.host
        return self.send(method, f"{parts.path}?{parts.query}", body, headers or {})

    def feed(
        self, kind: str, content: Any, marketplaces: tuple[str, ...] = (UK,), mime: str = ""
    ) -> str:
        """Document, upload, feed: its id."""
        mime = mime or ("application/json" if kind.startswith("JSON") else "text/xml")
        mime += "; charset=UTF-8"
        document = self.ok("POST", f"{FEEDS}/documents", {"contentType": mime})
        data = content if isinstance(content, bytes) else json.dumps(content).encode()
        answer = self.raw("PUT", document["url"], data, {"Content-Type": mime})
        assert answer.status == 200, answer.body
        body = {
            "feedType": kind,
            "marketplaceIds": list(marketplaces),
            "inputFeedDocumentId": document["feedDocumentId"],
        }
        found: str = self.ok("POST", f"{FEEDS}/feeds", body)["feedId"]
        return found

    def feed_state(self, feed_id: str) -> dict[str, Any]:
        found: dict[str, Any] = self.ok("GET", f"{FEEDS}/feeds/{feed_id}")
        return found

    def result(self, feed_id: str) -> bytes:
        """The result document of a feed, uncompressed."""
        name = self.feed_state(feed_id)["resultFeedDocumentId"]
        return self.download(self.ok("GET", f"{FEEDS}/documents/{quote(name)}"))

    def download(self, document: dict[str, Any]) -> bytes:
        answer = self.raw("GET", document["url"])
        assert answer.status == 200, answer.body
        packed = document.get("compressionAlgorithm") == "GZIP"
        return gzip.decompress(answer.body) if packed else answer.body

    # === THE QUEUE === #

    def queue(self, action: str, expect: int = 200, key: str = QUEUE_KEY, **body: Any) -> Any:
        headers = {
            "Content-Type": "application/x-amz-json-1.0",
            "X-Amz-Target": f"AmazonSQS.{action}",
        }
        if key:
            headers["Authorization"] = (
                f"AWS4-HMAC-SHA256 Credential={key}/20261121/eu-west-1/sqs/aws4_request, "
                "SignedHeaders=host;x-amz-date, Signature=00"
            )
        body.setdefault("QueueUrl", f"http://{self.host}/amazon/sqs/demo-queue")
        path = "/amazon/sqs/demo-queue"
        answer = self.send("POST", path, json.dumps(body).encode(), headers)
        assert answer.status == expect, answer.body
        return answer.data

    def messages(self, kind: str = "") -> list[dict[str, Any]]:
        """What waits in the queue, taken out of it, oldest first."""
        found: list[dict[str, Any]] = []
        while rows := self.queue("ReceiveMessage", MaxNumberOfMessages=10).get("Messages"):
            for row in rows:
                found.append(json.loads(row["Body"]))
                self.queue("DeleteMessage", ReceiptHandle=row["ReceiptHandle"])
        return [each for each in found if not kind or type_of(each) == kind]


class AmazonControl(Control):
    """The control API of the room."""

    def amazon(self, method: str, path: str, body: Any = None, expect: int | None = None) -> Any:
        return self.call(method, f"amazon/{path}", body, expect)

    def set(self, **values: Any) -> None:
        self.amazon("POST", "settings", values)

    def order_of(self, **spec: Any) -> dict[str, Any]:
        """An order of one T-1 for 10.00, unless told otherwise."""
        spec.setdefault("lines", [{"sku": "T-1", "quantity": 1, "price": "10.00"}])
        found: dict[str, Any] = self.amazon("POST", "orders", spec)
        return found

    def step(self, order: dict[str, Any], name: str, expect: int | None = None, **body: Any) -> Any:
        return self.amazon("POST", f"orders/{order['id']}/{name}", body, expect)

    def book(self) -> dict[str, Any]:
        found: dict[str, Any] = self.amazon("GET", "book")
        return found

    def advance(self, seconds: float) -> None:
        self.call("POST", "clock", {"advance": seconds})

    def freeze(self, at: str = "2026-11-20T12:00:00Z") -> None:
        self.call("POST", "clock", {"mode": "frozen", "at": at})


def type_of(message: dict[str, Any]) -> str:
    return str(message.get("NotificationType") or message.get("notificationType"))


def home(market: str = UK, **more: Any) -> dict[str, Any]:
    """Attributes that a listing of the product type HOME needs; None takes one out."""
    language = {UK: "en_GB", DE: "de_DE", US: "en_US"}[market]

    def words(value: str) -> list[dict[str, Any]]:
        return [{"value": value, "language_tag": language, "marketplace_id": market}]

    def plain(value: Any) -> list[dict[str, Any]]:
        return [{"value": value, "marketplace_id": market}]

    found: dict[str, Any] = {
        "item_name": words("Blue vase"),
        "brand": words("Nile Trade"),
        "bullet_point": words("Made by hand"),
        "included_components": words("Vase"),
        "number_of_items": plain(1),
        "country_of_origin": plain("EG"),
        "supplier_declared_dg_hz_regulation": plain("not_applicable"),
        "condition_type": plain("new_new"),
        **more,
    }
    return {name: value for name, value in found.items() if value is not None}


def offer(price: float, market: str = UK, **more: Any) -> list[dict[str, Any]]:
    currency = {UK: "GBP", DE: "EUR", US: "USD"}[market]
    return [
        {
            "marketplace_id": market,
            "currency": currency,
            "our_price": [{"schedule": [{"value_with_tax": price}]}],
            **more,
        }
    ]


def stock(quantity: int, **more: Any) -> list[dict[str, Any]]:
    return [{"fulfillment_channel_code": "DEFAULT", "quantity": quantity, **more}]


def replace(name: str, value: Any) -> dict[str, Any]:
    return {"op": "replace", "path": f"/attributes/{name}", "value": value}
