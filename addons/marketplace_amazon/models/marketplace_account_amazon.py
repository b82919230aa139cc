from odoo import api, models
from odoo.exceptions import UserError

from marketplace_adapters.amazon.check import participations, refusal
from marketplace_adapters.amazon.const import ADJUSTMENT_REASONS, CANCEL_REASONS, MARKETPLACES


class MarketplaceAccount(models.Model):
    """What a person asks of an account of Amazon, and what its marketplaces mean to it."""

    _inherit = "marketplace.account"

    # === MARKETPLACES === #

    def _amazon_markets_changed(self):
        """Where an account sells, or for how much, is another now: its currency is that of its
        home marketplace, and what Amazon does not know yet is told."""
        for account in self._of_amazon():
            home = account._amazon_home()
            if home and account.currency_id != home.currency_id:
                account.currency_id = home.currency_id
            account._activate_amazon_currencies()
            if account.state != "draft":
                account.sudo()._request_products()

    def action_amazon_find_markets(self):
        """Ask Amazon where this account may sell, and add what is missing here."""
        self.ensure_one()
        found = self._ask(_where_it_sells)
        added = self._amazon_add_markets(found)
        return self._tell(
            self.env._(
                "Amazon knows %(found)s marketplaces of this account, %(added)s were added.",
                found=len(found),
                added=len(added),
            ),
            kind="success",
            sticky=False,
        )

    def _amazon_add_markets(self, found):
        """Add marketplaces that Amazon named; those that are here stay as they are.

        :param found: Amazon's ids of marketplaces.
        :return: the new ones.
        """
        self.ensure_one()
        known = set(self.with_context(active_test=False).amazon_market_ids.mapped("market_id"))
        region = (self.amazon_region or "").removesuffix("_test")
        new = [
            key
            for key in found
            if key in MARKETPLACES
            and key not in known
            and region in (MARKETPLACES[key].region, "other", "")
        ]
        last = max(self.amazon_market_ids.mapped("sequence"), default=0)
        return self.env["marketplace.amazon.market"].create(
            [
                {"account_id": self.id, "market_id": key, "sequence": last + place * 10}
                for place, key in enumerate(new, start=1)
            ]
        )

    # === CONNECTION === #

    def _test_connection(self):
        """Override of ``marketplace``: an account without marketplaces gets those that Amazon
        knows of it."""
        if self.provider == "amazon" and not self.amazon_market_ids:
            try:
                found = self._ask(_where_it_sells, connected=False)
            except UserError as exc:
                return None, str(exc)
            self._amazon_add_markets(found)
        return super()._test_connection()

    def _connected(self):
        """Override of ``marketplace``: nothing can be told without a marketplace."""
        if self.provider == "amazon" and self.state == "draft":
            if not (self.amazon_seller_id or "").strip():
                raise UserError(self.env._("Enter the Merchant ID of %s first.", self.name))
            if not self._amazon_home():
                raise UserError(self.env._("Say on which marketplaces %s sells first.", self.name))
        return super()._connected()

    def _refusal(self, error):
        """Override of ``marketplace``: what Amazon means by its refusals."""
        return refusal(error) if self.provider == "amazon" else super()._refusal(error)

    # === REASONS === #

    @api.model
    def _selection_amazon_cancel_reason(self):
        return self._amazon_reasons(CANCEL_REASONS)

    @api.model
    def _selection_amazon_refund_reason(self):
        return self._amazon_reasons(ADJUSTMENT_REASONS)

    @api.model
    def _amazon_reasons(self, reasons):
        """Amazon's codes with words for people, in Amazon's order."""
        labels = {
            "Abandoned": self.env._("Abandoned"),
            "BuyerCanceled": self.env._("Buyer cancelled"),
            "CannotVerifyInformation": self.env._("Information cannot be verified"),
            "CarrierCoverageFailure": self.env._("Carrier does not deliver there"),
            "CarrierCreditDecision": self.env._("Credit decision of the carrier"),
            "CouldNotShip": self.env._("Could not be shipped"),
            "CustomerAddressIncorrect": self.env._("Address is wrong"),
            "CustomerCancel": self.env._("Customer cancelled"),
            "CustomerExchange": self.env._("Exchanged for the customer"),
            "CustomerReturn": self.env._("Returned by the customer"),
            "DifferentItem": self.env._("Different item"),
            "Exchange": self.env._("Exchange"),
            "GeneralAdjustment": self.env._("General adjustment"),
            "MerchandiseNotReceived": self.env._("Goods were not received"),
            "NoInventory": self.env._("Out of stock"),
            "Other": self.env._("Other"),
            "PriceError": self.env._("Error of the price"),
            "PricingError": self.env._("Wrong price"),
            "ProductOutofStock": self.env._("Product is out of stock"),
            "RefusedDelivery": self.env._("Delivery was refused"),
            "RejectOrder": self.env._("Order rejected"),
            "RiskAssessmentInformationNotValid": self.env._("Risk information is not valid"),
            "ShippingAddressUndeliverable": self.env._("Address cannot be delivered to"),
            "TransactionRecord": self.env._("Transaction record"),
            "Undeliverable": self.env._("Undeliverable"),
            "WeatherDelay": self.env._("Delay by weather"),
        }
        return [(reason, labels.get(reason, reason)) for reason in reasons]


def _where_it_sells(adapter):
    """Ids of the marketplaces that an account takes part in, as Amazon orders them."""
    rows = participations(adapter.client.participations())
    return [row["id"] for row in rows if row["sells"]]
