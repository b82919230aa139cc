from odoo import api, fields, models

# How Odoo prices a delivery; no carrier is called so.
NO_CARRIERS = ("fixed", "base_on_rule")


class MarketplaceCarrier(models.Model):
    """How a channel calls a delivery method: for one account, or for all accounts of a provider.

    A delivery method that is not here is told by its own name, as before.
    """

    _name = "marketplace.carrier"
    _description = "Marketplace Carrier"
    _order = "account_id, provider, id"
    _rec_name = "code"

    account_id = fields.Many2one(
        "marketplace.account",
        ondelete="cascade",
        index="btree_not_null",
        help="Empty: for all accounts of the channel.",
    )
    company_id = fields.Many2one(related="account_id.company_id", store=True, index=True)
    provider = fields.Selection(
        selection="_selection_provider",
        string="Channel",
        required=True,
        compute="_compute_provider",
        store=True,
        readonly=False,
        precompute=True,
    )
    carrier_id = fields.Many2one(
        "delivery.carrier", required=True, ondelete="cascade", string="Delivery method"
    )
    code = fields.Char("Carrier code", required=True, help="The channel's own code.")
    service = fields.Char(
        "Name and service",
        help="How the channel calls the carrier and its service, e.g. “Parcel Express”; empty: "
        "the name of the delivery method.",
    )

    _account_unique = models.UniqueIndex(
        "(account_id, carrier_id) WHERE account_id IS NOT NULL",
        "This delivery method is already in the list.",
    )
    _provider_unique = models.UniqueIndex(
        "(provider, carrier_id) WHERE account_id IS NULL",
        "This delivery method is already in the list of the channel.",
    )

    @api.model
    def _selection_provider(self):
        field = self.env["marketplace.account"]._fields["provider"]
        return field._description_selection(self.env)

    @api.depends("account_id")
    def _compute_provider(self):
        for row in self:
            row.provider = row.account_id.provider or row.provider

    @api.model
    def _told(self, account, carrier):
        """How a delivery method is told to an account's channel.

        :param carrier: delivery.carrier, may be empty.
        :return: (code, name), each ``None`` where there is none.
        """
        if not carrier:
            return None, None
        rows = account.told_carrier_ids.filtered(lambda row: row.carrier_id == carrier)
        if not rows:
            kind = carrier.delivery_type
            return kind if kind not in NO_CARRIERS else None, carrier.name or None
        return rows[0].code, rows[0].service or carrier.name


class MarketplaceAccount(models.Model):
    _inherit = "marketplace.account"

    carrier_ids = fields.One2many("marketplace.carrier", "account_id", string="Carriers")
    # Read once for all parcels of a batch; the account's own rows come first.
    told_carrier_ids = fields.Many2many("marketplace.carrier", compute="_compute_told_carrier_ids")

    @api.depends("carrier_ids.carrier_id", "provider")
    def _compute_told_carrier_ids(self):
        for account in self:
            account.told_carrier_ids = account.carrier_ids | self.env["marketplace.carrier"].search(
                [("account_id", "=", False), ("provider", "=", account.provider)]
            )
