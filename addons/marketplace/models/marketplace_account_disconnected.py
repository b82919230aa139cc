from odoo import fields, models


class MarketplaceAccount(models.Model):
    """A shop that threw us out: its account pauses, and goes on once somebody connects it again."""

    _inherit = "marketplace.account"

    connected_at = fields.Datetime("Connected since", readonly=True, copy=False)

    def write(self, vals):
        """Override to remember since when an account is connected."""
        if vals.get("state") == "connected" and "connected_at" not in vals:
            new = self.filtered(lambda account: account.state != "connected")
            if new:
                super(MarketplaceAccount, new).write(
                    {**vals, "connected_at": fields.Datetime.now()}
                )
            rest = self - new
            return super(MarketplaceAccount, rest).write(vals) if rest else True
        return super().write(vals)

    def _disconnected(self):
        """The seller removed the connection on the channel: nothing is sent any more, changes are
        recorded on. The cause is that of refused credentials, so a successful connection test
        lets everything go on."""
        self.ensure_one()
        reason = self.env._("Disconnected on the channel.")
        if self.state != "draft":
            self._pause(reason)
        self.env["marketplace.cause"]._raise(
            self,
            "auth",
            self.env._("%s was disconnected on the channel itself.", self.name),
            self.env._(
                "If that was not meant, connect it again: %s\n"
                "Changes are kept meanwhile and are sent then.",
                self._reconnect_url(),
            ),
        )

    def _reconnect_url(self):
        """Where a person connects this account again."""
        self.ensure_one()
        return f"{self.get_base_url()}/odoo/{self._name}/{self.id}"


class MarketplaceInbox(models.Model):
    """The channel says that we are out."""

    _inherit = "marketplace.inbox"

    def _process_topic_disconnected(self, account, messages):
        """One word is enough; one that is older than the connection is a late copy."""
        fresh = False
        for message in messages:
            moment = message.moment or message.received_at
            if account.connected_at and moment < account.connected_at:
                message.settle("ignored", self.env._("Connected again since then."))
                continue
            fresh = True
            message.settle("done", self.env._("The account was paused."))
        if fresh and account.state != "draft":
            account._disconnected()
