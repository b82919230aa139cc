"""Shopify's client: errors, points, tokens, hosts; scripted answers over a real socket."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from marketplace_adapters.core import (
    UTC,
    AdapterError,
    AuthError,
    InvalidError,
    RejectedError,
    ServerError,
    ThrottledError,
    TransportError,
)
from marketplace_adapters.shopify import SCOPES, ShopifyAdapter, cost, files
from marketplace_adapters.shopify.auth import missing, signing_secret
from marketplace_adapters.shopify.failures import UserError
from marketplace_adapters.shopify.generated.enums import CurrencyCode
from marketplace_adapters.shopify.generated.shop import Shop
from marketplace_adapters.shopify.ids import gid, number
from marketplace_adapters.shopify.limits import FEW
from marketplace_adapters.shopify.operations import read
from marketplace_adapters.testing import covers
from marketplace_adapters.testing.harness import RecordingBudget, check_hidden
from marketplace_adapters.testing.server import Call, Reply, ScriptedServer
from shopify_stub import CREDENTIALS, TOKEN, ShopifyStub
from shopify_stub import cost as said_cost

SHOP = {
    "id": "gid://shopify/Shop/1",
    "name": "Läden 🍵",
    "myshopifyDomain": "demo.myshopify.com",
    "currencyCode": "EUR",
    "ianaTimezone": "Europe/Berlin",
    "taxesIncluded": True,
}


class Clock:
    """Moves when told."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def now(self) -> datetime:
        return datetime(2026, 11, 1, tzinfo=UTC) + timedelta(seconds=self.seconds)

    def monotonic(self) -> float:
        return self.seconds


@pytest.fixture(scope="module")
def front() -> Iterator[ScriptedServer]:
    with ScriptedServer() as server:
        yield server


@pytest.fixture
def stub(front: ScriptedServer) -> ShopifyStub:
    stub = ShopifyStub(front)
    stub.answers["shop"] = lambda _variables: SHOP
    stub.answers["currentAppInstallation"] = lambda _variables: {
        "accessScopes": [{"handle": scope} for scope in SCOPES]
    }
    return stub


@pytest.fixture
def adapter(stub: ShopifyStub) -> Iterator[ShopifyAdapter]:
    with stub.adapter() as adapter:
        yield adapter


# === ERRORS === #


def refusal(code: str | None, message: str = "no", **more: Any) -> dict[str, Any]:
    extensions = {"extensions": {"code": code}} if code else {}
    return {"errors": [{"message": message, **extensions}], **more}


@covers("R356", "X42")
@pytest.mark.parametrize(
    ("body", "error", "code"),
    [
        (refusal("THROTTLED"), ThrottledError, "THROTTLED"),
        (refusal("ACCESS_DENIED", data={"shop": None}), AuthError, "ACCESS_DENIED"),
        (refusal("SHOP_INACTIVE"), AuthError, "SHOP_INACTIVE"),
        (refusal("UNAUTHORIZED"), AuthError, "UNAUTHORIZED"),
        (refusal("INTERNAL_SERVER_ERROR"), ServerError, "INTERNAL_SERVER_ERROR"),
        (refusal("TIMEOUT"), ServerError, "TIMEOUT"),
        (refusal("MAX_COST_EXCEEDED"), InvalidError, "MAX_COST_EXCEEDED"),
        (refusal("undefinedField"), InvalidError, "undefinedField"),
        (refusal(None), InvalidError, "graphql_error"),
        ({"errors": "text"}, InvalidError, "graphql_error"),
        (refusal("SOMETHING", data={"shop": SHOP}), InvalidError, "SOMETHING"),
        ({"data": None}, InvalidError, "bad_shape"),
        ({}, InvalidError, "bad_shape"),
        ({"data": {"shop": {}}}, InvalidError, "bad_shape"),
        ({"data": {"shop": 5, "currentAppInstallation": []}}, InvalidError, "bad_shape"),
        ([], TransportError, "bad_answer"),
    ],
)
def test_no_error_is_taken_for_success(
    stub: ShopifyStub, adapter: ShopifyAdapter, body: Any, error: type[AdapterError], code: str
) -> None:
    stub.next(body)
    with pytest.raises(AdapterError) as caught:
        adapter.client.call(Shop)
    assert (type(caught.value), caught.value.code) == (error, code)


