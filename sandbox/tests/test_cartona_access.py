"""Tokens, supplier codes, paths and content types of the simulated Cartona."""

from __future__ import annotations

from typing import Any

import pytest
from support import BOTH_TOKEN, RETAIL, WHOLESALE, WHOLESALE_TOKEN, Cartona, Client, Control, covers

from marketplace_sandbox import SandboxServer

PATH = "/cartona/api/v1/supplier-product?page=1&per_page=1"


@covers("R128", "R262")
@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"AuthorizationToken": "sandbox-retail-token"}, 200),
        ({"authorizationtoken": "sandbox-retail-token"}, 200),
        ({"AuthorizationToken": "sandbox-retail-token", "Authorization": "x"}, 200),
        ({"AuthorizationToken": "Bearer sandbox-retail-token"}, 401),
        ({"AuthorizationToken": "SANDBOX-RETAIL-TOKEN"}, 401),
        ({"AuthorizationToken": ""}, 401),
        ({"AuthorizationToken": "wrong"}, 401),
        ({}, 401),
        ({"Authorization": "sandbox-retail-token"}, 400),
        ({"Authorization": "Bearer sandbox-retail-token"}, 400),
    ],
)
def test_only_the_bare_token_in_its_own_header_opens(
    sandbox: SandboxServer, headers: dict[str, str], status: int
) -> None:
    client = Client(sandbox.url)
    answer = client.send("GET", PATH, None, headers)
    assert answer.status == status
    assert isinstance(answer.data, list) == (status == 200)
    client.close()


def test_a_revoked_token_opens_no_more_until_it_is_restored(
    cartona: Cartona, control: Control
) -> None:
    control.call("DELETE", f"cartona/tokens/{cartona.token}")
    assert cartona.get("supplier-product").status == 401
    control.call("DELETE", "cartona/tokens/none", expect=404)
    control.call("POST", "cartona/tokens", {"token": cartona.token, "suppliers": [WHOLESALE]})
    rows = cartona.get("supplier-product").data
    assert {row["supplier_code"] for row in rows} == {WHOLESALE}


@covers("R215", "R430")
def test_each_token_sees_its_own_accounts(sandbox: SandboxServer, cartona: Cartona) -> None:
    wholesale, both = Cartona(sandbox.url, WHOLESALE_TOKEN), Cartona(sandbox.url, BOTH_TOKEN)

    def codes(client: Cartona, **query: Any) -> list[str]:
        rows = client.get("supplier-product", per_page=1000, **query).data
        return [row["supplier_code"] for row in rows]

    assert codes(cartona) == [RETAIL] * 26
    assert codes(wholesale) == [WHOLESALE] * 12
    assert len(codes(both)) == 38
    assert codes(both, internal_supplier_code=WHOLESALE) == [WHOLESALE] * 12
    assert wholesale.get("supplier-product", internal_supplier_code=RETAIL).status == 403
    wholesale.close()
    both.close()


def test_a_token_of_two_accounts_writes_both_unless_it_names_one(
    sandbox: SandboxServer, control: Control
) -> None:
    both = Cartona(sandbox.url, BOTH_TOKEN)
    name = "supplier-product/bulk-update"
    row = {"internal_product_id": "COL-330-BOX"}
    both.post(name, [{**row, "selling_price": 1}])
    both.post(name, [{**row, "min_order": 3, "supplier_code": RETAIL}])
    both.post(name, [{**row, "notes": "x", "internal_supplier_code": WHOLESALE}])
    both.post(f"{name}?internal_supplier_code={RETAIL}", [{**row, "in_stock": False}])
    both.post(name, [{**row, "selling_price": 9, "supplier_code": "NOBODY"}])
    found = [control.call("GET", f"cartona/products/{number}") for number in (110783, 110784)]
    assert [each["supplier_code"] for each in found] == [RETAIL, WHOLESALE]
    assert [each["selling_price"] for each in found] == [1, 1]
    assert [each["min_order"] for each in found] == [3, 5]
    assert [each["notes"] for each in found] == [None, "x"]
    assert [each["in_stock"] for each in found] == [False, True]
    both.close()


def test_products_and_orders_of_others_are_out_of_reach(
    sandbox: SandboxServer, control: Control, cartona: Cartona
) -> None:
    order = control.place()["hashed_id"]
    other = Cartona(sandbox.url, WHOLESALE_TOKEN)
    assert other.pulled() == []
    assert other.post(f"order/update-order-status/{order}", {"status": "approved"}).status == 404
    other.post("order/update-order-status", [{"hashed_id": order, "status": "approved"}])
    line = {"id": control.order(order)["lines"][0]["id"], "amount": 9}
    other.post("order/update-order-details", [{"hashed_id": order, "order_details": [line]}])
    other.post("supplier-product/bulk-update", [{"supplier_product_id": 110774, "min_order": 9}])
    assert control.order(order)["status"] == "pending"
    assert control.order(order)["lines"][0]["amount"] == 1
    assert control.call("GET", "cartona/products/110774")["min_order"] == 1
    assert other.get("supplier-product", supplier_product_id=110774).data == []
    other.close()


