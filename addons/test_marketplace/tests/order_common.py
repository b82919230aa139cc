"""Orders that come in: documents of the fake channel through the inbox, as the engine does it."""

from datetime import datetime, timedelta, timezone

from marketplace_adapters.core import Event, revision
from marketplace_adapters.testing.fake import order_document, order_line

from .common import MarketplaceCase

NOON = datetime(2030, 1, 15, 12, 0, tzinfo=timezone.utc)


class OrderCase(MarketplaceCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.currency = cls.company.currency_id.name
        cls.account.live_since = datetime(2030, 1, 1)
        cls.tea = cls._make_product("Tea", 10.0, quantity=100, default_code="TEA")
        cls.milk = cls._make_product("Milk", 5.0, quantity=50, default_code="MILK")
        cls.tea_listing = cls._list(cls.tea, external_id="F-1")
        cls.milk_listing = cls._list(cls.milk, external_id="F-2")
        cls.engine_user = cls.env.ref("marketplace.user_engine")

    # === DOCUMENTS === #

    def document(self, order_id="O-1", lines=None, *, minutes=0, **more):
        """An order in the company's currency, changed so many minutes after noon."""
        more.setdefault("currency", self.currency)
        return order_document(order_id, lines, now=NOON + timedelta(minutes=minutes), **more)

    def two_lines(self, order_id="O-1", tea=3, milk=2):
        return [
            order_line(f"{order_id}-1", "F-1", tea, 10, name="Tea"),
            order_line(f"{order_id}-2", "F-2", milk, 5, name="Milk"),
        ]

    def event(self, data, topic="order", *, timed=True):
        occurred = (
            datetime.fromisoformat(data["updated_at"].replace("Z", "+00:00"))
            if (timed and data.get("updated_at"))
            else None
        )
        return Event(topic, str(data["id"]), revision(data), data, occurred)

    # === WHAT THE ENGINE DOES === #

    @property
    def inbox(self):
        return self.env["marketplace.inbox"].with_user(self.engine_user)

    def receive(self, *documents, account=None, source="webhook", topic="order"):
        account = (account or self.account).with_user(self.engine_user)
        return self.inbox._receive(account, [self.event(data, topic) for data in documents], source)

    def process(self, account=None, limit=50):
        """Everything that is due, as the engine user; returns how many items were taken."""
        account = (account or self.account).with_user(self.engine_user)
        total = 0
        while count := self.inbox._process_waiting(account, limit):
            total += count
        self.env.invalidate_all()
        return total

    def take_in(self, *documents, **options):
        """Receive and process; the ledger row of the last document."""
        self.receive(*documents, **options)
        self.process(options.get("account"))
        return self.ledger(documents[-1]["id"], options.get("account"))

    # === WHAT IS THERE NOW === #

    def ledger(self, order_id="O-1", account=None):
        return self.env["marketplace.order"].search(
            [
                ("account_id", "=", (account or self.account).id),
                ("external_id", "=", str(order_id)),
            ]
        )

    def item(self, order_id="O-1"):
        """The newest inbox item of an order."""
        return self.env["marketplace.inbox"].search(
            [("account_id", "=", self.account.id), ("external_id", "=", str(order_id))],
            order="id desc",
            limit=1,
        )

    def statuses(self):
        """Statuses of all inbox items, oldest first."""
        return (
            self.env["marketplace.inbox"]
            .search([("account_id", "=", self.account.id)], order="id")
            .mapped("status")
        )

    def causes(self, state="open"):
        return self.env["marketplace.cause"].search(
            [("account_id", "=", self.account.id), ("state", "=", state)]
        )

    def activities(self, record):
        return self.env["mail.activity"].search(
            [("res_model", "=", record._name), ("res_id", "=", record.id)]
        )

    def deliver(self, sale, **quantities):
        """Validate what is to go; ``quantities`` by product name for a part of it."""
        picking = sale.picking_ids.filtered(
            lambda one: one.picking_type_code == "outgoing" and one.state not in ("done", "cancel")
        )
        for move in picking.move_ids.filtered(lambda one: one.state != "cancel"):
            move.quantity = quantities.get(move.product_id.name, move.product_uom_qty)
            move.picked = bool(move.quantity)
        picking.with_context(skip_backorder=True).button_validate()
        return picking