def test_the_gravest_error_decides(stub: ShopifyStub, adapter: ShopifyAdapter) -> None:
    rows = [refusal(code)["errors"][0] for code in ("X", "INTERNAL_SERVER_ERROR", "THROTTLED")]
    stub.next({"errors": rows})
    with pytest.raises(ThrottledError):
        adapter.client.call(Shop)


@covers("R356")
def test_a_missing_right_is_named_with_the_place_to_click(
    stub: ShopifyStub, adapter: ShopifyAdapter
) -> None:
    said = "Access denied for shop field. Required access: `read_products` access scope."
    stub.next(refusal("ACCESS_DENIED", said, data=None))
    with pytest.raises(AuthError) as caught:
        adapter.client.call(Shop)
    assert "lacks the right read_products" in caught.value.message
    assert "Access scopes" in caught.value.message


@covers("R356")
@pytest.mark.parametrize(
    ("status", "error", "code"),
    [
        (402, AuthError, "shop_frozen"),
        (403, AuthError, "forbidden"),
        (404, AuthError, "no_shop"),
        (423, AuthError, "shop_locked"),
        (430, InvalidError, None),
        (503, ServerError, None),
    ],
)
def test_a_status_of_the_whole_shop(
    stub: ShopifyStub,
    adapter: ShopifyAdapter,
    status: int,
    error: type[AdapterError],
    code: str | None,
) -> None:
    adapter.client.call(Shop)
    stub.front.next(Reply(status, {"errors": {"base": "no"}}))
    with pytest.raises(AdapterError) as caught:
        adapter.client.call(Shop)
    assert (type(caught.value), caught.value.code) == (error, code)


def test_words_that_shopify_adds_later_are_taken(
    stub: ShopifyStub, adapter: ShopifyAdapter
) -> None:
    stub.answers["shop"] = lambda _variables: {**SHOP, "currencyCode": "XTS", "newMember": [1]}
    found = adapter.client.call(Shop).shop.currencyCode
    assert (found.value, isinstance(found, CurrencyCode)) == ("XTS", True)


# === POINTS === #


@covers("R357", "R358")
def test_points_are_taken_before_and_the_unused_given_back(stub: ShopifyStub) -> None:
    costs: list[tuple[str, float]] = []

    class Points(RecordingBudget):
        def take(self, bucket: str, cost: float = 1.0) -> None:
            costs.append((bucket, cost))
            super().take(bucket, cost)

    budget = Points()
    answer = {"data": {"shop": SHOP, "currentAppInstallation": {"accessScopes": []}}}
    stub.next({**answer, "extensions": {"cost": said_cost(12, 2, 1888)}})
    with stub.adapter(budget=budget) as adapter:
        adapter.client.call(Shop)
    assert costs == [("token", 1.0), ("graphql", 3.0)]
    assert budget.learned == [
        {
            "remaining": 1888.0,
            "limit": 2000.0,
            "per_second": 100.0,
            "retry_after": None,
            "unused": 10.0,
        }
    ]


@covers("R357", "X42")
def test_a_throttled_call_says_when_its_points_are_back(stub: ShopifyStub) -> None:
    budget = RecordingBudget()
    throttled = refusal("THROTTLED", extensions={"cost": said_cost(900, None, 150)})
    with stub.adapter(budget=budget) as adapter:
        adapter.client.login.token()
        stub.next(throttled)
        with pytest.raises(ThrottledError) as caught:
            adapter.client.call(Shop)
    assert caught.value.retry_after == 7.5
    assert [one["retry_after"] for one in budget.learned] == [7.5]
    assert [one["remaining"] for one in budget.learned] == [150.0]


