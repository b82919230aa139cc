"""A further provider is a directory: nothing that is there is edited."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from support import Client, Control, covers

import marketplace_sandbox
from marketplace_sandbox import SandboxServer

TOY = """
from marketplace_sandbox.room import Room as Base
from marketplace_sandbox.wire import json_response

class Room(Base):
    name, title = "toy", "Toy"
    def endpoint(self, method, path): return path if path.startswith("api") else None
    def credential(self, request): return ""
    def api(self, exchange): return json_response({"toy": exchange.path})
    def refuse(self, status, message): return json_response({"no": message}, status)
    def control(self, request, path): return json_response({"path": path})
    def page(self, request, path): return None
    def add_token(self, token, accounts): pass
    def check_webhook(self, data): pass
    def seed(self, name): pass
    def reset(self): pass
    def is_empty(self): return True
    def state(self): return {}
    def facts(self): return [("Toys", "1")]
"""


@covers("R266")
def test_a_new_directory_is_a_new_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "toy").mkdir()
    (tmp_path / "toy" / "__init__.py").write_text(TOY)
    places = [*marketplace_sandbox.__path__, str(tmp_path)]
    monkeypatch.setattr(marketplace_sandbox, "__path__", places)
    with SandboxServer(seed="demo") as server:
        control, client = Control(server.url), Client(server.url)
        assert control.call("GET", "health")["rooms"] == ["amazon", "cartona", "shopify", "toy"]
        assert client.send("GET", "/toy/api/x").data == {"toy": "api/x"}
        assert control.call("GET", "toy/some/path") == {"path": "some/path"}
        assert control.call("GET", "counters")["toy"]["api/x"]["calls"] == 1
        control.fault("status", match={"provider": "toy"})
        assert client.send("GET", "/toy/api/x").data == {"no": "Internal server error"}
        assert client.send("GET", "/cartona/api/v1/supplier-product").status == 401
        assert client.send("GET", "/toy/page").status == 404
        assert b"Toys" in client.send("GET", "/").body
    sys.modules.pop("marketplace_sandbox.toy")
