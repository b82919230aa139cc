"""Tokens, scopes, errors of a call, and what it costs."""

from __future__ import annotations

import pytest
from shopify_sales_support import PATH, Counter, Shop
from shopify_support import CREDENTIALS, SET_STOCK, cost, login, post, quantity, stock_input
from support import Receiver, covers


@pytest.fixture(autouse=True)
def goods(shop: Shop, counter: Counter) -> None:
    """A shop with the demo's goods, without orders."""
    counter.call("POST", "reset", {"provider": "shopify", "seed": "goods"})


WHO = "{ shop { name } }"
REFUSED = {"errors": "[API] Invalid API key or access token (unrecognized login or wrong password)"}


@covers("R353")
def test_client_credentials_give_a_token_for_a_day(shop: Shop, counter: Counter) -> None:
    counter.call("POST", "clock", {"mode": "frozen"})
    found = login(shop)
    assert (found.status, found.data["expires_in"]) == (200, 86_399)
    assert "read_products" in found.data["scope"].split(",")
    token = found.data["access_token"]
    assert post(shop, WHO, token).data["data"] == {"shop": {"name": "Demo Shop"}}
    counter.call("POST", "clock", {"advance": 86_398})
    assert post(shop, WHO, token).status == 200
    counter.call("POST", "clock", {"advance": 1})
    late = post(shop, WHO, token)
    assert (late.status, late.data) == (401, REFUSED)
    again = shop.json("POST", "/shopify/admin/oauth/access_token", CREDENTIALS)
    assert again.status == 200
    assert again.data["access_token"] != token
    assert post(shop, WHO, again.data["access_token"]).status == 200


@covers("R353")
@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"client_secret": "shpss_wrong"}, "invalid_client"),
        ({"client_id": ""}, "invalid_client"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
    ],
)
def test_a_refused_login_says_why(shop: Shop, changes: dict[str, str], code: str) -> None:
    found = login(shop, **changes)
    assert (found.status, found.data["error"]) == (400, code)


@covers("R353", "R361")
def test_a_token_can_be_revoked_and_is_good_again(shop: Shop, counter: Counter) -> None:
    static = {"token": "shpat_demo_static"}
    assert counter.shop("POST", "tokens", {**static, "revoked": True}) == {"changed": 1}
    assert (post(shop, WHO).status, post(shop, WHO).data) == (401, REFUSED)
    assert post(shop, WHO, "").status == 401
    counter.shop("POST", "tokens", {**static, "revoked": False})
    assert post(shop, WHO).status == 200
    token = login(shop).data["access_token"]
    assert counter.shop("POST", "tokens/expire") == {"expired": 1}
    assert post(shop, WHO, token).status == 401


@covers("R353")
def test_a_withdrawn_scope_closes_its_fields_alone(shop: Shop, counter: Counter) -> None:
    counter.shop("POST", "settings", {"scopes": ["write_products", "read_locations"]})
    found = post(shop, "{ products(first: 1) { nodes { id } } shop { name } }").data
    assert found["data"]["shop"] == {"name": "Demo Shop"}
    assert len(found["data"]["products"]["nodes"]) == 1  # write contains read
    found = post(shop, '{ publication(id: "gid://shopify/Publication/8001") { id } }').data
    assert found["data"] == {"publication": None}
    (error,) = found["errors"]
    assert error["message"] == (
        "Access denied for publication field. Required access: `read_publications` access scope."
    )
    assert (error["extensions"]["code"], error["path"]) == ("ACCESS_DENIED", ["publication"])
    found = post(shop, SET_STOCK, key="k", input=stock_input(quantity(60001, 7001, 1))).data
    assert found["data"] == {"inventorySetQuantities": None}
    assert "`write_inventory` access scope" in found["errors"][0]["message"]
    granted = shop.ask("{ currentAppInstallation { accessScopes { handle } } }")
    handles = [x["handle"] for x in granted["currentAppInstallation"]["accessScopes"]]
    assert handles == ["read_locations", "write_products"]


@covers("R353")
def test_node_respects_the_scopes_of_what_it_finds(shop: Shop, counter: Counter) -> None:
    counter.shop("POST", "settings", {"scopes": ["read_orders"]})
    found = post(shop, '{ node(id: "gid://shopify/Product/8001") { id } }').data
    assert found["data"] == {"node": None}
    assert found["errors"][0]["extensions"]["code"] == "ACCESS_DENIED"