@pytest.mark.parametrize("odd", [None, "x", -1, True, float(10**12), {"a": 1}, []])
def test_odd_figures_are_not_believed(stub: ShopifyStub, adapter: ShopifyAdapter, odd: Any) -> None:
    figures = {
        "requestedQueryCost": odd,
        "actualQueryCost": odd,
        "throttleStatus": {"currentlyAvailable": odd, "restoreRate": odd},
    }
    stub.next(refusal("THROTTLED", extensions={"cost": figures}))
    with pytest.raises(ThrottledError) as caught:
        adapter.client.call(Shop)
    assert caught.value.retry_after == 1.0


@covers("R357")
@pytest.mark.parametrize(
    ("query", "variables", "points"),
    [
        ("{ shop { name } }", {}, 1),
        ("{ orders(first: 10) { nodes { id } pageInfo { hasNextPage } } }", {}, 10),
        ("{ orders(first: 10) { edges { cursor node { id customer { id } } } } }", {}, 20),
        ("query Q($n: Int!) { orders(first: $n) { nodes { id } } }", {"n": 7}, 7),
        ("query Q($n: Int = 4) { orders(last: $n) { nodes { id } } }", {}, 4),
        ("query Q($ids: [ID!]!) { nodes(ids: $ids) { id } }", {"ids": ["a", "b"]}, 2),
        (
            "{ orders(first: 5) { nodes { lines(first: 3) { nodes { taxLines { rate } } } } } }",
            {},
            35,
        ),
        (
            "{ nodes(ids: [1]) { ... on A { a: b { id } } ... on B { a: x { id y { id } } } } }",
            {},
            3,
        ),
        ("mutation M { tagsAdd(id: 1) { node { id } userErrors { message } } }", {}, 11),
        ("mutation M { a: tagsAdd(id: 1) { x } metafieldsSet { userErrors { x } } }", {}, 20),
    ],
)
def test_points_of_a_document(query: str, variables: dict[str, Any], points: int) -> None:
    assert cost.cost_of(read(query), variables) == points


def test_the_lists_of_a_product_cost_extra() -> None:
    given = {
        "variants": [{"metafields": [{}, {}], "file": {"id": "f"}}] * 3,
        "files": [{}, {}],
        "metafields": [{}],
    }
    plain = cost.cost("ProductSet", {"first": 1, "input": {}})
    # 3 × 0.2 + 6 × 0.4 + 3 × 0.6 + 2 × 1.9 + 0.4 = 9
    assert cost.cost("ProductSet", {"first": 1, "input": given}) == plain + 9


def test_a_call_that_is_too_dear_is_not_made(stub: ShopifyStub, adapter: ShopifyAdapter) -> None:
    adapter.client.login.token()
    before = len(stub.front.calls)
    with pytest.raises(InvalidError) as caught:
        adapter.client.run("Levels", {"ids": ["x"] * 400, "location": "y"})
    assert caught.value.code == "MAX_COST_EXCEEDED"
    assert len(stub.front.calls) == before


def test_the_border_between_single_calls_and_bulk_follows_from_the_rates() -> None:
    assert FEW == 20


# === TOKENS === #


def logins(stub: ShopifyStub) -> int:
    return sum(call.path == TOKEN for call in stub.front.calls)


@covers("R355", "R359")
def test_one_login_serves_all_adapters_of_the_shop(stub: ShopifyStub) -> None:
    for _adapter in range(3):
        with stub.adapter() as adapter:
            adapter.client.call(Shop)
    assert logins(stub) == 1
    with stub.adapter({**CREDENTIALS, "client_secret": "shpss_another"}) as other:
        other.client.call(Shop)
    assert logins(stub) == 2


@covers("R359")
def test_threads_without_a_token_log_in_once(stub: ShopifyStub) -> None:
    adapters = [stub.adapter() for _ in range(8)]
    threads = [threading.Thread(target=one.client.call, args=(Shop,)) for one in adapters]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert logins(stub) == 1


@covers("R359")
def test_a_token_is_renewed_an_hour_before_its_end(stub: ShopifyStub) -> None:
    clock = Clock()
    with stub.adapter(clock=clock) as adapter:
        for seconds, expected in ((0, 1), (82_700, 1), (82_900, 2), (86_500, 2)):
            clock.seconds = float(seconds)
            adapter.client.call(Shop)
            assert logins(stub) == expected


