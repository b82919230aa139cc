"""The state: kept in a file, whole or not at all, and waited for."""

from __future__ import annotations

import json
import signal
import sqlite3
import subprocess
import sys
import threading
from datetime import datetime, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from support import Cartona, Control, covers

from marketplace_sandbox import SandboxServer
from marketplace_sandbox.store import Store, StoreError, Table


def table(store: Store, name: str = "t") -> Table[Any]:
    return Table(store, name, lambda row: row, lambda row: row)


def test_rows_survive_with_their_kinds_and_order(tmp_path: Path) -> None:
    row = {
        "price": Decimal("12.50"),
        "at": datetime(2026, 7, 1, 10, tzinfo=timezone.utc),
        "name": "مياه \x00 «1.5 L»",
        "lines": [{"amount": Decimal("0.250")}, None, True, 10**30],
    }
    store = Store(tmp_path / "state.db")
    rows = table(store)
    with store.transaction():
        rows.put("b", row)
        rows.put("a", {"first": 1})
        rows.put("c", {})
        rows.put("b", {**row, "name": "later"})
        rows.pop("c")
    store.close()

    store = Store(tmp_path / "state.db")
    found = table(store)
    assert found.values() == [{**row, "name": "later"}, {"first": 1}]
    assert str(found.values()[0]["price"]) == "12.50"
    store.close()


def test_a_change_outside_a_transaction_is_a_mistake() -> None:
    rows = table(Store())
    with pytest.raises(RuntimeError, match="outside a transaction"):
        rows.put("a", {})


def test_memory_and_file_agree_when_a_transaction_fails(tmp_path: Path) -> None:
    store = Store(tmp_path / "state.db")
    rows = table(store)
    with pytest.raises(KeyError), store.transaction():
        rows.put("a", {"n": 1})
        raise KeyError
    store.close()
    store = Store(tmp_path / "state.db")
    assert table(store).values() == rows.values() == [{"n": 1}]
    store.close()


def test_sequences_go_on_after_a_restart(tmp_path: Path) -> None:
    for wanted in ([7, 8], [9, 10]):
        store = Store(tmp_path / "state.db")
        with store.transaction():
            assert [store.next_id("x", 7) for _ in range(2)] == wanted
        store.close()


def test_a_file_that_is_no_state_is_refused(tmp_path: Path) -> None:
    (tmp_path / "text.db").write_text("this is not a database, " * 100)
    with pytest.raises(StoreError, match="cannot be used as state file"):
        Store(tmp_path / "text.db")
    with pytest.raises(StoreError, match="folder of the state file does not exist"):
        Store(tmp_path / "none" / "state.db")
    database = sqlite3.connect(tmp_path / "later.db")
    database.execute("PRAGMA user_version=99")
    database.close()
    with pytest.raises(StoreError, match="has state format 99, this version reads 1"):
        Store(tmp_path / "later.db")


def test_waiters_wake_when_it_is_so() -> None:
    store = Store()
    rows = table(store)
    seen: list[Any] = []
    thread = threading.Thread(target=lambda: seen.append(store.wait_for(lambda: rows.get("b"), 10)))
    thread.start()
    for key in "ab":
        with store.transaction():
            rows.put(key, {"key": key})
    thread.join(10)
    assert seen == [{"key": "b"}]
    assert store.wait_for(lambda: rows.get("z"), 0) is None


def test_closing_wakes_waiters() -> None:
    store = Store()
    thread = threading.Thread(target=lambda: store.wait_for(lambda: False, 60))
    thread.start()
    store.close()
    thread.join(10)
    assert not thread.is_alive()


@covers("R431")
def test_a_sandbox_with_a_state_file_goes_on_where_it_stopped(tmp_path: Path) -> None:
    state = tmp_path / "state.db"
    with SandboxServer(seed="demo", state=state) as server:
        control, cartona = Control(server.url), Cartona(server.url)
        hook = {"provider": "cartona", "url": "http://127.0.0.1:9/x", "token": "t"}
        control.call("POST", "webhooks", hook)
        control.call("DELETE", "webhooks")
        order = control.place(note_message="ملاحظة")
        control.call("POST", "webhooks", {**hook, "retries": []})
        control.settings(product_keys="id")
        cartona.post(
            "supplier-product/bulk-update",
            [{"supplier_product_id": 110774, "selling_price": "9.990"}],
        )
        before = control.call("GET", "state")
    with SandboxServer(seed="demo", state=state) as server:
        control, cartona = Control(server.url), Cartona(server.url)
        after = control.call("GET", "state")
        assert after["rooms"] == before["rooms"]
        assert after["webhooks"] == before["webhooks"]
        assert cartona.pulled() == [order["hashed_id"]]
        assert cartona.product(110774)["selling_price"] == 9.99
        linked = [{"internal_product_id": "WTR-600", "selling_price": 3}]
        cartona.post("supplier-product/bulk-update", linked)
        assert cartona.product(110774)["selling_price"] == 3


def test_what_was_answered_survives_a_killed_process(tmp_path: Path) -> None:
    state = tmp_path / "state.db"
    command = [sys.executable, "-m", "marketplace_sandbox", "--state", str(state)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    url = json.loads(process.stdout.readline())["url"]
    order = Control(url).place()
    Cartona(url).post(
        "supplier-product/bulk-update", [{"supplier_product_id": 110774, "selling_price": 1.25}]
    )
    process.send_signal(signal.SIGKILL)
    process.wait(10)
    process.stdout.close()
    with SandboxServer(state=state) as server:
        assert Cartona(server.url).product(110774)["selling_price"] == 1.25
        assert Cartona(server.url).pulled() == [order["hashed_id"]]


def test_a_state_file_serves_one_process_at_a_time(tmp_path: Path) -> None:
    first = Store(tmp_path / "state.db")
    with pytest.raises(StoreError, match="locked"):
        Store(tmp_path / "state.db", wait=0.01)
    first.close()
    Store(tmp_path / "state.db").close()