@covers("R263", "R264")
def test_the_nine_endpoints_and_their_methods(cartona: Cartona) -> None:
    gets = ["order/pull-orders", "supplier-product", "supplier-product/base-products"]
    posts = [
        "order/update-order-status",
        "order/update-order-details",
        "supplier-product/bulk-update",
        "supplier-product/base-product/bulk-update",
        "supplier-product/base-product/bulk-update-stock",
    ]
    for name in gets:
        assert (name, cartona.get(name).status) == (name, 200)
        refused = cartona.post(name, [])
        assert (refused.status, refused.headers["allow"]) == (405, "GET")
    for name in posts:
        assert (name, cartona.post(name, []).status) == (name, 200)
        refused = cartona.get(name)
        assert (refused.status, refused.headers["allow"]) == (405, "POST")
    assert cartona.post("order/update-order-status/none", {"status": "synced"}).status == 404
    assert cartona.get("supplier-product/").status == 200


@pytest.mark.parametrize(
    "path",
    ["", "order", "orders/pull-orders", "supplier-product/base-product", "order/pull-orders/1",
     "order/update-order-status/a/b", "v1/supplier-product", "../../x"],
)  # fmt: skip
def test_other_paths_do_not_exist(cartona: Cartona, path: str) -> None:
    answer = cartona.get(path)
    assert (answer.status, answer.data) == (404, {"error": "Not found"})


def test_the_early_spelling_can_be_switched_on(cartona: Cartona, control: Control) -> None:
    control.settings(published_paths=True)
    order = control.place()["hashed_id"]
    assert [each["hashed_id"] for each in cartona.get("orders/pull-orders").data] == [order]
    body = {"status": "approved"}
    assert cartona.post(f"orders/update-order-status/{order}", body).status == 200
    assert len(cartona.get("supplier-product/base-product").data) == 13


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_only_json_is_taken(cartona: Cartona, kind: str) -> None:
    assert cartona.post_raw("supplier-product/bulk-update", b"[]", kind).status == 415
    good = "application/json; charset=utf-8"
    assert cartona.post_raw("supplier-product/bulk-update", b"[]", good).status == 200


@covers("R130")
@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "The request body is empty"),
        (b"  \n", "The request body is empty"),
        (b"{", "The request body is not JSON"),
        (b"[{]", "The request body is not JSON"),
        (b"\xff\xfe\x00", "The request body is not JSON"),
        (b"[NaN]", "The request body is not JSON"),
        (b'[{"selling_price": Infinity}]', "The request body is not JSON"),
        (b"[" * 100_000, "The request body is not JSON"),
        (b"{}", "A list is expected"),
        (b'{"supplier_product_id": 110774}', "A list is expected"),
        (b"null", "A list is expected"),
        (b'"[]"', "A list is expected"),
        (b"[" + b"{}," * 1000 + b"{}]", "At most 1000 rows in one request"),
    ],
)
def test_a_bulk_body_that_is_no_list_is_refused_as_a_whole(
    cartona: Cartona, body: bytes, words: str
) -> None:
    for name in (
        "supplier-product/bulk-update",
        "supplier-product/base-product/bulk-update",
        "supplier-product/base-product/bulk-update-stock",
        "order/update-order-status",
        "order/update-order-details",
    ):
        answer = cartona.post_raw(name, body)
        assert (name, answer.status, answer.data["error"]) == (name, 400, words)


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"7", b"[NaN]", b'"synced"'])
def test_a_single_body_that_is_no_object_is_refused(
    cartona: Cartona, control: Control, body: bytes
) -> None:
    order = control.place()["hashed_id"]
    assert cartona.post_raw(f"order/update-order-status/{order}", body).status == 400
    assert control.order(order)["acknowledged"] is False


def test_a_token_needs_a_known_account_and_plain_text(control: Control) -> None:
    for body in (
        {"token": ""},
        {"token": "té"},
        {"token": "a\nb"},
        {"token": "x", "suppliers": ["NOBODY"]},
        {"token": "x", "suppliers": RETAIL},
        {},
    ):
        assert "error" in control.call("POST", "cartona/tokens", body, expect=400)
    assert len(control.call("GET", "cartona/tokens")) == 3
    control.call("POST", "cartona/suppliers", {"code": "NEW", "name": "جديد"})
    control.call("POST", "cartona/suppliers", {}, expect=400)
    assert [each["code"] for each in control.call("GET", "cartona/suppliers")][-1] == "NEW"
