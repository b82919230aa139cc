"""JSON over HTTP with the standard library: Odoo's external interface and the sandbox's control."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from typing import Any

from suite.console import SuiteError


def json_request(method: str, url: str, body: object = None, *, timeout: float = 120) -> Any:
    """Send JSON, return the parsed answer (None when it is empty).

    :raises SuiteError: no answer, or one with an error status; with the answer's beginning.
    """
    data = None if body is None else json.dumps(body).encode()
    headers = {"Content-Type": "application/json", "Accept": "application/json"}
    request = urllib.request.Request(url, data=data, headers=headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=timeout) as response:
            text = response.read().decode()
    except urllib.error.HTTPError as error:
        said = error.read().decode("utf-8", "replace")[:1000]
        raise SuiteError(f"{method} {url} was answered with {error.code}: {said}") from error
    except OSError as error:
        raise SuiteError(f"{method} {url}: {error}") from error
    return json.loads(text) if text else None


class OdooClient:
    """Odoo's external interface, as any program outside uses it (``/jsonrpc``).

    ::

        client = OdooClient(server.url, server.database)
        ids = client("product.product", "search", [["sale_ok", "=", True]], limit=5)
    """

    def __init__(
        self, url: str, database: str, user: str = "admin", password: str = "admin"
    ) -> None:
        self._url = url
        self._database = database
        self._password = password
        self.uid = self._call("common", "login", database, user, password)
        if not self.uid:
            raise SuiteError(f"Odoo at {url} does not let {user} in")

    def __call__(self, model: str, method: str, *args: object, **kwargs: object) -> Any:
        """Call a public method of a model.

        :raises SuiteError: with the name and the message of Odoo's exception.
        """
        who = (self._database, self.uid, self._password)
        return self._call("object", "execute_kw", *who, model, method, args, kwargs)

    def run_cron(self, name: str) -> None:
        """Run a scheduled action now, whether or not it is switched on."""
        every = {"active_test": False}
        crons = self("ir.cron", "search", [["cron_name", "=", name]], context=every)
        self("ir.cron", "method_direct_trigger", crons)

    def _call(self, service: str, method: str, *args: object) -> Any:
        params = {"service": service, "method": method, "args": args}
        body = {"jsonrpc": "2.0", "method": "call", "params": params, "id": 1}
        answer = json_request("POST", f"{self._url}/jsonrpc", body)
        if "error" in answer:
            data = answer["error"].get("data", {})
            raise SuiteError(f"{data.get('name', 'error')}: {data.get('message', answer)}")
        return answer.get("result")
