"""The command as a process of its own."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from support import RETAIL, WHOLESALE, Cartona, Control, Receiver, covers

from marketplace_sandbox.cli import main


@contextmanager
def running(*arguments: str) -> Iterator[dict[str, Any]]:
    """The first line of the command, as data; the process ends with SIGTERM and code 0."""
    command = [sys.executable, "-m", "marketplace_sandbox", *arguments]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield json.loads(process.stdout.readline())
    finally:
        process.send_signal(signal.SIGTERM)
        rest, _ = process.communicate(timeout=10)
    assert (process.returncode, rest) == (0, "")


@covers("R431")
def test_it_says_where_it_listens_and_serves(tmp_path: Path, receiver: Receiver) -> None:
    state = tmp_path / "state.db"
    options = ["--state", str(state), "--token", "mine", "--token", f"both={RETAIL},{WHOLESALE}"]
    hook = ["--webhook-url", receiver.url, "--webhook-token", "w", "--webhook-style", "list"]
    with running(*options, *hook) as line:
        assert line["rooms"] == {
            name: f"{line['url']}/{name}" for name in ("amazon", "cartona", "shopify")
        }
        assert Cartona(line["url"], "both").get("supplier-product", per_page=1000).status == 200
        seen = Cartona(line["url"], "mine").get("supplier-product", per_page=1000).data
        assert {row["supplier_code"] for row in seen} == {RETAIL}
        order = Control(line["url"]).place()
        assert receiver.wait(1)[0].data[0]["hashed_id"] == order["hashed_id"]
        assert receiver.received[0].headers["authorizationtoken"] == "w"
    with running("--state", str(state), "--reset", "--seed", "empty") as line:
        assert Control(line["url"]).call("GET", "cartona/products") == []


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--seed", "none"], "unknown seed"),
        (["--provider", "nobody"], "unknown provider"),
        (["--token", "x=NOBODY"], "unknown supplier code: NOBODY"),
        (["--token", "="], "a token must be"),
        (["--webhook-url", "nowhere"], "url must be"),
        (["--webhook-url", "http://x/", "--webhook-style", "xml"], "style must be one of"),
        (["--port", "99999"], "port"),
        (["--state", "/nonexistent/state.db"], "folder of the state file"),
        (["--host", "256.1.1.1"], ""),
    ],
)
def test_wrong_options_end_with_a_sentence(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.startswith("marketplace-sandbox: ")
    assert words in shown.err
