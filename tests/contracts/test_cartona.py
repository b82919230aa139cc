"""Cartona's order as it is described, as the sandbox gives it, and as the adapter reads it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from marketplace_adapters.cartona import PATHS
from marketplace_adapters.cartona.parsers import parse_order
from marketplace_adapters.core import InvalidError, OrderStatus
from marketplace_adapters.testing import covers
from marketplace_sandbox import SandboxServer
from suite.web import json_request

#: Enough for every kind of order that the generator knows.
ORDERS = 120


@pytest.fixture(scope="module")
def schema(specs: Path) -> Draft202012Validator:
    text = (specs / "cartona" / "cartona-order.schema.json").read_text(encoding="utf-8")
    data = json.loads(text)
    Draft202012Validator.check_schema(data)
    return Draft202012Validator(data)


@pytest.fixture(scope="module")
def orders() -> Iterator[list[dict[str, Any]]]:
    """What the sandbox's Cartona answers to pull-orders, for the demo's orders and many more."""
    with SandboxServer(seed="demo") as sandbox:
        json_request("POST", f"{sandbox.url}/_control/cartona/orders", [{}] * ORDERS)
        places = json_request("GET", f"{sandbox.url}/_control/cartona/orders")
        yield [
            json_request(
                "GET", f"{sandbox.url}/_control/cartona/orders/{each['hashed_id']}/payload"
            )
            for each in places
        ]


@covers("R210", "R253", "R430")
def test_every_order_of_the_sandbox_is_as_described(
    schema: Draft202012Validator, orders: list[dict[str, Any]]
) -> None:
    complaints = [
        f"{order['hashed_id']}: {error.json_path}: {error.message}"
        for order in orders
        for error in schema.iter_errors(order)
    ]

    assert len(orders) >= ORDERS
    assert complaints == []


@covers("R301", "R303")
def test_every_order_of_the_sandbox_is_read_with_nothing_lost(
    orders: list[dict[str, Any]],
) -> None:
    for wire in orders:
        order = parse_order(wire, "EGP")

        assert order.external_id == wire["hashed_id"]
        assert [line.quantity for line in order.lines] == [
            Decimal(str(line["amount"])) for line in wire["order_details"]
        ]
        assert [line.unit_price for line in order.lines] == [
            Decimal(str(line["selling_price"])) for line in wire["order_details"]
        ]


@covers("X23")
def test_every_status_that_is_described_is_known(
    schema: Draft202012Validator, orders: list[dict[str, Any]]
) -> None:
    described = schema.schema["$defs"]["status"]["enum"]

    read = {name: parse_order({**orders[0], "status": name}, "EGP").status for name in described}

    assert len(described) == 10
    assert all(isinstance(status, OrderStatus) for status in read.values())
    assert read["returned"] is read["return"]
    assert read["pending"] is OrderStatus.PENDING
    assert read["delivered"] is OrderStatus.DELIVERED


@pytest.mark.parametrize("member", ["hashed_id", "status", "order_details"])
def test_an_order_without_a_required_member_is_refused_by_both(
    schema: Draft202012Validator, orders: list[dict[str, Any]], member: str
) -> None:
    broken = {name: value for name, value in orders[0].items() if name != member}

    assert not schema.is_valid(broken)
    with pytest.raises(InvalidError):
        parse_order(broken, "EGP")


@covers("R325", "R263", "R264")
def test_the_page_of_the_channel_names_every_endpoint_that_is_used(checkout: Path) -> None:
    page = (checkout / "docs" / "channels" / "cartona.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (?:GET|POST) `([^`]+)` \|", page, re.MULTILINE)
    assert sorted(rows) == sorted(PATHS.values())
