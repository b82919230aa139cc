"""Everything that runs in the demo: PostgreSQL, the sandbox, Odoo with its job runner."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from suite import addons, databases, kept, odoo, paths, ports, postgres
from suite.console import SuiteError, step
from suite.odoo import OdooServer
from suite.sandbox import Sandbox
from suite.web import OdooClient

TOKEN = "sandbox-retail-token"
WEBHOOK = "cartona_integration/webhook/order_status"
QUEUE = "sqs/demo-queue"
ODOO_PORT = 8069
SANDBOX_PORT = 8070
ICED_TEA = [
    {
        "name": f"Iced Tea {flavour} 330 ml",
        "internal_product_id": f"ICT-{sku}",
        "base_product_id": 5_000 + number,
        "unit": "can",
        "unit_count": 1,
        "selling_price": "14",
        "available_stock_quantity": 300,
        "is_published": True,
        "supplier_code": "EG-RETAIL",
    }
    for number, (flavour, sku) in enumerate((("Lemon", "LEM"), ("Peach", "PCH")))
]


class Scene:
    """The running demo, as a context manager. The second start finds everything as it was left.

    :param name: of the database and of the folder with the sandbox's state.
    :param cluster: where the database lives; a person's demo is kept durably.
    :param fixed_ports: prefer the ports people know, so that bookmarks go on working.
    """

    def __init__(self, name: str, cluster: postgres.Cluster, *, fixed_ports: bool) -> None:
        self.name = databases.check_name(name)
        self.cluster = cluster
        self.state = paths.STATE / f"{name}-sandbox.db"
        self._filling = _filling(name, cluster)
        odoo_port, sandbox_port = ports.free_ports(2)
        if fixed_ports:
            odoo_port = ODOO_PORT if ports.is_free(ODOO_PORT) else odoo_port
            sandbox_port = SANDBOX_PORT if ports.is_free(SANDBOX_PORT) else sandbox_port
        self.server = OdooServer(cluster, name, name=name, port=odoo_port, channels="root:2")
        self.sandbox = Sandbox(
            name=f"{name}-sandbox",
            state=self.state,
            port=sandbox_port,
            arguments=(
                *("--webhook-url", f"{self.server.url}/{WEBHOOK}", "--webhook-token", TOKEN),
            ),
        )

    def __enter__(self) -> Scene:
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *exc: object) -> None:
        self.stop()

    def start(self) -> None:
        self.cluster.start()
        if self._filling.exists():
            # The last start was interrupted in the middle of it.
            forget(self.name, self.cluster)
        shipped = {name: addon for name, addon in addons.find().items() if addon.is_shipped}
        conf = kept.ensure(self.cluster, self.name, shipped)
        with step("starting the sandbox"):
            self.sandbox.start()
        if not self._is_connected("cartona"):
            self._fill(conf)
        if not self._is_connected("amazon"):
            self._fill_amazon(conf)
        if not self._is_connected("shopify"):
            self._fill_shopify(conf)
        with step("starting Odoo and its job runner"):
            self.server.start()
        self._tell_addresses()

    def stop(self) -> None:
        self.server.stop()
        self.sandbox.stop()

    def client(self) -> OdooClient:
        return OdooClient(self.server.url, self.name)

    def channel(self, provider: str, method: str, path: str, body: object = None) -> Any:
        """The control interface of a simulated channel."""
        return self.sandbox.control(method, f"{provider}/{path}", body)

    # === INTERNALS === #

    def _is_connected(self, provider: str) -> bool:
        rows = self.cluster.sql(
            self.name,
            f"SELECT 1 FROM marketplace_account WHERE provider = '{provider}' AND state != 'draft'",
        )
        return bool(rows)

    def _fill(self, conf: Path) -> None:
        with step("filling the demo: companies, catalogue, stock, listings"):
            listed = self.channel("cartona", "GET", "products")
            known = {row["internal_product_id"] for row in listed}
            rows = [row for row in ICED_TEA if row["internal_product_id"] not in known]
            if rows:
                self.channel("cartona", "POST", "products", {"products": rows})
            settings = {"SANDBOX_URL": self.sandbox.room("cartona"), "TOKEN": TOKEN}
            self._run(conf, "catalogue", settings)

    def _fill_amazon(self, conf: Path) -> None:
        with step("connecting the simulated Amazon"):
            settings = {"AMAZON_URL": self.sandbox.room("amazon"), "QUEUE_URL": self._queue()}
            self._run(conf, "amazon", settings)

    def _fill_shopify(self, conf: Path) -> None:
        with step("connecting the simulated Shopify"):
            settings = {"SHOPIFY_URL": self.sandbox.room("shopify"), "ODOO_URL": self.server.url}
            self._run(conf, "shopify", settings)

    def _queue(self) -> str:
        return f"{self.sandbox.room('amazon')}/{QUEUE}"

    def _run(self, conf: Path, name: str, settings: dict[str, str]) -> None:
        """Run a script of this folder in an Odoo shell, with settings in front."""
        script = (Path(__file__).parent / f"{name}.py").read_text(encoding="utf-8")
        # The shell knows nothing of this package.
        head = f"import sys\nsys.path.append({json.dumps(str(paths.TOOLS))})\n"
        head += "".join(f"{word} = {json.dumps(value)}\n" for word, value in settings.items())
        log = paths.LOGS / f"{self.name}-{name}.log"
        self._filling.touch()
        said = odoo.run_odoo(
            self.cluster,
            conf,
            *["shell", "--no-http", "--log-level", "error"],
            stdin=f"exec(compile({head + script!r}, 'demo', 'exec'))\n",
            log=log,
            what="filling the demo",
        )
        if "demo ready" not in said:
            raise SuiteError(f"the demo could not be filled\n{said[-2000:]}", f"see {log}")
        self._filling.unlink()

    def _tell_addresses(self) -> None:
        """The ports may be others than the last time."""
        client = self.client()
        for provider, more in (
            ("cartona", {}),
            ("amazon", {"amazon_queue_url": self._queue()}),
            ("shopify", {}),
        ):
            accounts = client("marketplace.account", "search", [["provider", "=", provider]])
            vals = {"base_url": self.sandbox.room(provider), **more}
            client("marketplace.account", "write", accounts, vals)
        parameters = client("ir.config_parameter", "search", [["key", "=", "web.base.url"]])
        client("ir.config_parameter", "write", parameters, {"value": self.server.url})


def _filling(name: str, cluster: postgres.Cluster) -> Path:
    """Exists while the demo is filled, and afterwards if that was interrupted."""
    return paths.STATE / f"{cluster.name}-{name}-filling"


def forget(name: str, cluster: postgres.Cluster) -> None:
    """Throw away a demo's database and its sandbox's state."""
    cluster.start()
    databases.drop(cluster, name)
    for path in paths.STATE.glob(f"{name}-sandbox.db*"):
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()
    (paths.STATE / f"{cluster.name}-{name}.json").unlink(missing_ok=True)
    _filling(name, cluster).unlink(missing_ok=True)
