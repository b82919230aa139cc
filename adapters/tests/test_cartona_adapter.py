"""Address, options, check, paging and listings of Cartona's adapter."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

import cartona_samples as samples
from cartona_stub import TOKEN, CartonaStub
from marketplace_adapters.cartona import CartonaAdapter, api_url
from marketplace_adapters.cartona.client import rows_of
from marketplace_adapters.cartona.const import PATHS
from marketplace_adapters.cartona.limits import LIMITS
from marketplace_adapters.cartona.paging import pages
from marketplace_adapters.core import (
    UTC,
    AuthError,
    Connection,
    InvalidError,
    RejectedError,
    ServerError,
    TransportError,
)
from marketplace_adapters.testing import covers
from marketplace_adapters.testing.server import Call, Reply, ScriptedServer

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def running() -> Iterator[ScriptedServer]:
    with ScriptedServer() as server:
        yield server


@pytest.fixture
def front(running: ScriptedServer) -> ScriptedServer:
    running.forget()
    return running


@pytest.fixture
def stub(front: ScriptedServer) -> CartonaStub:
    own = CartonaStub()
    front.handle_with(own.answer)
    return own


def connect(
    front: ScriptedServer, path: str = "", token: str = TOKEN, **options: Any
) -> CartonaAdapter:
    return CartonaAdapter(Connection(front.base_url + path, {"token": token}, options))


# === ADDRESS, HEADERS === #


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("https://c.test", "https://c.test/api/v1"),
        ("https://c.test/", "https://c.test/api/v1"),
        ("https://c.test/api/v1", "https://c.test/api/v1"),
        ("https://c.test/api/v1/", "https://c.test/api/v1"),
        ("https://c.test/api/v1//", "https://c.test/api/v1"),
        ("https://c.test/api/v1/supplier-product", "https://c.test/api/v1"),
        ("https://c.test/api/v12", "https://c.test/api/v12/api/v1"),
        ("http://127.0.0.1:8080/cartona", "http://127.0.0.1:8080/cartona/api/v1"),
        ("http://127.0.0.1:8080/cartona/api/v1/", "http://127.0.0.1:8080/cartona/api/v1"),
    ],
)
@covers("R115", "R240", "R261", "R273", "R351", "X29")
def test_the_api_prefix_is_there_once(given: str, used: str) -> None:
    assert api_url(given) == used
    with CartonaAdapter(Connection(given)) as adapter:
        assert adapter.transport.base_url == used


@covers("R332", "X29")
def test_plain_http_is_for_this_machine() -> None:
    with pytest.raises(InvalidError):
        api_url("http://supplier-integrations.cartona.com")


@covers("R93", "R128", "R131", "R262", "R263", "X21")
def test_a_call_carries_the_bare_token(front: ScriptedServer, stub: CartonaStub) -> None:
    since = datetime(2026, 1, 1, 2, tzinfo=UTC)
    with connect(front) as adapter:
        list(adapter.pull("order", since, since + timedelta(days=1)))
    (call,) = front.calls
    assert (call.method, call.path) == ("GET", "/api/v1/order/pull-orders")
    assert call.headers["authorizationtoken"] == TOKEN
    assert "authorization" not in call.headers
    assert call.query == {
        "page": "1",
        "per_page": "100",
        "from": "2026-01-01T02:00:00Z",
        "to": "2026-01-02T02:00:00Z",
    }


@covers("R264", "R271")
def test_every_endpoint_has_its_path_as_data(front: ScriptedServer) -> None:
    front.handle_with(lambda call: Reply(200, []))
    with connect(front) as adapter:
        client = adapter.client
        client.pull_orders(1, 10)
        client.set_statuses([])
        client.set_status("x", {})
        client.update_details([])
        client.products(1, 1)
        client.update_products([])
        client.base_products(1, 10)
        client.update_base_products([])
        client.update_base_stock([])
    paths = [call.path.removeprefix("/api/v1/") for call in front.calls]
    assert paths == [path.format(hashed_id="x") for path in PATHS.values()]


@covers("X17", "X21")
def test_header_name_and_supplier_code_are_options(front: ScriptedServer) -> None:
    front.handle_with(lambda call: Reply(200, []))
    with connect(front, token_header="X-Own", internal_supplier_code="R 1") as adapter:
        adapter.check()
        adapter.client.update_products([{"supplier_product_id": "1"}])
    for call in front.calls:
        assert call.headers["x-own"] == TOKEN
        assert "authorizationtoken" not in call.headers
        assert call.query["internal_supplier_code"] == "R 1"


def test_without_a_token_no_call_is_made(front: ScriptedServer, stub: CartonaStub) -> None:
    with connect(front, token="") as adapter:
        with pytest.raises(AuthError):
            list(adapter.listings())
        assert adapter.check().missing == ("token",)
    assert front.calls == []


# === OPTIONS === #


def test_the_batch_size_is_an_option() -> None:
    limits = CartonaAdapter.limits_for({"batch_size": "250"})
    sizes = {lane.name: lane.batch_size for lane in limits.lanes}
    assert sizes == {"catalog": 250, "acknowledge": 250, "status": 250, "cancel": 250, "lines": 1}
    for nothing in ({}, {"batch_size": None}, {"batch_size": ""}, {"batch_size": False}):
        assert CartonaAdapter.limits_for(nothing) is LIMITS
    with CartonaAdapter(Connection("https://c.test", {}, {"batch_size": 7})) as adapter:
        assert adapter.limits.lanes[0].batch_size == 7
    assert CartonaAdapter.limits is LIMITS


@pytest.mark.parametrize("value", [0, -1, 1001, "many", 1.5, True, [], "1e2"])
@pytest.mark.parametrize("name", ["batch_size", "page_size"])
def test_an_option_out_of_range_is_told(name: str, value: Any) -> None:
    with pytest.raises(InvalidError) as caught:
        CartonaAdapter(Connection("https://c.test", {}, {name: value}))
    assert caught.value.message == f"The option {name} must be a number from 1 to 1000."


# === CHECK === #


@covers("R78", "R208", "R237", "R288", "R293")
def test_the_check_is_one_small_call(front: ScriptedServer, stub: CartonaStub) -> None:
    with connect(front) as adapter:
        assert adapter.check().message == "Connected; the supplier has no products yet."
        stub.add_product(1)
        assert (adapter.check().ok, adapter.check().message) == (True, "Connected.")
    assert front.calls[0].target == "/api/v1/supplier-product?page=1&per_page=1"


@pytest.mark.parametrize(
    ("reply", "part"),
    [
        (Reply(401, {"error": "Unauthorized"}), "refuses the token (HTTP 401: Unauthorized)"),
        (Reply(403), "refuses the token (HTTP 403)"),
        (Reply(400, {"error": "Bad request"}), "name of the token header (HTTP 400: Bad request)"),
        (Reply(404), "check the address"),
        (Reply(405), "does not answer as Cartona does"),
        (Reply(302, headers={"Location": "/login"}), "does not answer as Cartona does"),
        (Reply(200, {"hello": "world"}), "does not answer as Cartona does"),
    ],
)
@covers("R78", "R294")
def test_a_failed_check_says_where_to_look(front: ScriptedServer, reply: Reply, part: str) -> None:
    front.next(reply)
    with connect(front) as adapter:
        check = adapter.check()
    assert not check.ok
    assert part in check.message


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (Reply(503), ServerError),
        (Reply(fault="reset"), TransportError),
        (Reply(200, b"<html>"), TransportError),
    ],
)
def test_a_check_that_got_no_answer_raises(
    front: ScriptedServer, reply: Reply, error: type[Exception]
) -> None:
    front.next(reply)
    with connect(front) as adapter, pytest.raises(error):
        adapter.check()


# === PAGES === #


class Rows:
    """A list that is served in pages."""

    def __init__(self, count: int, largest: int = 1000) -> None:
        self.rows: list[Any] = list(range(count))
        self.largest = largest
        self.asked: list[int] = []

    def fetch(self, page: int) -> list[Any]:
        self.asked.append(page)
        return self.rows[(page - 1) * self.largest : page * self.largest]


@pytest.mark.parametrize(
    ("count", "largest", "calls"),
    [
        (0, 100, 1),
        (1, 100, 1),
        (99, 100, 1),
        (100, 100, 2),
        (101, 100, 2),
        (250, 100, 4),
        (203, 100, 3),
        (120, 50, 4),
        (20, 20, 2),
        (5, 100, 2),
    ],
)
@covers("R275")
def test_all_pages_are_read_also_when_the_server_gives_fewer_rows(
    count: int, largest: int, calls: int
) -> None:
    rows = Rows(count, largest)
    assert [row for page in pages(rows.fetch, 100) for row in page] == rows.rows
    assert rows.asked == list(range(1, calls + 1))


def test_a_server_that_ignores_the_page_is_left_after_two_calls() -> None:
    asked: list[int] = []

    def same(page: int) -> list[Any]:
        asked.append(page)
        return [{"hashed_id": str(n)} for n in range(100)]

    assert [len(page) for page in pages(same, 100)] == [100]
    assert asked == [1, 2]


def test_rows_that_moved_to_the_next_page_come_once() -> None:
    served = {1: [{"n": n} for n in range(4)], 2: [{"n": n} for n in range(2, 6)], 3: []}
    found = [row["n"] for page in pages(lambda page: served[page], 4) for row in page]
    assert found == [0, 1, 2, 3, 4, 5]


def test_a_list_without_end_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("marketplace_adapters.cartona.paging.MAX_PAGES", 20)
    with pytest.raises(ServerError):
        list(pages(lambda page: [page], 1))
    assert len(list(pages(lambda page: [page], 1, most=3))) == 3


@pytest.mark.parametrize(
    "reply",
    [
        [1, 2],
        {"data": [1, 2]},
        {"data": [1, 2], "meta": {"page": 1}},
        {"data": {"data": [1, 2], "total": 2}},
        {"orders": [1, 2]},
        {"data": {"orders": [1, 2]}},
    ],
)
def test_a_list_is_found_in_its_wrapping(reply: Any) -> None:
    assert rows_of(reply, "orders") == [1, 2]


@pytest.mark.parametrize(
    "reply", [{}, 5, "x", {"data": 5}, {"data": {"x": 1}}, {"orders": {}}, False]
)
def test_what_is_no_list_is_told(reply: Any) -> None:
    with pytest.raises(InvalidError):
        rows_of(reply, "orders")
    assert rows_of(None, "orders") == []


def test_one_damaged_order_does_not_stop_its_page(front: ScriptedServer) -> None:
    front.next(Reply(200, {"data": [samples.order("a"), 5, {}, samples.order("b")]}))
    with connect(front) as adapter:
        (page,) = adapter.pull("order", LONG_AGO)
    names = [event.external_id for event in page.events]
    assert (names[0], names[3]) == ("a", "b")
    assert all(name.startswith("unknown-") for name in names[1:3])
    assert page.latest is None


def test_the_newest_change_of_a_page_is_told(front: ScriptedServer) -> None:
    times = ["2026-03-01T10:00:00Z", None, "2026-03-01T13:00:00+02:00", "?"]
    front.next(Reply(200, [samples.order(f"o{n}", updated_at=t) for n, t in enumerate(times)]))
    with connect(front) as adapter:
        page, end = adapter.pull("order", LONG_AGO)
    assert (len(page.events), page.latest) == (4, None), "the next page may be older"
    assert (end.events, end.latest) == ((), datetime(2026, 3, 1, 11, tzinfo=UTC))


# === LISTINGS === #


@covers("R264", "R276")
def test_few_listings_are_asked_one_by_one_and_many_from_the_list(
    front: ScriptedServer, stub: CartonaStub
) -> None:
    for number in range(30):
        stub.add_product(number + 1, selling_price="5.05")
    with connect(front) as adapter:
        few = [one.key.external_id for one in adapter.listings(["3", "4", "3", "none"])]
        assert few == ["3", "4"]
        assert [call.query["supplier_product_id"] for call in front.calls] == ["3", "4", "none"]
        front.forget()
        wanted = [str(n) for n in range(1, 26)]
        assert [one.key.external_id for one in adapter.listings(wanted)] == wanted
        assert len(front.calls) <= 2
        assert len(list(adapter.listings())) == 30


@covers("R276")
def test_a_product_is_found_by_our_id_when_just_one_carries_it(
    front: ScriptedServer, stub: CartonaStub
) -> None:
    for number, internal_id in ((1, "479"), (2, "479#12"), (3, "480"), (4, "480")):
        stub.add_product(number, internal_product_id=internal_id)
    with connect(front) as adapter:
        found = [adapter.listing_of(internal_id) for internal_id in ("479#12", "480", "481")]
    assert [one and one.key.external_id for one in found] == ["2", None, None]
    assert [call.query["internal_product_id"] for call in front.calls] == ["479#12", "480", "481"]


def test_a_wrapped_list_is_read_as_well(front: ScriptedServer, stub: CartonaStub) -> None:
    stub.wrapped = True
    stub.add_product(1)
    with connect(front) as adapter:
        assert [one.title for one in adapter.listings()] == ["منتج 1"]


@covers("R271", "R276")
def test_the_base_catalogue_is_paged_and_searched(front: ScriptedServer) -> None:
    def answer(call: Call) -> Reply:
        row = {"id": int(call.query["page"]) * 10, "name": "Tea"}
        return Reply(200, [row] * (1 if call.query["page"] < "3" else 0))

    front.handle_with(answer)
    with connect(front, page_size=1) as adapter:
        found = [one.key.extra["base_product_id"] for one in adapter.base_products("شاي")]
    assert found == ["10", "20"]
    assert {call.query["search_token"] for call in front.calls} == {"شاي"}


@pytest.mark.parametrize("status", [400, 404, 422])
def test_a_refused_list_is_told_as_such(front: ScriptedServer, status: int) -> None:
    front.next(Reply(status, {"error": "per_page is too large"}))
    with connect(front) as adapter, pytest.raises(RejectedError) as caught:
        list(adapter.listings())
    assert caught.value.message == f"HTTP {status}: per_page is too large"
