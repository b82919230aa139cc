"""Bulk operations: staged uploads, mutations line by line, queries as JSONL, limits and faults."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import pytest
from shopify_sales_support import Counter, Shop, gid
from shopify_support import (
    BULK,
    DEFINE,
    KEY,
    RUN_MUTATION,
    RUN_QUERY,
    SET_STOCK,
    SUBSCRIBE,
    errors,
    finished,
    lines,
    option,
    quantity,
    result,
    run_mutation,
    run_query,
    stock_input,
    target,
    upload,
    variant,
)
from support import Receiver, covers

SET = """mutation ($identifier: ProductSetIdentifiers!, $input: ProductSetInput!) {
  productSet(identifier: $identifier, input: $input, synchronous: false) {
    product { id variants(first: 5) { nodes { sku } } } userErrors { code field message } } }"""
CATALOGUE = """{ products { edges { node { id title
  variants { edges { node { id sku selectedOptions { name value } } } } } } } }"""


@pytest.fixture(autouse=True)
def goods(shop: Shop, counter: Counter) -> None:
    """A shop with the demo's goods, without orders."""
    counter.call("POST", "reset", {"provider": "shopify", "seed": "goods"})


def row(number: int, **more: Any) -> dict[str, Any]:
    custom = {"namespace": "odoo", "key": "product", "value": str(number)}
    data = {
        "title": f"Bulk {number}",
        "productOptions": [option("Size", "S", "L")],
        "variants": [variant(f"B{number}-{size}", Size=size) for size in "SL"],
        **more,
    }
    return {"identifier": {"customId": custom}, "input": data}


# === MUTATIONS === #


@covers("R357", "R407")
def test_products_by_the_hundred(shop: Shop, counter: Counter, receiver: Receiver) -> None:
    shop.do(DEFINE, definition=KEY)
    shop.do(SUBSCRIBE, topic="BULK_OPERATIONS_FINISH", data={"uri": receiver.url})
    rows = [row(n) for n in range(40)]
    rows[7]["input"]["title"] = ""
    number = run_mutation(shop, SET, rows)
    found = finished(shop, counter, number)
    assert (found["type"], found["errorCode"], found["partialDataUrl"]) == ("MUTATION", None, None)
    assert (found["objectCount"], found["rootObjectCount"]) == ("40", "40")
    answers = result(shop, found["url"])
    assert [each["__lineNumber"] for each in answers] == list(range(40))
    bad = answers[7]["data"]["productSet"]
    assert (bad["product"], [each["code"] for each in bad["userErrors"]]) == (
        None, ["INVALID_PRODUCT"]
    )  # fmt: skip
    good = answers[8]["data"]["productSet"]
    assert good["userErrors"] == []
    assert good["product"]["variants"]["nodes"] == [{"sku": "B8-S"}, {"sku": "B8-L"}]
    (told,) = receiver.wait(1)
    assert told.headers["x-shopify-topic"] == "bulk_operations/finish"
    assert told.data["admin_graphql_api_id"] == gid("BulkOperation", number)
    assert (told.data["status"], told.data["error_code"], told.data["type"]) == (
        "completed", None, "mutation"
    )  # fmt: skip


@covers("R357", "X46")
def test_the_same_file_twice_makes_nothing_twice(shop: Shop, counter: Counter) -> None:
    shop.do(DEFINE, definition=KEY)
    rows = [row(n) for n in range(3)]
    first = result(shop, finished(shop, counter, run_mutation(shop, SET, rows))["url"])
    second = result(shop, finished(shop, counter, run_mutation(shop, SET, rows))["url"])
    assert first == second
    assert len(counter.shop("GET", "products")) == 9 + 3


@covers("R357")
def test_lines_that_are_no_variables(shop: Shop, counter: Counter) -> None:
    shop.do(DEFINE, definition=KEY)
    data = b'{"nope"\n\n[]\n' + lines([{"identifier": {"id": "x"}}, row(1)])
    status, key = upload(shop, target(shop), data)
    assert status == 201
    operation = shop.do(RUN_MUTATION, mutation=SET, path=key)["bulkOperation"]
    found = finished(shop, counter, int(operation["id"].rsplit("/", 1)[1]))
    answers = result(shop, found["url"])
    assert [(each["__lineNumber"], "errors" in each) for each in answers] == [
        (0, True), (2, True), (3, True), (4, False)
    ]  # fmt: skip


@covers("R359", "R410")
def test_stock_in_bulk_obeys_the_keys(shop: Shop, counter: Counter) -> None:
    rows = [
        {"key": "a", "input": stock_input(quantity(60001, 7001, 5, 240))},
        {"key": "a", "input": stock_input(quantity(60001, 7001, 5, 240))},
        {"key": "a", "input": stock_input(quantity(60001, 7001, 6, 5))},
    ]
    found = finished(shop, counter, run_mutation(shop, SET_STOCK, rows))
    payloads = [each["data"]["inventorySetQuantities"] for each in result(shop, found["url"])]
    assert payloads[0] == payloads[1]
    assert [each["code"] for each in payloads[2]["userErrors"]] == [
        "IDEMPOTENCY_KEY_PARAMETER_MISMATCH"
    ]
    seen = counter.shop("GET", "acceptances?field=quantity&origin=bulk")
    assert [(each["sku"], each["value"]) for each in seen] == [("COL-330", 5)]


