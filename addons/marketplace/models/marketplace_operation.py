from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

DELIVERY_STATUS = [
    ("new", "New"),
    ("submitted", "Submitted"),
    ("pending", "Pending"),
    ("success", "Success"),
    ("error", "Error"),
    ("superseded", "Superseded"),
]


class LooseMany2one(fields.Many2one):
    """Without a foreign key: a log outlives what it names, and the check would double the cost
    of its INSERT."""

    def update_db_foreign_key(self, model, column):
        """No constraint in the database."""


class MarketplaceOperation(models.AbstractModel):
    """Something that happened in Odoo, written in the user's own transaction; never changed
    afterwards but for the mark that it was dispatched."""

    _name = "marketplace.operation"
    _description = "Marketplace Operation"
    _order = "id desc"
    _log_access = False

    model_name = fields.Char("Model", required=True, readonly=True)
    record_id = fields.Many2oneReference(
        "Record id", model_field="model_name", required=True, readonly=True, aggregator=None
    )
    operation_data = fields.Json(
        "Data",
        readonly=True,
        help="write: names of the changed fields, short old and new values. "
        "unlink: identifiers of what is gone. create: empty.",
    )
    operation_timestamp = fields.Datetime("Time", required=True, readonly=True)
    user_id = LooseMany2one("res.users", readonly=True)
    site_name = fields.Char(
        "Channel", readonly=True, help="Empty: for every channel that is concerned."
    )
    account_id = fields.Many2one(
        "marketplace.account", readonly=True, ondelete="cascade", help="Empty: for all accounts."
    )
    dispatched_at = fields.Datetime("Handed over", readonly=True)
    status = fields.Selection(
        [("none", "Nothing to tell"), *DELIVERY_STATUS],
        compute="_compute_status",
        search="_search_status",
        help="The worst of what became of it on the accounts concerned.",
    )
    summary = fields.Char("Changed", compute="_compute_summary")

    # What is worst comes first: an operation fares as its worst delivery.
    _WORST_FIRST = ("error", "new", "submitted", "pending", "success", "superseded")
    _UNFINISHED = ("error", "new", "submitted", "pending")

    @api.depends("delivery_ids.status", "dispatched_at")
    def _compute_status(self):
        for operation in self:
            operation.status = operation._status_on(operation.delivery_ids)

    def _status_on(self, deliveries):
        """The worst status of some deliveries; of none: new until dispatched."""
        statuses = set(deliveries.mapped("status"))
        for status in self._WORST_FIRST:
            if status in statuses:
                return status
        return "none" if self.dispatched_at else "new"

    @api.model
    def _search_status(self, operator, value):
        if operator not in ("in", "not in"):
            return NotImplemented
        domain = self._status_domain([one or "none" for one in value])
        return domain if operator == "in" else ~domain

    @api.model
    def _status_domain(self, statuses, provider=None):
        """Operations whose status (on the accounts of a provider) is one of these.

        By SQL because the log is large. The unfinished are few: they are found from the partial
        indexes of the outbox. The others are many: they are found by looking at the newest
        operations first, until the list is full.
        """
        wanted = sorted(set(statuses))

        def to_sql(model, alias, query):
            clause = SQL(" OR ").join(
                self._status_sql(alias, status, provider) for status in wanted
            )
            if set(wanted) <= set(self._UNFINISHED):
                return SQL("(%s AND (%s))", self._unfinished_sql(alias), clause)
            return SQL("(%s)", clause)

        def predicate(operation):
            deliveries = operation.delivery_ids
            if provider:
                deliveries = deliveries.filtered(lambda one: one.provider == provider)
                return (operation._status_on(deliveries) if deliveries else "none") in wanted
            return operation._status_on(deliveries) in wanted

        return Domain.custom(to_sql=to_sql, predicate=predicate)

    def _status_sql(self, alias, status, provider):
        """Whether the worst delivery of an operation has this status."""
        told = self._told_sql(alias, provider)
        dispatched = SQL("%s IS NOT NULL", SQL.identifier(alias, "dispatched_at"))
        if status == "none":
            # For one provider it does not matter whether others were told.
            return SQL("(NOT %s%s)", told, SQL() if provider else SQL(" AND %s", dispatched))
        if status == "superseded":
            others = [one for one in self._WORST_FIRST if one != status]
            return SQL("(%s AND NOT %s)", told, self._told_sql(alias, provider, others))
        worse = list(self._WORST_FIRST[: self._WORST_FIRST.index(status)])
        clause = self._told_sql(alias, provider, [status])
        if worse:
            clause = SQL("(%s AND NOT %s)", clause, self._told_sql(alias, provider, worse))
        if status == "new" and not provider:
            clause = SQL("(%s OR NOT %s)", clause, dispatched)
        return clause

    def _told_sql(self, alias, provider, statuses=None):
        """Whether an operation has a delivery that the user may see, of one of these statuses.

        A link that a later operation took over is superseded: see ``marketplace.delivery``.
        """
        conditions = []
        if not self.env.su:
            conditions.append(SQL("AND account.company_id = ANY(%s)", self.env.companies.ids))
        if provider:
            conditions.append(SQL("AND account.provider = %s", provider))
        if statuses:
            conditions.append(
                SQL(
                    """AND item.status = ANY(%s) AND NOT EXISTS (
                        SELECT 1 FROM marketplace_operation_outbox newer
                         WHERE newer.outbox_id = link.outbox_id AND newer.id > link.id)""",
                    statuses,
                )
            )
        return SQL(
            """EXISTS (
                SELECT 1 FROM marketplace_operation_outbox link
                  JOIN marketplace_outbox item ON item.id = link.outbox_id
                  JOIN marketplace_account account ON account.id = item.account_id
                 WHERE link.%s = %s %s)""",
            SQL.identifier(self._fields["delivery_ids"].inverse_name),
            SQL.identifier(alias, "id"),
            SQL(" ").join(conditions),
        )

    def _unfinished_sql(self, alias):
        """Operations with anything unfinished, by the partial indexes of the outbox."""
        return SQL(
            """
            (%(alias)s.dispatched_at IS NULL OR %(alias)s.id IN (
                SELECT link.%(column)s
                  FROM marketplace_outbox item
                  JOIN marketplace_operation_outbox link ON link.outbox_id = item.id
                 WHERE link.%(column)s IS NOT NULL
                   AND (item.status = 'new'
                        OR item.status IN ('submitted', 'pending', 'error'))))
            """,
            alias=SQL.identifier(alias),
            column=SQL.identifier(self._fields["delivery_ids"].inverse_name),
        )

    # === STATUS BY PROVIDER (X4) === #

    @api.model
    def _search_provider_status(self, provider, operator, value):
        """Search of a field such as ``amazon_status``; the empty value is "nothing told"."""
        if operator not in ("in", "not in"):
            return NotImplemented
        domain = self._status_domain([one or "none" for one in value], provider)
        return domain if operator == "in" else ~domain

    def _compute_provider_status(self, provider):
        """Fill ``<provider>_status``, ``_status_data`` and ``_status_timestamp``."""
        for operation in self:
            deliveries = operation.delivery_ids.filtered(
                lambda delivery: delivery.account_id.provider == provider
            )
            newest = deliveries.sorted("status_timestamp")[-1:]
            operation[f"{provider}_status"] = (
                operation._status_on(deliveries) if deliveries else False
            )
            operation[f"{provider}_status_data"] = newest.status_data
            operation[f"{provider}_status_timestamp"] = newest.status_timestamp