@covers("R354")
def test_versions_that_are_not_served(shop: Shop) -> None:
    headers = {"X-Shopify-Access-Token": "shpat_demo_static"}
    old = shop.json("POST", PATH.replace("2026-10", "2020-01"), {"query": WHO}, **headers)
    assert (old.status, old.data) == (404, {"errors": "Not Found"})
    good = post(shop, WHO)
    assert good.headers["x-shopify-api-version"] == "2026-10"
    versions = shop.ask("{ publicApiVersions { handle supported } }")["publicApiVersions"]
    assert {"handle": "2026-10", "supported": True} in versions


@covers("R354")
@pytest.mark.parametrize(
    ("query", "code", "text"),
    [
        ("{ shop { name }", "graphqlParseError", "Syntax Error"),
        ("{ shop { nope } }", "graphqlValidationError", "Cannot query field 'nope'"),
        ("query A { shop { id } } query B { shop { id } }", "BAD_REQUEST", "operation name"),
        ('{ node(id: "gid://shopify/Nothing") { id } }', "INVALID_ID", "Invalid global id"),
        ("{ products { nodes { id } } }", "BAD_REQUEST", "one of first or last"),
        ("{ products(first: 251) { nodes { id } } }", "BAD_REQUEST", "between 0 and 250"),
        ('{ products(first: 1, after: "x") { nodes { id } } }', "BAD_REQUEST", "Invalid cursor"),
    ],
)
def test_errors_of_a_query(shop: Shop, query: str, code: str, text: str) -> None:
    found = post(shop, query)
    assert found.status == 200
    error = found.data["errors"][0]
    assert error["extensions"]["code"] == code
    assert text in error["message"]


@covers("R354")
def test_variables_must_fit(shop: Shop) -> None:
    query = "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }"
    found = post(shop, query, ids=[None]).data
    assert "data" not in found
    assert found["errors"][0]["extensions"]["code"] == "INVALID_VARIABLE"
    two = "query ($i: ProductIdentifierInput!) { productByIdentifier(identifier: $i) { id } }"
    found = post(shop, two, i={"id": "gid://shopify/Product/1", "handle": "x"}).data
    assert "xactly one" in found["errors"][0]["message"]