@covers("R357")
@pytest.mark.parametrize(
    ("mutation", "path", "code"),
    [
        ("mutation { nope }", None, "INVALID_MUTATION"),
        ("{ shop { id } }", None, "INVALID_MUTATION"),
        ("mutation { a: tagsAdd(id: \"x\", tags: []) { userErrors { message } } "
         "b: tagsAdd(id: \"x\", tags: []) { userErrors { message } } }", None, "INVALID_MUTATION"),
        (SET, "tmp/unknown", "NO_SUCH_FILE"),
    ],
)  # fmt: skip
def test_what_bulk_mutations_refuse(shop: Shop, mutation: str, path: str | None, code: str) -> None:
    key = path or upload(shop, target(shop), b"{}\n")[1]
    found = errors(shop, RUN_MUTATION, mutation=mutation, path=key)
    assert [each for each, _ in found] == [code]


@covers("R357")
def test_a_file_that_was_promised_but_never_came(shop: Shop) -> None:
    fields = {each["name"]: each["value"] for each in target(shop)["parameters"]}
    found = errors(shop, RUN_MUTATION, mutation=SET, path=fields["key"])
    assert found == [("NO_SUCH_FILE", "stagedUploadPath")]


@covers("R357")
def test_uploads_have_their_rules(shop: Shop, counter: Counter) -> None:
    staged = target(shop)
    assert upload(shop, staged, b"{}\n", late=("acl",))[0] == 400
    counter.shop("POST", "settings", {"bulk_bytes": 10})
    assert upload(shop, staged, b"x" * 11)[0] == 400
    assert upload(shop, staged, b"x" * 10)[0] == 201
    staged["parameters"] = [{"name": "key", "value": "tmp/other"}]
    assert upload(shop, staged, b"{}\n")[0] == 403
    other = target(shop, httpMethod="PUT", resource="IMAGE", filename="a b.jpg")
    place = urlsplit(other["url"]).path
    assert shop.send("PUT", place, b"picture").status == 201
    assert shop.send("GET", urlsplit(other["resourceUrl"]).path).body == b"picture"


@covers("R357")
def test_five_at_a_time_of_each_kind(shop: Shop, counter: Counter) -> None:
    counter.fault("stuck", match={"provider": "shopify", "endpoint": "bulkOperation"})
    numbers = [run_query(shop, CATALOGUE) for _ in range(5)]
    assert errors(shop, RUN_QUERY, query=CATALOGUE) == [("LIMIT_REACHED", "")]
    shop.do(DEFINE, definition=KEY)
    run_mutation(shop, SET, [row(1)])  # the other kind has its own five
    cancel = """mutation ($id: ID!) { bulkOperationCancel(id: $id) {
      bulkOperation { status } userErrors { message } } }"""
    for number in numbers:
        found = shop.do(cancel, id=gid("BulkOperation", number))["bulkOperation"]
        assert found == {"status": "CANCELING"}
    assert finished(shop, counter, numbers[0], "CANCELED")["url"] is None
    assert "cannot be canceled" in shop.refused(cancel, id=gid("BulkOperation", numbers[0]))
    finished(shop, counter, numbers[4], "CANCELED")
    counter.call("DELETE", "faults")
    finished(shop, counter, run_query(shop, CATALOGUE))


@covers("R361", "X41")
def test_an_operation_breaks_half_way(shop: Shop, counter: Counter) -> None:
    shop.do(DEFINE, definition=KEY)
    match = {"provider": "shopify", "endpoint": "bulkOperation", "path": "/mutation"}
    counter.fault("half", after=25, match=match, times=1)
    found = finished(shop, counter, run_mutation(shop, SET, [row(n) for n in range(40)]), "FAILED")
    assert (found["errorCode"], found["url"]) == ("INTERNAL_SERVER_ERROR", None)
    answers = result(shop, found["partialDataUrl"])
    assert [each["__lineNumber"] for each in answers] == list(range(25))
    assert len(counter.shop("GET", "products")) == 9 + 25
    counter.fault("rows", every=4, match=match, times=1)
    found = finished(shop, counter, run_mutation(shop, SET, [row(n) for n in range(8)]))
    failed = [each["__lineNumber"] for each in result(shop, found["url"]) if "errors" in each]
    assert failed == [3, 7]


# === QUERIES === #


