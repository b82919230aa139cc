"""The least that answers like Amazon: for tests of the adapter alone, without the sandbox."""

from __future__ import annotations

import base64
import copy
import hashlib
import json
from typing import Any
from urllib.parse import unquote

import amazon_samples as samples
from amazon_stub_orders import OrdersStub, error
from marketplace_adapters.testing.server import Call, Reply

TOKEN = "Atza|stub-access-token-5577"
JSON_FEED = "JSON_LISTINGS_FEED"

__all__ = ["TOKEN", "AmazonStub", "LoginStub", "asin_of", "error", "issue"]


class LoginStub:
    """Login with Amazon, which lives on a host of its own."""

    def __init__(self, secret: str, refresh_token: str) -> None:
        self.secret = secret
        self.refresh_token = refresh_token
        self.token = TOKEN
        self.seconds = 3600

    def answer(self, call: Call) -> Reply:
        form = dict(part.split("=", 1) for part in call.body.decode().split("&"))
        if unquote(form.get("client_secret", "")) != self.secret:
            said = {"error": "invalid_client", "error_description": "Client authentication failed"}
            return Reply(401, said)
        refresh = unquote(form.get("refresh_token", ""))
        if form["grant_type"] == "refresh_token" and refresh != self.refresh_token:
            said = {
                "error": "invalid_grant",
                "error_description": "The request has an invalid grant",
            }
            return Reply(400, said)
        body = {"access_token": self.token, "token_type": "bearer", "expires_in": self.seconds}
        return Reply(200, body)