@covers("R359")
def test_a_failing_login_leaves_the_old_token_in_use(stub: ShopifyStub) -> None:
    clock = Clock()
    with stub.adapter(clock=clock) as adapter:
        adapter.client.call(Shop)
        clock.seconds = 83_000.0
        stub.front.next(Reply(503, {"error": "down"}))
        assert adapter.client.call(Shop).shop.name == "Läden 🍵"


@covers("R359")
def test_a_refused_token_is_asked_for_once_more(stub: ShopifyStub, adapter: ShopifyAdapter) -> None:
    adapter.client.call(Shop)
    refused = Reply(401, {"errors": "[API] Invalid API key or access token"})
    stub.front.next(refused)
    assert adapter.client.call(Shop).shop.name == "Läden 🍵"
    assert logins(stub) == 2
    stub.front.handle_with(lambda call: stub.answer(call) if call.path == TOKEN else refused)
    with pytest.raises(AuthError) as caught:
        adapter.client.call(Shop)
    assert caught.value.code == "token_refused"
    assert logins(stub) == 3


@covers("R355")
def test_a_static_token_never_logs_in(stub: ShopifyStub) -> None:
    with stub.adapter({"access_token": "shpat_static_123456"}) as adapter:
        adapter.client.call(Shop)
        stub.front.next(Reply(401, {"errors": "[API] Invalid API key or access token"}))
        with pytest.raises(AuthError):
            adapter.client.call(Shop)
    assert logins(stub) == 0
    sent = [call.headers.get("x-shopify-access-token") for call in stub.front.calls]
    assert sent == ["shpat_static_123456"] * 2


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (Reply(200, {"access_token": ""}), TransportError),
        (Reply(200, []), TransportError),
        (Reply(400, {"error": "invalid_client", "error_description": "nope"}), AuthError),
        (Reply(400, {"error": "shop_not_permitted"}), AuthError),
        (Reply(500, b""), ServerError),
    ],
)
def test_a_login_that_fails(stub: ShopifyStub, reply: Reply, error: type[AdapterError]) -> None:
    stub.front.next(reply)
    with stub.adapter() as adapter, pytest.raises(AdapterError) as caught:
        adapter.client.call(Shop)
    assert type(caught.value) is error


def test_the_credentials_that_are_needed() -> None:
    assert missing({}) == ("client_id", "client_secret")
    assert missing({"client_id": "a", "client_secret": " "}) == ("client_secret",)
    assert missing({"access_token": "x"}) == ()
    both = {"access_token": "x", "client_secret": "c"}
    assert signing_secret(both) == "c"
    assert signing_secret({**both, "api_secret": "a"}) == "a"
    assert signing_secret({"client_secret": "c", "api_secret": "a"}) == "c"
    assert signing_secret({}) == ""


@covers("R111", "R112")
def test_no_token_and_no_secret_is_kept(stub: ShopifyStub, adapter: ShopifyAdapter) -> None:
    adapter.client.call(Shop)
    shown = f"{adapter.take_exchanges()!r} {adapter!r} {adapter.client.login!r}"
    check_hidden(shown, ("shpat_stub_0001", CREDENTIALS["client_secret"]))


# === CHECK === #


@covers("R355", "R360")
def test_each_missing_right_is_named(stub: ShopifyStub, adapter: ShopifyAdapter) -> None:
    granted = [one for one in SCOPES if one not in ("write_orders", "read_orders", "read_returns")]
    stub.answers["currentAppInstallation"] = lambda _variables: {
        "accessScopes": [{"handle": scope} for scope in granted]
    }
    check = adapter.check()
    assert (check.ok, check.missing) == (False, ("read_orders", "write_orders", "read_returns"))
    assert "read_orders, write_orders, read_returns" in check.message
    assert check.seller_name == "Läden 🍵"


