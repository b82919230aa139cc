import csv
import io
from dataclasses import fields as dataclass_fields

from odoo import models

from ..tools.link_columns import (
    EXTRA_COLUMNS,
    ID_COLUMNS,
    CellError,
    id_text,
    is_sheet_error,
    number,
    spoilt_by_spreadsheet,
    truth,
)
from .marketplace_link_matcher import LinkMatcher, Named
from .marketplace_link_partner_matcher import NamedPartner, PartnerMatcher
from .marketplace_link_planner import Plan, plan_listing, plan_partner


class MarketplaceLinkImport(models.Model):
    """From what a row says to what is done with it, and back to files for people."""

    _inherit = "marketplace.link.import"

    # === PLANNING === #

    def _plans(self, lines):
        """:return: {line id: :class:`Plan`}"""
        plans, named, given = {}, {}, {}
        for line in lines:
            try:
                named[line.id], given[line.id] = self._parse(line)
            except CellError as exc:
                empty = self.env["product.product"]
                plans[line.id] = Plan("error", empty, empty, str(exc))
        if self.kind == "product":
            matches = LinkMatcher(self.account_id, self.ids_are).match(list(named.values()))
        else:
            matches = PartnerMatcher(self.account_id).match(list(named.values()))
        for (line_id, row), match in zip(named.items(), matches, strict=True):
            if self.kind == "product":
                extra = self._given_ids(row, match, given[line_id])
                plan = plan_listing(self.account_id, row, match, extra, move=self.move)
            else:
                plan = plan_partner(
                    self.account_id,
                    row,
                    match,
                    given[line_id],
                    move=self.move,
                    create_missing=self.create_missing,
                )
            plans[line_id] = plan
        return plans

    def _parse(self, line):
        """What a row says, as (:class:`Named` or :class:`NamedPartner`, further values).

        :raise CellError: a cell holds what cannot stand there.
        """
        values = dict(line.values or {})
        for column, text in values.items():
            self._check_cell(column, text)
        values["external_id"] = line.external_id or ""
        kind = Named if self.kind == "product" else NamedPartner
        named = {
            item.name: values.get(item.name, "")
            for item in dataclass_fields(kind)
            if item.name != "unit_count"
        }
        for column in ("internal_id", "template_id"):
            if column in named:
                named[column] = id_text(named[column])
        if self.kind == "partner":
            return NamedPartner(**named), self._partner_values(values)
        count = number(self.env, values.get("unit_count", ""), "unit_count") or None
        return Named(unit_count=count, **named), self._listing_values(values)

    def _check_cell(self, column, text):
        if is_sheet_error(text):
            raise CellError(
                self.env._(
                    "%(column)s: the spreadsheet has an error here (%(text)s).",
                    column=column,
                    text=text,
                )
            )
        if column in ID_COLUMNS and column != "sku" and spoilt_by_spreadsheet(text):
            raise CellError(
                self.env._(
                    "%(column)s: a spreadsheet has shortened this number to %(text)s and its end "
                    "is lost. Format the column as text and save the file again.",
                    column=column,
                    text=text,
                )
            )
        if column in ID_COLUMNS and len(text) > 250:
            raise CellError(self.env._("%s: this is too long for an id.", column))

    def _listing_values(self, values):
        """Further values of a listing that the row gives; empty cells give nothing."""
        given = {
            name: float(amount)
            for name in ("min_order", "max_order")
            if (amount := number(self.env, values.get(name, ""), name)) is not None
        }
        if given.get("max_order") and given.get("min_order", 0) > given["max_order"]:
            raise CellError(self.env._("The minimum order is above the maximum order."))
        if values.get("title"):
            given["title"] = values["title"]
        if (published := truth(self.env, values.get("published", ""), "published")) is not None:
            given["published"] = published
        extra = {
            name: id_text(values[name])
            for name in (*EXTRA_COLUMNS, *self.account_id._link_extra_columns())
            if values.get(name)
        }
        return given | ({"extra": extra} if extra else {})

    def _given_ids(self, row, match, given):
        """The channel's own spelling of SKU and of our id belongs to the listing; a spelling that
        a spreadsheet may have changed does not."""
        ids = {}
        product = match.product
        if row.sku and (match.how != "sku_loose" or row.sku == product.default_code):
            ids["sku"] = row.sku
        own_id = row.internal_id
        if own_id and "." not in own_id and product:
            ids["internal_id"] = own_id
        return given | ids

    def _partner_values(self, values):
        kinds = dict(self.env["marketplace.partner"]._fields["customer_type"].selection)
        kind = values.get("customer_type", "").lower()
        if kind and kind not in kinds:
            raise CellError(
                self.env._(
                    "customer_type: “%(text)s” is none of %(kinds)s.",
                    text=kind[:40],
                    kinds=", ".join(kinds),
                )
            )
        return {"customer_type": kind} if kind else {}

    def _create_contacts(self, plans):
        """Contacts that were nowhere to be found, where that was asked for."""
        new = {line_id: plan for line_id, plan in plans.items() if plan.how == "new"}
        lines = self.env["marketplace.link.import.line"].browse(new)
        partners = (
            self.env["res.partner"]
            .with_context(tracking_disable=True)
            .create(
                [
                    {
                        name: values[name]
                        for name in ("name", "ref", "vat", "email", "phone")
                        if values.get(name)
                    }
                    | {"company_id": self.company_id.id}
                    for values in (line.values for line in lines)
                ]
            )
        )
        for line, partner in zip(lines, partners, strict=True):
            new[line.id].vals["partner_id"] = partner.id
            new[line.id].record = partner

    # === WRITING === #

    def _store_plans(self, lines, plans):
        for line in lines:
            line._store_plan(plans[line.id], self.kind)
        self.env.flush_all()

    def _store_results(self, done, failed):
        lines = self.env["marketplace.link.import.line"]
        for line_id, record in done.items():
            lines.browse(line_id).write(
                {
                    "applied": True,
                    "listing_id" if self.kind == "product" else "link_id": record.id,
                }
            )
        for line_id, reason in failed.items():
            lines.browse(line_id).write({"action": "error", "reason": reason})

    # === FILES === #

    def _report_csv(self):
        """Every row with what happened to it, UTF-8 with a mark for spreadsheets."""
        lines = self.env["marketplace.link.import.line"].search(
            [("import_id", "=", self.id)], order="row, id"
        )
        columns = sorted(self.columns or [], key=lambda name: list(self._columns()).index(name))
        actions = dict(lines._fields["action"]._description_selection(self.env))
        ways = dict(lines._fields["how"]._description_selection(self.env))
        _ = self.env._
        rows = [
            [
                _("Row"),
                *columns,
                _("Action"),
                _("Applied"),
                _("Matched by"),
                _("Record"),
                _("Reason"),
            ]
        ]
        for line in lines:
            record = line.product_id or line.partner_id
            rows.append(
                [
                    line.row,
                    *((line.values or {}).get(name, "") for name in columns),
                    actions.get(line.action, ""),
                    _("yes") if line.applied else _("no"),
                    ways.get(line.how, ""),
                    record.display_name or "",
                    line.reason or "",
                ]
            )
        return to_csv(rows)

    def _example_csv(self):
        if self.kind == "partner":
            return to_csv(
                [
                    ["external_id", "partner_id", "ref", "email", "phone", "name"],
                    ["1048", "", "CUST-1", "", "", ""],
                    ["1049", "", "", "shop@example.com", "+20 100 000 0000", "Corner Shop"],
                ]
            )
        return to_csv(
            [
                ["external_id", "sku", "barcode", "internal_id", "unit", "unit_count", "title"],
                ["110774", "TEA-100", "", "", "", "", ""],
                ["110775", "", "6221234567890", "", "Dozen", "12", ""],
                ["110776", "", "", "42", "", "", ""],
            ]
        )


def to_csv(rows):
    """Rows as a CSV file for spreadsheets: UTF-8 with a mark, and no cell that would run."""
    stream = io.StringIO(newline="")
    writer = csv.writer(stream)
    for row in rows:
        writer.writerow([_harmless(cell) for cell in row])
    return ("\ufeff" + stream.getvalue()).encode()


def _harmless(cell):
    text = str(cell)
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text
