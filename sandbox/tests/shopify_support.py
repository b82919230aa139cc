"""What the tests of Shopify's goods side share: documents, tokens, uploads."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode, urlsplit

from shopify_sales_support import PATH, Counter, Shop, gid
from support import Answer

CREDENTIALS = {
    "grant_type": "client_credentials",
    "client_id": "demo-shopify-client",
    "client_secret": "shpss_demo_secret",
}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}

DEFINE = """mutation ($definition: MetafieldDefinitionInput!) {
  metafieldDefinitionCreate(definition: $definition) {
    createdDefinition { id } userErrors { code field message } } }"""
KEY = {"namespace": "odoo", "key": "product", "name": "Key", "ownerType": "PRODUCT", "type": "id"}

PRODUCT_SET = """mutation ($identifier: ProductSetIdentifiers, $input: ProductSetInput!,
    $synchronous: Boolean = true) {
  productSet(identifier: $identifier, input: $input, synchronous: $synchronous) {
    product { id title handle status vendor tags
      options { id name values }
      variants(first: 20) { nodes { id sku price compareAtPrice position
        selectedOptions { name value } inventoryItem { id tracked } } }
      media(first: 5) { nodes { id alt status } }
      metafields(first: 10) { nodes { namespace key type value } }
      collections(first: 5) { nodes { id } } }
    productSetOperation { id status product { id } userErrors { code field message } }
    userErrors { code field message } } }"""

SET_STOCK = """mutation ($key: String!, $input: InventorySetQuantitiesInput!) {
  inventorySetQuantities(input: $input) @idempotent(key: $key) {
    inventoryAdjustmentGroup { id reason referenceDocumentUri
      changes { name delta quantityAfterChange } }
    userErrors { code field message } } }"""

VARIANTS_UPDATE = """mutation ($id: ID!, $variants: [ProductVariantsBulkInput!]!,
    $partial: Boolean = false) {
  productVariantsBulkUpdate(productId: $id, variants: $variants, allowPartialUpdates: $partial) {
    product { id } productVariants { id price compareAtPrice }
    userErrors { code field message } } }"""

SUBSCRIBE = """mutation ($topic: WebhookSubscriptionTopic!, $data: WebhookSubscriptionInput!) {
  webhookSubscriptionCreate(topic: $topic, webhookSubscription: $data) {
    webhookSubscription { id topic uri includeFields } userErrors { field message } } }"""

STAGE = """mutation ($input: [StagedUploadInput!]!) { stagedUploadsCreate(input: $input) {
    stagedTargets { url resourceUrl parameters { name value } } userErrors { field message } } }"""
BULK = """query ($id: ID!) { bulkOperation(id: $id) { id type status errorCode objectCount
    rootObjectCount fileSize url partialDataUrl completedAt } }"""
RUN_MUTATION = """mutation ($mutation: String!, $path: String!) {
  bulkOperationRunMutation(mutation: $mutation, stagedUploadPath: $path) {
    bulkOperation { id status } userErrors { code field message } } }"""
RUN_QUERY = """mutation ($query: String!, $group: Boolean! = false) {
  bulkOperationRunQuery(query: $query, groupObjects: $group) {
    bulkOperation { id status } userErrors { code field message } } }"""


def post(shop: Shop, query: str, token: str = "shpat_demo_static", **variables: Any) -> Answer:
    """A call as it is, with everything that came back."""
    body = {"query": query, "variables": variables}
    return shop.json("POST", PATH, body, **{"X-Shopify-Access-Token": token})


def cost(answer: Answer) -> dict[str, Any]:
    found: dict[str, Any] = answer.data["extensions"]["cost"]
    return found


def login(shop: Shop, **changes: str) -> Answer:
    body = urlencode({**CREDENTIALS, **changes}).encode()
    return shop.send("POST", "/shopify/admin/oauth/access_token", body, FORM)


def errors(shop: Shop, query: str, /, **variables: Any) -> list[tuple[str, str]]:
    """(code, path) of the userErrors of a mutation."""
    (payload,) = shop.ask(query, **variables).values()
    return [(each["code"], ".".join(each["field"] or ())) for each in payload["userErrors"]]


def option(name: str, *values: str) -> dict[str, Any]:
    return {"name": name, "values": [{"name": each} for each in values]}


def variant(
    sku: str | None = None, /, price: str | None = "9.99", **options: str
) -> dict[str, Any]:
    found: dict[str, Any] = {
        "optionValues": [{"optionName": k, "name": v} for k, v in options.items()]
    }
    if sku is not None:
        found["sku"] = sku
    if price is not None:
        found["price"] = price
    return found


def shirt(**more: Any) -> dict[str, Any]:
    """A product of two variants."""
    return {
        "title": "Café Shirt",
        "productOptions": [option("Colour", "Blue", "Red")],
        "variants": [variant("CS-B", Colour="Blue"), variant("CS-R", Colour="Red")],
        **more,
    }


def put(shop: Shop, data: dict[str, Any], **more: Any) -> dict[str, Any]:
    """The product of a productSet without errors."""
    found: dict[str, Any] = shop.do(PRODUCT_SET, input=data, **more)["product"]
    return found


def quantity(item: int, place: int, wanted: int, compared: int | None = None) -> dict[str, Any]:
    return {
        "inventoryItemId": gid("InventoryItem", item),
        "locationId": gid("Location", place),
        "quantity": wanted,
        "changeFromQuantity": compared,
    }


def stock_input(*rows: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"name": "available", "reason": "correction", "quantities": list(rows), **more}


def available(counter: Counter, sku: str) -> dict[str, int]:
    """Location → pieces."""
    found = counter.shop("GET", f"inventory?sku={sku}")
    return {place: each["available"] for place, each in found.items()}


def target(shop: Shop, **more: Any) -> dict[str, Any]:
    data = {"resource": "BULK_MUTATION_VARIABLES", "filename": "rows.jsonl",
            "mimeType": "text/jsonl", "httpMethod": "POST", **more}  # fmt: skip
    (found,) = shop.do(STAGE, input=[data])["stagedTargets"]
    return dict(found)


def upload(
    shop: Shop, staged: dict[str, Any], data: bytes, late: tuple[str, ...] = ()
) -> tuple[int, str]:
    """Send a file to a staged target. :param late: parameters that come behind the file."""
    fields = {each["name"]: each["value"] for each in staged["parameters"]}
    part = '--XX\r\nContent-Disposition: form-data; name="{}"\r\n\r\n{}\r\n'
    before = "".join(part.format(*each) for each in fields.items() if each[0] not in late)
    head = (
        '--XX\r\nContent-Disposition: form-data; name="file"; filename="rows.jsonl"\r\n'
        "Content-Type: text/jsonl\r\n\r\n"
    )
    after = "".join(part.format(name, fields[name]) for name in late)
    body = before.encode() + head.encode() + data + b"\r\n" + after.encode() + b"--XX--\r\n"
    headers = {"Content-Type": "multipart/form-data; boundary=XX"}
    answer = shop.send("POST", urlsplit(staged["url"]).path, body, headers)
    return answer.status, fields["key"]


def lines(rows: list[Any]) -> bytes:
    return "".join(json.dumps(each, ensure_ascii=False) + "\n" for each in rows).encode()


def run_mutation(shop: Shop, mutation: str, rows: list[Any]) -> int:
    """Number of the operation."""
    status, key = upload(shop, target(shop), lines(rows))
    assert status == 201
    found = shop.do(RUN_MUTATION, mutation=mutation, path=key)["bulkOperation"]
    return int(found["id"].rsplit("/", 1)[1])


def run_query(shop: Shop, query: str, group: bool = False) -> int:
    found = shop.do(RUN_QUERY, query=query, group=group)["bulkOperation"]
    assert found["status"] == "CREATED"
    return int(found["id"].rsplit("/", 1)[1])


def finished(
    shop: Shop, counter: Counter, number: int, status: str = "COMPLETED"
) -> dict[str, Any]:
    """The operation when it is so."""
    counter.shop("GET", f"wait?bulk={number}&field=status&value={status}&timeout=10")
    found: dict[str, Any] = shop.ask(BULK, id=gid("BulkOperation", number))["bulkOperation"]
    return found


def result(shop: Shop, url: str) -> list[Any]:
    answer = shop.send("GET", urlsplit(url).path)
    assert answer.status == 200
    return [json.loads(each) for each in answer.body.decode().splitlines()]