@covers("R354")
@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"query": 5}', b'{"query"'])
def test_a_body_that_is_no_call(shop: Shop, body: bytes) -> None:
    headers = {"X-Shopify-Access-Token": "shpat_demo_static", "Content-Type": "application/json"}
    assert shop.send("POST", PATH, body, headers).status == 400


# === POINTS === #


@covers("R355")
@pytest.mark.parametrize(
    ("query", "requested", "actual"),
    [
        ("{ shop { name currencyCode } }", 1, 1),
        ("{ shop { primaryDomain { host } } }", 2, 2),
        ("{ products(first: 20) { nodes { id } pageInfo { hasNextPage } } }", 20, 9),
        ("{ products(first: 5) { edges { node { id variants(first: 3) { nodes { id } } } } } }",
         20, 10),
        ('{ product(id: "gid://shopify/Product/1") { id seo { title } } }', 2, 0),
        ('{ nodes(ids: ["gid://shopify/Product/8001", "gid://shopify/Product/1"]) { id } }', 2, 1),
        ('{ node(id: "gid://shopify/Product/8001") { id ... on Product { seo { title } } '
         "... on Location { address { city zip } } } }", 2, 2),
        ("{ a: shop { id } b: shop { id } }", 2, 2),
        ("fragment F on Shop { plan { shopifyPlus } } { shop { ...F plan { shopifyPlus } } }",
         2, 2),
        ("{ shop { id } shop @skip(if: true) { plan { shopifyPlus } } }", 1, 1),
        ('mutation { tagsAdd(id: "gid://shopify/Product/8001", tags: ["x"]) { node { id } '
         "userErrors { message } } }", 11, 11),
    ],
)  # fmt: skip
def test_points_before_and_after(shop: Shop, query: str, requested: int, actual: int) -> None:
    found = cost(post(shop, query))
    assert (found["requestedQueryCost"], found["actualQueryCost"]) == (requested, actual)


@covers("R355")
def test_inputs_of_product_set_cost_by_their_number(shop: Shop) -> None:
    query = "mutation ($input: ProductSetInput!) { productSet(input: $input) { product { id } } }"
    row = {"optionValues": [{"optionName": "Size", "name": "1"}]}
    data = {
        "title": "x",
        "productOptions": [{"name": "Size", "values": [{"name": "1"}]}],
        "variants": [row],
        "files": [{"originalSource": "https://x.example/1.jpg"}],
        "metafields": [{"namespace": "a1", "key": "b1x", "type": "boolean", "value": "true"}],
    }
    found = cost(post(shop, query, input=data))
    assert found["requestedQueryCost"] == 10 + 1 + 3  # 0.2 + 1.9 + 0.4, rounded up


@covers("R355")
def test_one_query_may_not_ask_too_much(shop: Shop) -> None:
    query = "{ products(first: %d) { nodes { id variants(first: 3) { nodes { id } } } } }"
    assert cost(post(shop, query % 250))["requestedQueryCost"] == 1000
    found = post(shop, (query % 250).replace("first: 3", "first: 4")).data
    (error,) = found["errors"]
    assert error["extensions"]["code"] == "MAX_COST_EXCEEDED"
    assert (error["extensions"]["cost"], "data" in found) == (1250, False)


@covers("R355", "X41")
def test_the_bucket_empties_and_fills_with_time(shop: Shop, counter: Counter) -> None:
    counter.call("POST", "clock", {"mode": "frozen"})
    counter.shop("POST", "throttle", {"fill": True, "maximum": 1000, "restore_rate": 50})
    query = "{ products(first: 100) { nodes { id } } }"
    counter.shop("POST", "throttle", {"available": 120})
    first = cost(post(shop, query))
    assert (first["requestedQueryCost"], first["actualQueryCost"]) == (100, 9)
    assert first["throttleStatus"] == {
        "maximumAvailable": 1000.0, "currentlyAvailable": 111, "restoreRate": 50.0
    }  # fmt: skip
    post(shop, query)
    refused = post(shop, "{ products(first: 103) { nodes { id } } }")
    assert (refused.status, "data" in refused.data) == (200, False)
    assert refused.data["errors"][0]["message"] == "Throttled"
    assert refused.data["errors"][0]["extensions"]["code"] == "THROTTLED"
    assert cost(refused)["actualQueryCost"] is None
    assert cost(refused)["throttleStatus"]["currentlyAvailable"] == 102
    counter.call("POST", "clock", {"advance": 1})
    assert cost(post(shop, query))["throttleStatus"]["currentlyAvailable"] == 143
    seen = counter.shop("GET", "throttle")
    assert (seen["spent"], seen["throttled"]) == (27, 1)


@covers("R355")
def test_every_app_has_its_own_bucket(shop: Shop, counter: Counter) -> None:
    counter.call("POST", "clock", {"mode": "frozen"})
    counter.shop("POST", "throttle", {"restore_rate": 100, "available": 0, "app": "static"})
    assert "errors" in post(shop, WHO).data
    assert "errors" not in post(shop, WHO, login(shop).data["access_token"]).data


@covers("R355", "X41")
def test_a_storm_of_throttling(shop: Shop, counter: Counter) -> None:
    counter.fault("throttled", match={"provider": "shopify", "endpoint": "shop"}, times=2)
    codes = [post(shop, WHO).data.get("errors", [{}])[0].get("extensions") for _ in range(3)]
    assert [each and each["code"] for each in codes] == ["THROTTLED", "THROTTLED", None]
    calls = counter.call("GET", "calls?provider=shopify&endpoint=shop")
    assert [each["fault"] for each in calls] == [None, "throttled", "throttled"]


@covers("R361")
@pytest.mark.parametrize(
    ("status", "text"),
    [(402, "Unavailable Shop"), (423, "Locked"), (503, "Service unavailable"), (401, None)],
)
def test_a_shop_that_is_shut(shop: Shop, counter: Counter, status: int, text: str | None) -> None:
    counter.fault("status", status=status, match={"provider": "shopify"}, times=1)
    found = post(shop, WHO)
    assert found.status == status
    assert found.data == ({"errors": text} if text else REFUSED)
    assert post(shop, WHO).status == 200


@covers("R361")
def test_calls_are_known_by_what_they_ask(shop: Shop, counter: Counter) -> None:
    post(shop, "{ shop { id } locations(first: 1) { nodes { id } } }")
    post(shop, "{ nonsense")
    endpoints = [x["endpoint"] for x in counter.call("GET", "calls?provider=shopify")]
    assert endpoints == ["graphql", "shop+locations"]


@covers("R353")
def test_house_webhooks_are_refused(counter: Counter, receiver: Receiver) -> None:
    body = {"provider": "shopify", "url": receiver.url}
    found = counter.call("POST", "webhooks", body, expect=400)
    assert found["error"] == "Shopify's webhooks are subscribed through its API"
