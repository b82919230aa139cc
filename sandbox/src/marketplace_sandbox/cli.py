"""The command line: ``marketplace-sandbox --port 8070 --seed demo --state sandbox.db``."""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import threading
from collections.abc import Sequence

from .server import SandboxServer
from .store import StoreError


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="marketplace-sandbox",
        description="Simulated marketplaces. Prints one JSON line with the URL, then serves.",
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--port", type=int, default=0, help="port; 0 picks a free one")
    parser.add_argument("--state", metavar="FILE", help="SQLite file that keeps the state")
    parser.add_argument("--reset", action="store_true", help="forget the kept state first")
    parser.add_argument("--seed", default="demo", help="content of empty rooms: demo or empty")
    parser.add_argument("--random-seed", default="sandbox", help="makes all chances repeatable")
    parser.add_argument(
        "--token",
        action="append",
        default=[],
        metavar="TOKEN[=ACCOUNT[,ACCOUNT]]",
        help="a further token, for the named accounts (default: the first one); repeatable",
    )
    parser.add_argument("--provider", default="cartona", help="whom --token and --webhook-… mean")
    parser.add_argument("--webhook-url", help="address that gets the marketplace's events")
    parser.add_argument("--webhook-token", default="", help="token sent along with each event")
    parser.add_argument("--webhook-header", default="AuthorizationToken", help="header for it")
    parser.add_argument("--webhook-style", default="", help="payload form, see the README")
    return parser


def _prepare(server: SandboxServer, options: argparse.Namespace) -> None:
    room = server.rooms.get(options.provider)
    if room is None:
        raise ValueError(f"unknown provider {options.provider!r}")
    for text in options.token:
        token, _, accounts = text.partition("=")
        room.add_token(token, [each for each in accounts.split(",") if each])
    if options.webhook_url:
        subscription = {
            "id": f"{options.provider}-command-line",
            "provider": options.provider,
            "url": options.webhook_url,
            "token": options.webhook_token,
            "header": options.webhook_header,
            "style": options.webhook_style,
        }
        room.check_webhook(subscription)
        server.webhooks.subscribe(subscription)


def _wait_for_signal(server: SandboxServer) -> None:
    done = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: done.set())
    server.start()
    while not done.wait(3600):
        pass


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the sandbox until SIGINT or SIGTERM; exit code 2 when it cannot start."""
    options = _parser().parse_args(arguments)
    if options.reset and options.state:
        for suffix in ("", "-wal", "-shm"):
            if os.path.exists(options.state + suffix):
                os.remove(options.state + suffix)
    try:
        server = SandboxServer(
            options.host, options.port, options.state, options.seed, options.random_seed
        )
    except (OSError, OverflowError, StoreError, ValueError) as error:
        print(f"marketplace-sandbox: {error}", file=sys.stderr)
        return 2
    try:
        _prepare(server, options)
    except ValueError as error:
        server.stop()
        print(f"marketplace-sandbox: {error}", file=sys.stderr)
        return 2
    rooms = {name: f"{server.url}/{name}" for name in server.rooms}
    print(json.dumps({"url": server.url, "rooms": rooms, "pid": os.getpid()}), flush=True)
    _wait_for_signal(server)
    server.stop()
    return 0
