"""The start page, the static files, and the template environment that rooms share."""

from __future__ import annotations

import mimetypes
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any

import jinja2
from werkzeug.wrappers import Request, Response

from .clock import format_time
from .room import Room, Services
from .wire import to_json

HERE = Path(__file__).parent
PAGE = 50
Preset = tuple[str, str, str, dict[str, Any]]
"""A ready-made fault: id, title, what it shows, rule."""


def _money(value: Decimal | int | float) -> str:
    return f"{value:,.2f}"


def _moment(value: datetime | float) -> str:
    moment = value if isinstance(value, datetime) else datetime.fromtimestamp(value).astimezone()
    return moment.strftime("%Y-%m-%d %H:%M:%S")


@lru_cache(maxsize=8)
def environment(folder: str = "") -> jinja2.Environment:
    """Templates of a room (its own folder first) and of the house."""
    folders = [HERE / folder / "templates", HERE / "templates"] if folder else [HERE / "templates"]
    found = jinja2.Environment(
        loader=jinja2.FileSystemLoader(folders),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.filters.update(money=_money, moment=_moment, iso=format_time)
    return found


def render(services: Services, folder: str, template: str, **values: Any) -> Response:
    """A page with what every page shows: clock and revision."""
    text = (
        environment(folder)
        .get_template(template)
        .render(clock=services.clock.state(), revision=services.store.revision, **values)
    )
    return Response(
        text, content_type="text/html; charset=utf-8", headers={"Cache-Control": "no-store"}
    )


@dataclass(frozen=True, slots=True)
class Slice:
    """A page of a long list."""

    rows: Sequence[Any]
    page: int
    pages: int
    total: int


def cut(rows: Sequence[Any], page: str | None) -> Slice:
    """A page of some rows.

    :param page: its number as the query has it; the nearest that exists is shown.
    """
    pages = max(1, -(-len(rows) // PAGE))
    number = min(max(1, int(page)), pages) if page and page.isascii() and page.isdigit() else 1
    return Slice(rows[(number - 1) * PAGE : number * PAGE], number, pages, len(rows))


def requests_shown(services: Services, provider: str, request: Request) -> dict[str, Any]:
    """What ``requests.html`` shows: the last calls, of one endpoint if it is asked for."""
    endpoint = request.args.get("endpoint", "")
    return {
        "calls": services.calls.select(provider, endpoint, limit=100),
        "counters": services.calls.counters().get(provider, {}),
        "endpoint": endpoint,
    }


def faults_shown(services: Services, provider: str, presets: Sequence[Preset]) -> dict[str, Any]:
    """What ``faults.html`` shows: rules in force, and (id, title, text, rule) of each switch."""
    switches = []
    for identifier, title, text, rule in presets:
        match = {"provider": provider, **rule.get("match", {})}
        full = {**rule, "id": f"{provider}-{identifier}", "match": match}
        switches.append((full["id"], title, text, to_json(full).decode()))
    return {"active": {rule["id"]: rule for rule in services.faults.state()}, "presets": switches}


class Pages:
    """``/`` and ``/_static/…``."""

    def __init__(self, services: Services, rooms: Mapping[str, Room]) -> None:
        self._services = services
        self._rooms = rooms

    def answer(self, request: Request) -> Response:
        path = request.path
        if path == "/":
            return render(self._services, "", "home.html", rooms=self._rooms.values())
        if path.startswith("/_static/"):
            return self._static(path.removeprefix("/_static/"))
        return self.missing()

    def missing(self) -> Response:
        response = render(self._services, "", "missing.html")
        response.status_code = 404
        return response

    def _static(self, name: str) -> Response:
        files = {each.name: each for each in (HERE / "static").iterdir()}
        if name not in files:
            return self.missing()
        kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
        return Response(files[name].read_bytes(), content_type=f"{kind}; charset=utf-8")
