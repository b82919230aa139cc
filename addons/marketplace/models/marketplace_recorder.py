import functools
import json

from odoo import api, models

from ..const import DEFAULT_KINDS, FIELD_KINDS, IGNORED_FIELDS
from ..tools.waker import waker

DATA_KEY = "marketplace.recorder"


class MarketplaceRecorder(models.AbstractModel):
    """Writes the operation log, in the user's own transaction.

    What happens is remembered in ``cr.precommit.data`` and written at flush by one INSERT for
    each log table. Writes of one transaction on one record are one operation. Nothing is
    searched, nothing is fanned out, no channel is called: that is the dispatcher's and the
    engine's work, later and elsewhere.
    """

    _name = "marketplace.recorder"
    _description = "Marketplace Operation Recorder"

    # === PRODUCTS === #

    @api.model
    def _record_create(self, records):
        """Templates or variants that were created."""
        if not self._enabled():
            return
        for record in records:
            # Creating a template with several variants writes on it before it is done.
            self._product_entry(record, "create")["operation"] = "create"

    @api.model
    def _record_write(self, records, names, values=None, **data):
        """Fields of templates or variants that were written.

        :param names: of the fields; those no channel cares about are dropped.
        :param dict values: record id → {field: [old, new]} for the few fields worth keeping.
        :param data: ``locations`` (ids) and ``decrement`` for stock.
        """
        names = [name for name in names if name not in IGNORED_FIELDS]
        if not names or not self._enabled():
            return
        for record in records:
            entry = self._product_entry(record, "write")
            entry["fields"].update(dict.fromkeys(names))
            entry["locations"].update(data.get("locations", ()))
            entry["decrement"] |= data.get("decrement", False)
            for name, (old, new) in ((values or {}).get(record.id) or {}).items():
                first = entry["values"].get(name, (old, new))[0]
                entry["values"][name] = (first, new)

    @api.model
    def _record_pricelist(self, pricelist, *, templates=None, products=None):
        """Prices of a pricelist changed.

        :param templates, products: ids it is limited to; ``None``: for all of its products.
        """
        entry = self._product_entry(pricelist, "write")
        scope = entry.setdefault("scope", {"templates": set(), "products": set(), "all": False})
        scope["templates"].update(templates or ())
        scope["products"].update(products or ())
        scope["all"] |= not templates and not products
        entry["fields"]["pricelist"] = None

    @api.model
    def _record_stock(self, quant, old, new):
        """A quant that changed.

        :param old, new: (quantity, reserved quantity) before and after.
        """
        product, location = quant.product_id, quant.location_id
        entry = self._product_entry(product, "write")
        entry["locations"].add(location.id)
        entry["decrement"] |= new[0] - new[1] < old[0] - old[1]
        for name, before, after in zip(("quantity", "reserved_quantity"), old, new, strict=True):
            if before != after:
                entry["fields"][name] = None
                quants = entry["quants"].setdefault(f"{name}@{location.id}", {})
                first = quants.get(quant.id, (before, after))[0]
                quants[quant.id] = (first, after)

    @api.model
    def _record_unlink(self, records, snapshots):
        """Templates or variants that are about to go.

        :param dict snapshots: record id → sku, barcode, template id, external ids per account.
        """
        if not self._enabled():
            return
        log = self._log()
        for record in records:
            known = log["product"].get((record._name, record.id))
            if known and known["operation"] == "create":
                del log["product"][record._name, record.id]  # came and went unseen
                continue
            entry = self._product_entry(record, "unlink")
            entry["operation"] = "unlink"
            entry["snapshot"] = snapshots.get(record.id, {})

    # === ORDERS === #

    @api.model
    def _record_order(self, operation, document, order, data=None):
        """Something that happened to a sales order.

        :param operation: one of the order operations (X3).
        :param document: the record it happened on: order, picking, credit note.
        :param order: the sales order.
        :param dict data: short and JSON-able; ``key`` tells apart two facts of one document.
        """
        if not self._enabled():
            return
        entry = self._log()["order"].setdefault(
            (operation, document._name, document.id, (data or {}).get("key")),
            {"order_id": order.id, "data": {}},
        )
        entry["data"].update(data or {})

    # === INTERNALS === #

    def _enabled(self):
        # Products made of what a channel shows are not told back to it.
        quiet = self.env.context.get("marketplace_quiet")
        return not quiet and self.env["marketplace.account"]._recording_enabled()

    def _log(self):
        precommit = self.env.cr.precommit
        log = precommit.data.get(DATA_KEY)
        if log is None:
            log = precommit.data[DATA_KEY] = {"product": {}, "order": {}}
            precommit.add(self.sudo()._flush_log)
        return log

    def _product_entry(self, record, operation):
        entries = self._log()["product"]
        entry = entries.get((record._name, record.id))
        if entry is None:
            entry = entries[record._name, record.id] = {
                "operation": operation,
                "template_id": _template_id(record),
                "fields": {},
                "values": {},
                "quants": {},
                "locations": set(),
                "decrement": False,
                "snapshot": None,
            }
        return entry

    def _flush_log(self):
        """One INSERT for each table that has something, and wake the engine once committed.

        By SQL: this is the user's hot path, and the ORM costs three times as much.
        """
        cr, uid = self.env.cr, self.env.uid
        log = cr.precommit.data.pop(DATA_KEY, None)
        if log is None:
            return
        products, orders = log["product"], log["order"]
        if products:
            rows = [
                (entry["operation"], model, record_id, entry["template_id"], _product_data(entry))
                for (model, record_id), entry in products.items()
            ]
            _insert(cr, "marketplace_product_operation", "template_id", rows, uid)
        if orders:
            rows = [
                (operation, model, record_id, entry["order_id"], json.dumps(entry["data"]))
                for (operation, model, record_id, _key), entry in orders.items()
            ]
            _insert(cr, "marketplace_order_operation", "order_id", rows, uid)
        if products or orders:
            cr.postcommit.add(functools.partial(waker.note, cr.dbname, "_job_dispatch"))