@covers("R355")
def test_who_may_write_may_read(stub: ShopifyStub, adapter: ShopifyAdapter) -> None:
    writes = {one.removeprefix("write_") for one in SCOPES if one.startswith("write_")}
    granted = [one for one in SCOPES if one.removeprefix("read_") not in writes]
    stub.answers["currentAppInstallation"] = lambda _variables: {
        "accessScopes": [{"handle": scope} for scope in granted]
    }
    assert adapter.check().ok


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (Reply(400, {"error": "invalid_client"}), "client id or the client secret"),
        (Reply(400, {"error": "shop_not_permitted"}), "install the app"),
        (Reply(404, b"<html>"), "There is no shop at this address"),
        (Reply(402, b""), "Settings > Billing"),
    ],
)
def test_a_refused_login_says_what_to_do(stub: ShopifyStub, reply: Reply, words: str) -> None:
    stub.front.next(reply)
    with stub.adapter() as adapter:
        check = adapter.check()
    assert not check.ok
    assert words in check.message


def test_another_shop_than_the_one_meant(stub: ShopifyStub) -> None:
    with stub.adapter(shop="other.myshopify.com") as adapter:
        check = adapter.check()
    assert check.message == ("These credentials open demo.myshopify.com, not other.myshopify.com.")


def test_another_currency_is_said_but_no_error(stub: ShopifyStub) -> None:
    stub.answers["shop"] = lambda _variables: {**SHOP, "currencyCode": "USD"}
    with stub.adapter() as adapter:
        check = adapter.check()
    assert check.ok
    assert "sells in USD, the account's prices are in EUR" in check.message


# === FILES === #


@covers("R332")
def test_no_file_is_read_from_a_strange_host(adapter: ShopifyAdapter) -> None:
    with ScriptedServer() as strange:
        with pytest.raises(InvalidError):
            list(files.lines(adapter.transport, f"{strange.base_url}/result.jsonl"))
        assert strange.calls == []


def test_a_file_is_read_piece_by_piece_without_the_token(
    stub: ShopifyStub, adapter: ShopifyAdapter
) -> None:
    content = files.jsonl([{"n": number, "text": "ä🍵" * number} for number in range(40)])

    def serve(call: Call) -> Reply:
        assert "x-shopify-access-token" not in call.headers
        first, last = call.headers["range"].removeprefix("bytes=").split("-")
        part = content[int(first) : int(last) + 1]
        end = int(first) + len(part) - 1
        return Reply(206, part, {"Content-Range": f"bytes {first}-{end}/{len(content)}"})

    stub.front.handle_with(serve)
    rows = list(files.lines(adapter.transport, f"{stub.front.base_url}/r.jsonl", piece=100))
    assert [row["n"] for row in rows] == list(range(40))
    assert len(stub.front.calls) == -(-len(content) // 100)


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (Reply(206, b"{}", {"Content-Range": "bytes 5-6/7"}), TransportError),
        (Reply(206, b"", {"Content-Range": "bytes 0-0/7"}), TransportError),
        (Reply(200, b"[1]\n"), InvalidError),
        (Reply(200, b"{x\n"), InvalidError),
        (Reply(403, b"<Error>expired</Error>"), AuthError),
    ],
)
def test_a_damaged_file_is_no_result(
    stub: ShopifyStub, adapter: ShopifyAdapter, reply: Reply, error: type[AdapterError]
) -> None:
    stub.front.next(reply)
    with pytest.raises(AdapterError) as caught:
        list(files.lines(adapter.transport, f"{stub.front.base_url}/r.jsonl"))
    assert type(caught.value) is error


# === SMALL PARTS === #


def test_ids_are_numbers() -> None:
    assert gid("Order", "8123") == gid("Order", "gid://shopify/Order/8123")
    assert gid("Order", "9007199254740993") == "gid://shopify/Order/9007199254740993"
    assert number("gid://shopify/InventoryLevel/5?inventory_item_id=7") == "5"
    assert number(None) == number("") == ""
    for wrong in ("", "x", "1/2", "٣", "-1", "gid://shopify/Product/1", "9" * 40):
        with pytest.raises(RejectedError):
            gid("Order", wrong)


def test_the_place_of_a_user_error() -> None:
    path = ("input", "quantities", "12", "quantity")
    assert UserError("x", field=path).index("quantities") == 12
    assert UserError("x", field=("variants",)).index("variants") is None
    assert UserError("x", field=("variants", "x")).index("variants") is None
