"""The control API: starting over, waiting for changes, and callers' mistakes."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from support import Cartona, Client, Control, covers

from marketplace_sandbox import SandboxServer


def test_the_index_lists_what_there_is(control: Control) -> None:
    index = control.call("GET", "")
    assert index["rooms"] == ["amazon", "cartona", "shopify"]
    assert "POST /_control/reset" in index["routes"]


@covers("R431")
def test_a_reset_starts_over(control: Control, cartona: Cartona) -> None:
    control.place()
    control.fault("slow")
    control.call("POST", "clock", {"advance": 100})
    control.call("PUT", "limits/cartona", {"limit": 5})
    control.call("POST", "webhooks", {"provider": "cartona", "url": "http://127.0.0.1:9/"})
    control.settings(bulk_results="rows")
    cartona.get("supplier-product")
    rooms = ["amazon", "cartona", "shopify"]
    assert control.call("POST", "reset") == {"reset": rooms, "seed": None}
    state = control.call("GET", "state")
    assert state["clock"]["mode"] == "real"
    assert (state["faults"], state["limits"], state["calls"], state["counters"]) == ([], {}, [], {})
    assert len(state["webhooks"]) == 1
    room = state["rooms"]["cartona"]
    assert (room["products"], room["orders"], room["tokens"]) == ([], [], [])
    assert room["settings"]["bulk_results"] == "silent"
    assert cartona.get("supplier-product").status == 401


def test_the_same_seed_gives_the_same_content(control: Control) -> None:
    def content() -> Any:
        control.call("POST", "clock", {"mode": "frozen", "at": "2026-05-05T05:05:05Z"})
        control.call("POST", "seed", {"name": "orders", "provider": "cartona"})
        return control.call("GET", "state")["rooms"]["cartona"]

    first = content()
    assert first == content()
    assert len(first["products"]) == 38
    assert sum(not order["acknowledged"] for order in first["orders"]) == 8


def test_seeds_differ(control: Control) -> None:
    control.call("POST", "seed", {"name": "empty"})
    room = control.call("GET", "state")["rooms"]["cartona"]
    assert (len(room["suppliers"]), len(room["tokens"]), room["products"]) == (2, 3, [])
    assert "unknown seed" in control.call("POST", "seed", {"name": "x"}, expect=400)["error"]
    control.call("POST", "reset", {"seed": "x"}, expect=400)
    control.call("POST", "seed", {"provider": "nobody"}, expect=400)


def test_changes_are_waited_for(sandbox: SandboxServer, control: Control) -> None:
    revision = control.call("GET", "health")["revision"]
    assert control.call("GET", f"changes?since={revision}&timeout=0") == {
        "revision": revision,
        "changed": False,
    }
    found: list[Any] = []

    def wait() -> None:
        other = Control(sandbox.url)
        found.append(other.call("GET", f"changes?since={revision}&timeout=10"))
        other.close()

    thread = threading.Thread(target=wait)
    thread.start()
    control.place()
    thread.join(10)
    assert found[0]["changed"] is True
    assert found[0]["revision"] > revision


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"\xff\xfe",
        b"[]",
        b'"x"',
        b"null",
        b"NaN",
        b'{"seed": NaN}',
        b"[" * 100_000,
        b"1" * 10_000,
        b'{"a": 1e99999999999}',
    ],
)
def test_bodies_that_are_no_object_are_refused(sandbox: SandboxServer, body: bytes) -> None:
    client = Client(sandbox.url)
    for path in ("reset", "seed", "clock", "webhooks", "cartona/settings", "cartona/products"):
        answer = client.send("POST", f"/_control/{path}", body)
        assert (path, answer.status) == (path, 400)
        assert answer.data["error"]
    client.close()


def test_unknown_paths_and_methods(control: Control) -> None:
    assert control.call("GET", "nothing", expect=404)["details"] == "/nothing"
    control.call("GET", "cartona/nothing", expect=404)
    answer = control.json("PUT", "/_control/reset", {})
    assert (answer.status, answer.headers["allow"]) == (405, "POST")
    control.call("GET", "changes?timeout=-1", expect=400)
    control.call("GET", "changes?timeout=nan", expect=400)
    control.call("GET", "changes?since=x", expect=400)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"colour": 1}, "unknown setting 'colour'"),
        ({"bulk_results": "loud"}, "bulk_results must be one of silent, rows, errors"),
        ({"order_extras": 1}, "order_extras must be of type bool"),
        ({"per_page": True}, "per_page must be of type int"),
        ({"per_page": 0}, "per_page must be at least 1"),
        ({"per_page": "20"}, "per_page must be of type int"),
        ({"product_keys": ["both"]}, "product_keys must be one of"),
        ({"per_page": 5, "pull_mode": "never"}, "pull_mode must be one of"),
    ],
)
def test_a_wrong_setting_changes_nothing(
    control: Control, values: dict[str, Any], words: str
) -> None:
    before = control.call("GET", "cartona/settings")
    assert words in control.call("POST", "cartona/settings", values, expect=400)["error"]
    assert control.call("GET", "cartona/settings") == before