def _insert(cr, table, reference, rows, uid):
    """One INSERT of all rows. With VALUES: for the usual single row the planner needs half the
    time of an unnest, and for thousands it is no slower.

    :param reference: the column that only this log has.
    :param rows: (operation, model, record id, reference, data as JSON text or ``None``)
    """
    row = f"(%s, %s, %s, %s, %s, clock_timestamp() AT TIME ZONE 'UTC', {int(uid)})"
    # pylint: disable=sql-injection
    cr.execute(
        f"INSERT INTO {table} (record_operation, model_name, record_id, {reference},"
        " operation_data, operation_timestamp, user_id) VALUES " + ", ".join([row] * len(rows)),
        [value for values in rows for value in values],
    )


def _template_id(record):
    if record._name == "product.product":
        return record.product_tmpl_id.id
    return record.id if record._name == "product.template" else None


def _product_data(entry):
    """Operation data as JSON text, ``None`` where there is nothing to say (create, X1)."""
    if entry["operation"] == "unlink":
        return json.dumps(entry["snapshot"])
    if entry["operation"] == "create":
        return None
    values = {name: list(pair) for name, pair in entry["values"].items()}
    for name, quants in entry["quants"].items():
        values[name] = [sum(column) for column in zip(*quants.values(), strict=True)]
    kinds = {kind for name in entry["fields"] for kind in FIELD_KINDS.get(name, DEFAULT_KINDS)}
    data = {"fields": list(entry["fields"]), "kinds": sorted(kinds)}
    if entry["fields"].keys() == {"forecast"}:
        data["kinds"] = ["forecast"]
    if values:
        data["values"] = values
    if entry["locations"]:
        data["locations"] = sorted(entry["locations"])
    if entry["decrement"]:
        data["decrement"] = True
    scope = entry.get("scope")
    if scope and not scope["all"]:
        data["templates"] = sorted(scope["templates"])
        data["products"] = sorted(scope["products"])
    return json.dumps(data)