class AmazonStub(OrdersStub):
    """Holds listings, feeds and orders.

    :ivar valid: tokens that are taken.
    :ivar refuse: SKU → issues that make a submission of it INVALID.
    :ivar warn: SKU → issues that come with its acceptance.
    :ivar pending: feeds that :meth:`finish` is to process, with their documents.
    :ivar status: how feeds end.
    :ivar reports: feed id → the content of its report instead of a proper one.
    """

    def __init__(self, base_url: str) -> None:
        super().__init__()
        self.base_url = base_url
        self.valid = {TOKEN}
        self.listings: dict[str, dict[str, Any]] = {}
        self.refuse: dict[str, list[dict[str, Any]]] = {}
        self.warn: dict[str, list[dict[str, Any]]] = {}
        self.documents: dict[str, bytes] = {}
        self.feeds: dict[str, dict[str, Any]] = {}
        self.reports: dict[str, bytes | None] = {}
        self.participates = {samples.DE: True, samples.UK: True}
        self.pending: dict[str, str] = {}
        self.status = "DONE"
        self.item_page = 20

    def answer(self, call: Call) -> Reply:
        """The normal behaviour behind a scripted server."""
        parts = [unquote(part) for part in call.target.split("?")[0].strip("/").split("/")]
        if parts[0] == "documents":
            return self._document(call, parts[1])
        if call.headers.get("x-amz-access-token") not in self.valid:
            told = "The access token you provided has expired."
            return error(403, "Unauthorized", "Access to requested resource is denied.", told)
        assert call.headers["x-amz-date"].endswith("Z")
        name = f"_{parts[0]}_{parts[2]}".replace("marketplaceP", "p").replace("productT", "t")
        handler = getattr(self, name, None)
        if handler is None:
            return error(404, "NotFound", "There is no such operation.")
        reply = handler(call, parts[3:])
        assert isinstance(reply, Reply)
        return reply

    # === SELLER, PRODUCT TYPES === #

    def _sellers_participations(self, call: Call, parts: list[str]) -> Reply:
        rows = [
            {
                "marketplace": {
                    "id": market,
                    "countryCode": {samples.DE: "DE", samples.UK: "GB"}[market],
                    "name": "Amazon",
                    "defaultCurrencyCode": "EUR",
                    "defaultLanguageCode": "de_DE",
                    "domainName": "www.amazon.test",
                },
                "participation": {"isParticipating": sells, "hasSuspendedListings": False},
                "storeName": "Läden GmbH",
            }
            for market, sells in self.participates.items()
        ]
        return Reply(200, {"payload": rows})

    def _definitions_types(self, call: Call, parts: list[str]) -> Reply:
        if not parts:
            row = {"name": "SHIRT", "displayName": "Hemd", "marketplaceIds": [samples.DE]}
            return Reply(200, {"productTypes": [row], "productTypeVersion": "V1"})
        if parts[0] != "SHIRT":
            return error(404, "NotFound", "Product type not found.")
        content = json.dumps(samples.schema()).encode()
        self.documents["schema"] = content
        checksum = base64.b64encode(hashlib.md5(content).digest()).decode()
        link = {"resource": self._url("schema"), "verb": "GET"}
        return Reply(
            200,
            {
                "schema": {"link": link, "checksum": checksum},
                "requirements": call.query.get("requirements", "LISTING"),
                "requirementsEnforced": "ENFORCED",
                "propertyGroups": {
                    "identity": {"title": "Identity", "propertyNames": ["item_name", "brand"]}
                },
                "locale": "de_DE",
                "marketplaceIds": [call.query["marketplaceIds"]],
                "productType": "SHIRT",
                "displayName": "Hemd",
                "productTypeVersion": {"version": "V1", "latest": True},
            },
        )

    # === LISTINGS === #

    def _listings_items(self, call: Call, parts: list[str]) -> Reply:
        if parts[0] != samples.SELLER:
            return error(403, "Unauthorized", "Access to requested resource is denied.")
        if len(parts) == 1:
            return self._search(call)
        sku = parts[1]
        if call.method == "GET":
            found = self.listings.get(sku)
            return Reply(200, self._item(sku)) if found else error(404, "NOT_FOUND", "No such SKU")
        preview = call.query.get("mode") == "VALIDATION_PREVIEW"
        market = call.query["marketplaceIds"]
        issues = self._change(call.method, sku, call.json, preview, market)
        bad = any(issue["severity"] == "ERROR" for issue in issues)
        good = "VALID" if preview else "ACCEPTED"
        body = {
            "sku": sku,
            "status": "INVALID" if bad else good,
            "submissionId": "s-1",
            "issues": issues,
        }
        if not bad and call.method != "DELETE":
            body["identifiers"] = [{"marketplaceId": samples.DE, "asin": asin_of(sku)}]
        return Reply(200, body, {"x-amzn-RateLimit-Limit": "5.0"})

    def _change(
        self, method: str, sku: str, body: Any, preview: bool = False, market: str = ""
    ) -> list[Any]:
        if sku in self.refuse:
            return self.refuse[sku]
        if preview:
            return self.warn.get(sku, [])
        if method == "DELETE":
            self.listings.pop(sku, None)
        elif method == "PUT":
            kept = self._elsewhere(sku, market) if market else {}
            told = {n: kept.pop(n, []) + rows for n, rows in body["attributes"].items()}
            self.listings[sku] = {"type": body["productType"]} | kept | told
        elif sku not in self.listings:
            return [issue("4000003", "This SKU does not exist.")]
        else:
            self._patch(self.listings[sku], body["patches"])
        return self.warn.get(sku, [])

    def _elsewhere(self, sku: str, market: str) -> dict[str, Any]:
        """What a listing has in other marketplaces than the one that is put."""
        found = {
            name: [row for row in rows if row.get("marketplace_id", market) != market]
            for name, rows in self.listings.get(sku, {}).items()
            if name != "type"
        }
        return {name: rows for name, rows in found.items() if rows}

    @staticmethod
    def _patch(listing: dict[str, Any], patches: list[dict[str, Any]]) -> None:
        for patch in patches:
            name = patch["path"].removeprefix("/attributes/")
            if patch["op"] == "delete":
                listing.pop(name, None)
                continue
            names = ("marketplace_id", "audience", "fulfillment_channel_code")
            told = [tuple(row.get(n) for n in names) for row in patch["value"]]
            kept = [r for r in listing.get(name, []) if tuple(r.get(n) for n in names) not in told]
            listing[name] = kept + patch["value"]

    def _search(self, call: Call) -> Reply:
        skus = sorted(self.listings)
        if "identifiers" in call.query:
            skus = [one for one in skus if one in call.query["identifiers"].split(",")]
        start = int(call.query.get("pageToken") or 0)
        end = start + min(int(call.query.get("pageSize", 10)), self.item_page)
        body: dict[str, Any] = {
            "numberOfResults": len(skus),
            "items": [self._item(sku) for sku in skus[start:end]],
        }
        if end < len(skus):
            body["pagination"] = {"nextToken": str(end)}
        return Reply(200, body)

    def _item(self, sku: str) -> dict[str, Any]:
        attributes = dict(self.listings[sku])
        stock = attributes.get("fulfillment_availability", [])
        names = attributes.get("item_name") or [{"value": ""}]
        return {
            "sku": sku,
            "summaries": [
                {
                    "marketplaceId": samples.DE,
                    "asin": asin_of(sku),
                    "productType": attributes.pop("type", "PRODUCT"),
                    "conditionType": "new_new",
                    "status": ["BUYABLE", "DISCOVERABLE"],
                    "itemName": names[0]["value"],
                    "createdDate": "2026-01-01T00:00:00Z",
                    "lastUpdatedDate": "2026-01-02T00:00:00Z",
                }
            ],
            "attributes": attributes,
            "offers": [],
            "fulfillmentAvailability": [
                {
                    "fulfillmentChannelCode": row["fulfillment_channel_code"],
                    "quantity": row.get("quantity", 0),
                }
                for row in stock
            ],
            "issues": [],
        }

    # === FEEDS === #

    def _url(self, document: str) -> str:
        signed = "X-Amz-Signature=geheim-signature&X-Amz-Expires=300"
        return f"{self.base_url}/documents/{document}?{signed}"

    def _document(self, call: Call, name: str) -> Reply:
        assert "x-amz-access-token" not in call.headers, "the token went to the document's host"
        if name not in self.documents or "X-Amz-Signature" not in call.query:
            return Reply(
                403, b"<Error><Code>AccessDenied</Code></Error>", {"Content-Type": "text/xml"}
            )
        if call.method == "PUT":
            self.documents[name] = call.body
            return Reply(200)
        return Reply(200, self.documents[name], {"Content-Type": "application/octet-stream"})

    def _feeds_documents(self, call: Call, parts: list[str]) -> Reply:
        if call.method == "POST":
            name = f"in-{len(self.documents)}"
            self.documents[name] = b""
            return Reply(201, {"feedDocumentId": name, "url": self._url(name)})
        if parts[0].startswith("in-"):
            return error(400, "InvalidInput", "Invalid feedDocumentId")
        return Reply(200, {"feedDocumentId": parts[0], "url": self._url(parts[0])})

    def _feeds_feeds(self, call: Call, parts: list[str]) -> Reply:
        if call.method == "POST":
            feed = str(700001 + len(self.feeds))
            body = call.json
            self.feeds[feed] = {
                "feedId": feed,
                "feedType": body["feedType"],
                "marketplaceIds": body["marketplaceIds"],
                "createdTime": "2026-03-01T10:00:00Z",
                "processingStatus": "IN_QUEUE",
            }
            self.pending[feed] = body["inputFeedDocumentId"]
            return Reply(202, {"feedId": feed})
        if not parts:
            types = call.query["feedTypes"].split(",")
            return Reply(200, {"feeds": [f for f in self.feeds.values() if f["feedType"] in types]})
        if parts[0] not in self.feeds:
            return error(404, "NotFound", "Feed not found")
        if parts[0] in self.pending:
            return Reply(200, self.feeds[parts[0]])
        report = self.reports.get(parts[0], b"")
        ended = self.feeds[parts[0]] | {"processingStatus": self.status}
        if report is not None and self.status != "CANCELLED":
            name = f"out-{parts[0]}"
            if report:
                self.documents[name] = report
            ended["resultFeedDocumentId"] = name
        return Reply(200, ended)

    def finish(self) -> None:
        """Process the feeds that wait."""
        while self.pending:
            feed, document = self.pending.popitem()
            self._process(feed, self.documents[document])

    def _process(self, feed: str, content: bytes) -> None:
        if self.feeds[feed]["feedType"] == JSON_FEED:
            report = self._process_listings(feed, json.loads(content))
        else:
            report = self._process_orders(content)
        self.documents[f"out-{feed}"] = report

    def _process_listings(self, feed: str, body: Any) -> bytes:
        words = {"UPDATE": "PUT", "PATCH": "PATCH", "DELETE": "DELETE"}
        rows = []
        for message in body["messages"]:
            for row in self._change(words[message["operationType"]], message["sku"], message):
                names = row.get("attributeNames") or [None]
                rows.append(
                    {
                        "messageId": message["messageId"],
                        "sku": message["sku"],
                        "code": row["code"],
                        "severity": row["severity"],
                        "message": row["message"],
                    }
                    | ({"attributeName": names[0]} if names[0] else {})
                )
        bad = {row["messageId"] for row in rows if row["severity"] == "ERROR"}
        summary = {
            "errors": sum(row["severity"] == "ERROR" for row in rows),
            "warnings": sum(row["severity"] != "ERROR" for row in rows),
            "messagesProcessed": len(body["messages"]),
            "messagesAccepted": len(body["messages"]) - len(bad),
            "messagesInvalid": len(bad),
        }
        head = {"sellerId": samples.SELLER, "version": "2.0", "feedId": feed}
        return json.dumps({"header": head, "issues": rows, "summary": summary}).encode()

    # === WHAT TESTS ASK === #

    def add_listing(self, sku: str, **attributes: Any) -> str:
        self.listings[sku] = {"type": "SHIRT"} | attributes
        return sku

    def state(self) -> Any:
        """A copy of everything that lasts."""
        held = (self.listings, self.orders, self.acknowledged, self.refunds)
        return copy.deepcopy(held)


def asin_of(sku: str) -> str:
    return f"B0{hashlib.sha256(sku.encode()).hexdigest()[:8].upper()}"


def issue(code: str, message: str, severity: str = "ERROR", *names: str) -> dict[str, Any]:
    found: dict[str, Any] = {"code": code, "message": message, "severity": severity}
    return found | ({"attributeNames": list(names)} if names else {})
