from dataclasses import dataclass
from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

CHUNK = 1000
# What the engine's user must be able to do; what is missing stops orders or stock.
ENGINE_RIGHTS = {
    "sale.order": "create",
    "sale.order.line": "write",
    "res.partner": "create",
    "stock.picking": "write",
    "stock.quant": "read",
    "account.move": "create",
    "product.product": "read",
    "product.pricelist": "read",
}


@dataclass(frozen=True, slots=True)
class Check:
    """One kind of problem.

    :param code: equal for equal kinds; ``_find_<code>`` finds the records.
    :param severity: ``error`` (something does not work), ``warning`` (it will surprise somebody),
        ``info``.
    :param title: a sentence about any number of records.
    :param advice: what to do.
    :param fix: label of a button; ``_fix_<code>`` does it.
    """

    code: str
    severity: str
    title: str
    advice: str
    fix: str = ""


class MarketplaceIntegrity(models.AbstractModel):
    """Looks for links, settings and orders that do not hold together (R298, R302, R305).

    Set by set: the number of queries does not depend on the number of records, but for prices,
    which are computed a thousand at a time. A provider adds checks by overriding :meth:`_checks`.
    """

    _name = "marketplace.integrity"
    _description = "Marketplace Integrity Checks"

    @api.model
    def _checks(self):
        """:return: list of :class:`Check`, gravest first."""
        _ = self.env._
        return [
            Check(
                "no_product",
                "error",
                _("Listings without a product"),
                _("The product was deleted, or never chosen. Choose one, or archive the listing."),
                _("Archive them"),
            ),
            Check(
                "foreign_company",
                "error",
                _("Listings of a product of another company"),
                _("An account sells products of its own company, or of all companies."),
            ),
            Check(
                "wrong_unit",
                "error",
                _("Listings in a unit that the product cannot be sold in"),
                _("Choose a sales unit that can be converted into the product's own unit."),
            ),
            Check(
                "negative_price",
                "error",
                _("Listings with a negative price"),
                _("Correct the sales price or the pricelist rule; nothing is sent until then."),
            ),
            Check(
                "order_limits",
                "error",
                _("Listings whose minimum order is above the maximum"),
                _("Correct one of the two."),
            ),
            Check(
                "duplicate_internal_id",
                "error",
                _("Listings of different products that share one of our ids"),
                _(
                    "Orders that only tell our id may get the wrong product. Correct our id on the "
                    "channel."
                ),
            ),
            Check(
                "no_locations",
                "error",
                _("Accounts that send stock and sell from nowhere"),
                _("Fill in “Sells from” on the account."),
            ),
            Check(
                "no_places",
                "error",
                _("Accounts that send stock to none of the channel's locations"),
                _("Fill in “Stock from” for the locations of the channel on the account."),
            ),
            Check(
                "no_pricelist",
                "error",
                _("Accounts that sell by a pricelist and have none"),
                _("Choose a pricelist, or sell by the sales price."),
            ),
            Check(
                "no_sale_order",
                "error",
                _("Orders that are no sales order after a day"),
                _("Open one to see what it waits for. Trying again does no harm."),
                _("Try again"),
            ),
            Check(
                "engine_rights",
                "error",
                _("The engine lacks rights"),
                _("Give the user “Marketplace” its groups back; see the documentation."),
            ),
            Check(
                "duplicate_sku",
                "warning",
                _("Listings that share a SKU on one account"),
                _(
                    "Orders that only tell a SKU may get the wrong product. Make the SKUs "
                    "different."
                ),
            ),
            Check(
                "duplicate_barcode",
                "warning",
                _("Listed products that share a barcode"),
                _("Make the barcodes different."),
            ),
            Check(
                "zero_price",
                "warning",
                _("Listings with a price of zero"),
                _("Whoever buys it pays nothing. Set a sales price or a pricelist rule."),
            ),
            Check(
                "no_external",
                "warning",
                _("Listings without an external id after a day"),
                _(
                    "Import links, match the catalogue, or send the product so that the channel "
                    "tells its id."
                ),
            ),
            Check(
                "archived_product",
                "warning",
                _("Listings of an archived product"),
                _(
                    "The channel is told that it is not for sale. Restore the product, or archive "
                    "the listing once the channel knows."
                ),
                _("Archive them"),
            ),
            Check(
                "not_for_sale",
                "warning",
                _("Listings of a product that cannot be sold"),
                _("Tick “Sales” on the product, or archive the listing."),
            ),
            Check(
                "sku_changed",
                "warning",
                _("Listings whose product has another SKU by now"),
                _(
                    "The channel still knows the old SKU. Take over the new one only if the "
                    "channel does not find its listing by it."
                ),
                _("Take over the new SKU"),
            ),
            Check(
                "archived_partner",
                "warning",
                _("Links to an archived contact"),
                _(
                    "Orders of this customer land on an archived contact. Restore it, or change "
                    "the link."
                ),
            ),
            Check(
                "foreign_partner",
                "warning",
                _("Links to a contact of another company"),
                _("Choose a contact of the account's company, or of all companies."),
            ),
            Check(
                "pricelist_currency",
                "warning",
                _("Accounts whose pricelist has another currency"),
                _("Prices are converted at the day's rate each time they are sent."),
            ),
            Check(
                "line_without_link",
                "warning",
                _("Lines of orders that are missing on the sales order"),
                _("Link the product, then add the line to the sales order by hand."),
            ),
            Check(
                "double_partner",
                "info",
                _("Contacts with several external ids on one account"),
                _("Right for a customer with several shops, else change one of the links."),
            ),
            Check(
                "shared_external",
                "info",
                _("External ids that several accounts of one channel use"),
                _("Right when both sell the same offer; look whether stock is told twice."),
            ),
        ]

    @api.model
    def _run(self, accounts=None):
        """Look for everything.

        :param accounts: only these; all that the user sees by default.
        :return: [(:class:`Check`, records)] of what was found, with the user's rights.
        """
        if accounts is None:
            accounts = self.env["marketplace.account"].search([])
        found = []
        prices = self._prices(accounts)
        for check in self._checks():
            if check.code in prices:
                records = prices[check.code]
            else:
                records = getattr(self, f"_find_{check.code}")(accounts)
            if records:
                found.append((check, records))
        return found

    @api.model
    def _fix(self, code, records):
        """Press the button of a check."""
        getattr(self, f"_fix_{code}")(records)

    @api.model
    def _cron_check(self):
        """Every night, if somebody switches it on: errors are told once, and end by themselves."""
        causes = self.env["marketplace.cause"]
        for account in self.env["marketplace.account"].search([("state", "=", "connected")]):
            found = {
                check.code: (check, records)
                for check, records in self._run(account)
                if check.severity == "error"
            }
            for code, (check, records) in found.items():
                title = self.env._("%(title)s: %(count)s", title=check.title, count=len(records))
                causes._raise(account, f"integrity:{code}", title, check.advice)
            causes._solve(
                account,
                [f"integrity:{check.code}" for check in self._checks() if check.code not in found],
            )

    # === LISTINGS === #

    def _listings(self, accounts, domain=()):
        return self.env["marketplace.listing"].search(
            Domain("account_id", "in", accounts.ids) & Domain(domain)
        )

    def _groups(self, model, domain, groupby, aggregate):
        """Records of groups whose aggregate is above one."""
        groups = self.env[model]._read_group(
            domain, groupby, ["id:recordset"], having=[(aggregate, ">", 1)]
        )
        return self.env[model].union(*(records for *_keys, records in groups))

    def _where(self, accounts, condition):
        """Listings for which an SQL condition over listing, product and template holds.

        By SQL: the ORM cannot compare two columns with each other.
        """
        query = self.env["marketplace.listing"]._search([("account_id", "in", accounts.ids)])
        product = query.join(
            "marketplace_listing", "product_id", "product_product", "id", "product"
        )
        template = query.join(product, "product_tmpl_id", "product_template", "id", "template")
        query.add_where(condition(SQL.identifier(product), SQL.identifier(template)))
        return self.env["marketplace.listing"].browse(query)

    def _find_no_product(self, accounts):
        return self._listings(accounts, [("product_id", "=", False)])

    def _fix_no_product(self, listings):
        listings.active = False

    def _find_foreign_company(self, accounts):
        return self._where(
            accounts,
            lambda _product, template: SQL(
                "%s.company_id != marketplace_listing.company_id", template
            ),
        )

    def _find_wrong_unit(self, accounts):
        return self._where(
            accounts,
            lambda _product, template: SQL(
                "EXISTS (SELECT 1 FROM uom_uom sold, uom_uom own"
                " WHERE sold.id = marketplace_listing.uom_id AND own.id = %s.uom_id"
                " AND split_part(sold.parent_path, '/', 1)"
                " != split_part(own.parent_path, '/', 1))",
                template,
            ),
        )

    def _prices(self, accounts):
        """Listings with a negative price and with none, by the account's own price policy."""
        listings = self.env["marketplace.listing"]
        found = {"negative_price": listings, "zero_price": listings}
        for account in accounts.filtered("sync_prices"):
            mine = self._listings(
                account, [("product_id.active", "=", True), ("published", "=", True)]
            )
            for start in range(0, len(mine), CHUNK):
                chunk = mine[start : start + CHUNK]
                steps = chunk.sudo()._explain_price(account.sudo())
                for listing in chunk:
                    price = steps[listing.id][-1][1]
                    if price < 0:
                        found["negative_price"] |= listing
                    elif not price:
                        found["zero_price"] |= listing
        return found

    def _find_order_limits(self, accounts):
        return self._listings(accounts, [("max_order", ">", 0)]).filtered(
            lambda listing: listing.min_order > listing.max_order
        )

    def _find_duplicate_internal_id(self, accounts):
        # Two units of one product share our id, and mean the same product.
        return self._groups(
            "marketplace.listing",
            [("account_id", "in", accounts.ids), ("internal_id", "!=", False)],
            ["account_id", "internal_id"],
            "product_id:count_distinct",
        )

    def _find_duplicate_sku(self, accounts):
        return self._groups(
            "marketplace.listing",
            [("account_id", "in", accounts.ids), ("sku", "!=", False)],
            ["account_id", "sku"],
            "product_id:count_distinct",
        )

    def _find_duplicate_barcode(self, accounts):
        listed = self.env["marketplace.listing"]._search([("account_id", "in", accounts.ids)])
        products = self._groups(
            "product.product",
            Domain("id", "in", listed.subselect("product_id")) & Domain("barcode", "!=", False),
            ["barcode"],
            "__count",
        )
        return self._listings(accounts, [("product_id", "in", products.ids)])

    def _find_no_external(self, accounts):
        yesterday = fields.Datetime.now() - timedelta(days=1)
        return self._listings(
            accounts.filtered(lambda account: account.state == "connected"),
            [
                ("external_id", "=", False),
                ("product_id", "!=", False),
                ("create_date", "<", yesterday),
            ],
        )

    def _find_archived_product(self, accounts):
        return self._where(accounts, lambda product, _template: SQL("NOT %s.active", product))

    def _fix_archived_product(self, listings):
        listings.active = False

    def _find_not_for_sale(self, accounts):
        return self._where(
            accounts,
            lambda product, template: SQL(
                "%s.active AND NOT coalesce(%s.sale_ok, false)", product, template
            ),
        )

    def _find_sku_changed(self, accounts):
        return self._where(
            accounts,
            lambda product, _template: SQL(
                "%(product)s.default_code != '' AND marketplace_listing.sku != ''"
                " AND %(product)s.default_code != marketplace_listing.sku",
                product=product,
            ),
        )

    def _fix_sku_changed(self, listings):
        for listing in listings:
            listing.sku = listing.product_id.default_code

    def _find_shared_external(self, accounts):
        return self._groups(
            "marketplace.listing",
            [("account_id", "in", accounts.ids), ("external_id", "!=", False)],
            ["provider", "external_id"],
            "account_id:count_distinct",
        )

    # === CONTACTS === #

    def _links(self, accounts, domain):
        links = self.env["marketplace.partner"].with_context(active_test=False)
        return links.search(Domain("account_id", "in", accounts.ids) & Domain(domain))

    def _find_archived_partner(self, accounts):
        return self._links(accounts, [("partner_id.active", "=", False)])

    def _find_foreign_partner(self, accounts):
        links = self.env["marketplace.partner"]
        for company, own in accounts.grouped("company_id").items():
            links |= self._links(own, [("partner_id.company_id", "not in", [False, company.id])])
        return links

    def _find_double_partner(self, accounts):
        return self._groups(
            "marketplace.partner",
            [("account_id", "in", accounts.ids)],
            ["account_id", "partner_id"],
            "__count",
        )

    # === ACCOUNTS === #

    def _find_no_locations(self, accounts):
        return accounts.filtered(
            lambda account: (
                account.state != "draft" and account.sync_stock and not account.location_ids
            )
        )

    def _find_no_places(self, accounts):
        return accounts.filtered(
            lambda account: (
                account.state != "draft" and account.sync_stock and account._lacks_places()
            )
        )

    def _find_no_pricelist(self, accounts):
        return accounts.filtered(
            lambda account: account.price_source == "pricelist" and not account.pricelist_id
        )

    def _find_pricelist_currency(self, accounts):
        return accounts.filtered(
            lambda account: (
                account.price_source == "pricelist"
                and account.pricelist_id
                and account.pricelist_id.currency_id != account.currency_id
            )
        )

    def _find_engine_rights(self, accounts):
        """The engine's user, when a right or a company of an account is missing."""
        engine = self.env.ref("marketplace.user_engine", raise_if_not_found=False).sudo()
        lacking = [
            model
            for model, right in ENGINE_RIGHTS.items()
            if not self.env[model].with_user(engine).has_access(right)
        ]
        foreign = accounts.company_id - engine.company_ids
        return engine.sudo(False) if lacking or foreign else self.env["res.users"]

    # === ORDERS === #

    def _find_no_sale_order(self, accounts):
        yesterday = fields.Datetime.now() - timedelta(days=1)
        return self.env["marketplace.order"].search(
            [
                ("account_id", "in", accounts.ids),
                ("sale_order_id", "=", False),
                ("status", "not in", ("cancelled", "returned", "hold")),
                ("first_seen_at", "<", yesterday),
            ]
        )

    def _fix_no_sale_order(self, orders):
        orders.inbox_ids.sudo().filtered(
            lambda item: item.status in ("quarantined", "error")
        )._replay()

    def _find_line_without_link(self, accounts):
        return self.env["marketplace.order.line"].search(
            [
                ("order_id.account_id", "in", accounts.ids),
                ("sale_line_id", "=", False),
                ("order_id.sale_order_id", "!=", False),
                ("quantity", ">", 0),
                ("order_id.status", "not in", ("cancelled", "returned")),
            ]
        )
