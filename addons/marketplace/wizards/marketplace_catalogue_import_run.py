import logging

import psycopg2

from odoo import models
from odoo.exceptions import UserError

from ..tools.faults import log_failure
from ..tools.inbound import is_conflict, safe_text
from .marketplace_catalogue_import import MAKE_CHUNK, PLAN_CHUNK
from .marketplace_catalogue_maker import ProductMaker
from .marketplace_catalogue_planner import ProductPlanner
from .marketplace_link_planner import refusal

_logger = logging.getLogger(__name__)

LINK_CHUNK = 500
_SEQUENCE = {"conflict": 1, "make": 2, "extend": 3, "skip": 4}


class MarketplaceCatalogueImport(models.Model):
    """The parts of the work: planning, linking, making."""

    _inherit = "marketplace.catalogue.import"

    def _step_planning(self):
        """One part of the preview.

        :return: whether there is more to do.
        """
        keys = self._next_groups(PLAN_CHUNK)
        if not keys:
            self.state = "planned"
            return False
        self.position = keys[-1]
        self.env["marketplace.catalogue.import.item"].create(
            [self._item_vals(plan) for plan in ProductPlanner(self).plan(keys)]
        )
        return True

    def _item_vals(self, plan):
        return {
            "import_id": self.id,
            "sequence": _SEQUENCE[plan.action],
            "group_key": plan.key,
            "title": plan.title,
            "variant_count": len(plan.lines),
            "action": plan.action,
            "reason": plan.reason or False,
            "note": "\n".join(plan.notes) or False,
            "product_tmpl_id": plan.template.id if plan.template else False,
        }

    def _step_running(self):
        """One part of the linking and making.

        :return: whether there is more to do.
        """
        likely = self._likely(LINK_CHUNK)
        if likely:
            self.link_position = likely[-1].id
            self.catalogue_id._link(likely)
            return True
        items = self.env["marketplace.catalogue.import.item"].search(
            [
                ("import_id", "=", self.id),
                ("state", "=", "planned"),
                ("action", "in", ("make", "extend")),
            ],
            order="id",
            limit=MAKE_CHUNK,
        )
        if not items:
            return self._end_running()
        self._make(items)
        return True

    def _end_running(self):
        self.state = "done"
        if self.with_images and self.image_wait_count:
            self._delay_images()
        self._tell_others()
        return False

    def _make(self, items):
        """Make what was planned, as things are now."""
        plans = {plan.key: plan for plan in ProductPlanner(self).plan(items.mapped("group_key"))}
        ready = {}
        for item in items:
            plan = plans.get(item.group_key)
            if plan and plan.action in ("make", "extend"):
                ready[item] = plan
            else:
                item.write(
                    {
                        "state": "failed",
                        "reason": plan.reason
                        if plan
                        else self.env._("The channel does not list it any more."),
                    }
                )
        self._make_all(ready)

    def _make_all(self, plans):
        """:param plans: {item: :class:`ProductPlan`}; one bad product never stops the others."""
        if not plans:
            return
        notes = {item: list(plan.notes) for item, plan in plans.items()}
        try:
            with self.env.cr.savepoint():
                made = ProductMaker(self).make(list(plans.values()))
                for item, plan in plans.items():
                    self._made(item, plan, *made[plan.key])
                self.env.flush_all()
            return
        except Exception as exc:
            if is_conflict(exc):
                raise
            self.env.invalidate_all(flush=False)
            for item, plan in plans.items():
                plan.notes = notes[item]
            if len(plans) == 1:
                item = next(iter(plans))
                item.write({"state": "failed", "reason": self._why(exc)})
                return
        items = list(plans)
        for half in (items[: len(items) // 2], items[len(items) // 2 :]):
            self._make_all({item: self._replanned(item, plans[item]) for item in half})

    def _why(self, error):
        if isinstance(error, (UserError, psycopg2.Error)):
            return refusal(self, error)
        log_failure(_logger, error, "product of catalogue", self.catalogue_id.id)
        return safe_text(error)

    def _replanned(self, item, plan):
        """A plan that was tried and undone holds a product that is gone."""
        if plan.action == "make":
            plan.template = self.env["product.template"]
        return plan

    def _made(self, item, plan, template, listings):
        if self.with_stock:
            plan.notes += self._prepare_stock(plan, listings)
        wants_image = self.with_images and any(plan.lines.mapped("image_urls"))
        item.write(
            {
                "state": "done",
                "product_tmpl_id": template.id,
                "note": "\n".join(dict.fromkeys(plan.notes)) or False,
                "image_state": "waiting" if wants_image else False,
            }
        )

    def _tell_others(self):
        """Channels that list new products by themselves get those of this channel as well."""
        accounts = (
            self.env["marketplace.account"]
            .sudo()
            .search(
                [
                    ("auto_list", "=", True),
                    ("state", "!=", "draft"),
                    ("id", "!=", self.account_id.id),
                    ("company_id", "=", self.company_id.id),
                ]
            )
        )
        made = self.env["marketplace.catalogue.import.item"].search(
            [("import_id", "=", self.id), ("state", "=", "done")]
        )
        if accounts and made:
            products = made.product_tmpl_id.product_variant_ids
            accounts._request_products(products)