@covers("R414")
def test_the_catalogue_as_lines(shop: Shop, counter: Counter) -> None:
    found = finished(shop, counter, run_query(shop, CATALOGUE))
    rows = result(shop, found["url"])
    assert (found["objectCount"], found["rootObjectCount"]) == ("21", "9")
    assert rows[0] == {"id": gid("Product", 8001), "title": "Cola Can 330 ml"}
    assert ["__parentId" in each for each in rows] == [False] * 9 + [True] * 12
    assert rows[-1] == {
        "id": gid("ProductVariant", 40012),
        "sku": "TSH-SAN-M",
        "selectedOptions": [{"name": "Colour", "value": "Sand"}, {"name": "Size", "value": "M"}],
        "__parentId": gid("Product", 8009),
    }
    grouped = finished(shop, counter, run_query(shop, CATALOGUE, group=True))
    rows = result(shop, grouped["url"])
    assert [each.get("__parentId") for each in rows[:3]] == [None, gid("Product", 8001), None]


@covers("R414")
def test_nested_objects_fragments_and_filters(shop: Shop, counter: Counter) -> None:
    query = """query { productVariants(query: "sku:COL-330 OR sku:DAT-1K") { nodes {
        __typename sku price ...More inventoryItem { tracked inventoryLevels { nodes {
          location { id } quantities(names: ["available"]) { quantity } } } } } } }
      fragment More on ProductVariant { product { title ... on Product { status } } }"""
    rows = result(shop, finished(shop, counter, run_query(shop, query))["url"])
    assert rows[0] == {
        "__typename": "ProductVariant",
        "sku": "COL-330",
        "price": "1.79",
        "product": {"title": "Cola Can 330 ml", "status": "ACTIVE"},
        "inventoryItem": {"tracked": True},
    }
    assert rows[2] == {
        "location": {"id": gid("Location", 7001)},
        "quantities": [{"quantity": 240}],
        "__parentId": gid("ProductVariant", 40001),
    }
    assert len(rows) == 2 + 4


@covers("R414")
def test_a_page_border_loses_nothing(shop: Shop, counter: Counter) -> None:
    counter.shop("POST", "products", {"count": 600, "prefix": "N"})
    query = '{ products(query: "sku:N* AND status:ACTIVE") { nodes { id handle } } }'
    rows = result(shop, finished(shop, counter, run_query(shop, query))["url"])
    assert len({each["id"] for each in rows}) == len(rows) == 600


@covers("R414")
def test_a_result_without_objects_has_no_file(shop: Shop, counter: Counter) -> None:
    query = '{ products(query: "sku:nothing") { nodes { id } } }'
    found = finished(shop, counter, run_query(shop, query))
    assert (found["url"], found["objectCount"], found["fileSize"]) == (None, "0", None)


@covers("R414")
@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("{ shop { id } }", "at least one connection"),
        ("{ nope }", "Cannot query field"),
        ("mutation { tagsAdd(id: \"x\", tags: []) { userErrors { message } } }", "queries"),
        ("query ($a: String) { products(query: $a) { nodes { id } } }", "variables"),
        ("{ collections { nodes { products { nodes { variants { nodes { id } } } } } } }",
         "nesting depth"),
        ("{ products { nodes { id a: variants { nodes { id } } b: variants { nodes { id } } "
         "c: variants { nodes { id } } d: variants { nodes { id } } media { nodes { id } } } } }",
         "more than 5 connections"),
    ],
)  # fmt: skip
def test_what_bulk_queries_refuse(shop: Shop, query: str, text: str) -> None:
    assert text in shop.refused(RUN_QUERY, query=query)


@covers("R414", "R353")
def test_a_scope_that_is_missing_shows_in_the_operation(shop: Shop, counter: Counter) -> None:
    counter.shop("POST", "settings", {"scopes": ["read_locations"]})
    found = finished(shop, counter, run_query(shop, CATALOGUE), "FAILED")
    assert (found["errorCode"], found["url"]) == ("ACCESS_DENIED", None)


@covers("R414")
def test_results_come_in_parts(shop: Shop, counter: Counter) -> None:
    found = finished(shop, counter, run_query(shop, CATALOGUE))
    path, size = urlsplit(found["url"]).path, int(found["fileSize"])
    whole = shop.send("GET", path).body
    assert len(whole) == size
    part = shop.send("GET", path, headers={"Range": "bytes=10-19"})
    assert (part.status, part.body) == (206, whole[10:20])
    assert part.headers["content-range"] == f"bytes 10-19/{size}"
    rest = shop.send("GET", path, headers={"Range": f"bytes={size - 5}-"})
    assert (rest.status, rest.body) == (206, whole[-5:])
    assert shop.send("GET", path, headers={"Range": f"bytes={size}-"}).status == 416
    assert shop.send("GET", "/shopify/bulk-result/nothing.jsonl").status == 404


@covers("R414")
def test_operations_are_listed_and_found(shop: Shop, counter: Counter) -> None:
    one = run_query(shop, CATALOGUE)
    finished(shop, counter, one)
    query = """query ($query: String!) { bulkOperations(first: 5, query: $query, reverse: true) {
      nodes { id status query } } }"""
    for text, count in (("status:COMPLETED operation_type:QUERY", 1), ("status:RUNNING", 0)):
        nodes = shop.ask(query, query=text)["bulkOperations"]["nodes"]
        assert [each["query"] for each in nodes] == [CATALOGUE] * count
    assert shop.ask(BULK, id=gid("BulkOperation", 1)) == {"bulkOperation": None}
