from odoo import api, fields, models
from odoo.exceptions import ValidationError

POLICIES = [
    ("odoo", "Odoo's value counts: tell it again"),
    ("channel", "The channel's value counts: take it over"),
    ("ask", "Ask a person"),
]
# What may be said something about, as kind:member; a provider adds its own members.
MEMBERS = [
    ("product:title", "Title"),
    ("product:description", "Description"),
    ("product:published", "Offered"),
    ("product:barcode", "Barcode"),
    ("product:weight_kg", "Weight"),
    ("product:min_order", "Minimum order"),
    ("product:max_order", "Maximum order"),
    ("price:price", "Price"),
    ("price:compare_at", "Compare-at price"),
    ("inventory:quantity", "Stock"),
]


class MarketplaceEditPolicy(models.Model):
    """Who owns a field of an account's listings: whose value counts after somebody changed it on
    the channel."""

    _name = "marketplace.edit.policy"
    _description = "Marketplace Field Ownership"
    _order = "account_id, what, id"
    _rec_name = "what"

    account_id = fields.Many2one(
        "marketplace.account", required=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one(related="account_id.company_id", store=True, index=True)
    what = fields.Selection("_select_what", "Field", required=True)
    policy = fields.Selection(
        POLICIES,
        "After a change on the channel",
        required=True,
        default="ask",
        help="What the channel owns is not sent to it either.",
    )

    _what_unique = models.Constraint("UNIQUE (account_id, what)", "One line for each field.")

    @api.model
    def _select_what(self):
        """Members that can be chosen; a provider adds its own as ``kind:path/of/the/member``."""
        return list(MEMBERS)

    @api.constrains("what", "policy")
    def _check_stock(self):
        for one in self:
            if one.what.startswith("inventory:") and one.policy == "channel":
                raise ValidationError(
                    self.env._(
                        "Stock is counted in Odoo: a channel's number is never taken over. Count "
                        "the goods in Inventory instead."
                    )
                )


class MarketplaceAccount(models.Model):
    """Whose value counts, field by field."""

    _inherit = "marketplace.account"

    edit_policy = fields.Selection(
        POLICIES,
        "Changes made on the channel",
        default="ask",
        required=True,
        help="For all fields without a line below. Stock is always told again, unless a line says "
        "that a person is asked.",
    )
    edit_policy_ids = fields.One2many(
        "marketplace.edit.policy", "account_id", "Field ownership", copy=True
    )
    edit_title_target = fields.Selection(
        [
            ("listing", "The title of the listing, for this channel alone"),
            ("product", "The name of the product, for all channels"),
        ],
        "A title taken over becomes",
        default="listing",
        required=True,
    )
    # Asked for every listing of every batch: read, not computed.
    owned_by_channel = fields.Boolean(compute="_compute_owned_by_channel", store=True)
    foreign_edit_count = fields.Integer(
        "Changes on the channel",
        compute="_compute_foreign_edit_count",
        help="Changes made on the channel that a person must decide about.",
    )

    @api.depends("edit_policy", "edit_policy_ids.policy")
    def _compute_owned_by_channel(self):
        """Whether anything may belong to the channel at all."""
        for account in self:
            policies = account.edit_policy_ids.mapped("policy")
            account.owned_by_channel = "channel" in [account.edit_policy, *policies]

    def _compute_foreign_edit_count(self):
        counts = dict(
            self.env["marketplace.foreign.edit"]._read_group(
                [("account_id", "in", self.ids), ("state", "=", "open")],
                ["account_id"],
                ["__count"],
            )
        )
        for account in self:
            account.foreign_edit_count = counts.get(account._origin, 0)

    def _edit_policy_of(self, kind, member):
        """What happens when a member was changed on the channel.

        :param str kind: as of outbox items, e.g. ``product``.
        :param str member: its path, e.g. ``title`` or ``attributes/vendor``; a line for a parent
            counts for everything below it.
        :return: ``odoo``, ``channel`` or ``ask``.
        """
        self.ensure_one()
        lines = {one.what: one.policy for one in self.edit_policy_ids}
        path = member.split("/")
        for length in range(len(path), 0, -1):
            found = lines.get(f"{kind}:{'/'.join(path[:length])}")
            if found:
                return found
        if kind == "inventory":
            return lines.get("inventory:quantity", "odoo")
        return self.edit_policy

    def _owned_by_channel(self, kind, member):
        """Whether a member belongs to the channel: it is taken over from there, and never sent
        once the channel has the listing. For snapshots of providers.

        :param str kind, member: as in :meth:`_edit_policy_of`.
        """
        return self._edit_policy_of(kind, member) == "channel"

    def _owns_anything(self):
        """Whether anything may belong to the channel at all; for snapshots of providers."""
        self.ensure_one()
        return self.owned_by_channel

    def action_open_foreign_edits(self):
        """What was changed on this channel."""
        action = self.env["ir.actions.act_window"]._for_xml_id("marketplace.action_foreign_edit")
        action["context"] = {"search_default_account_id": self.ids, "search_default_open": 1}
        return action
