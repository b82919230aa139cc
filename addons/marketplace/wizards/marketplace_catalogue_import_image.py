import base64
import time

import psycopg2

from odoo import models
from odoo.exceptions import UserError

from odoo.addons.queue_job.exception import RetryableJobError

from marketplace_adapters.core import AdapterError, ThrottledError

from ..const import JOB_SECONDS
from ..snapshot import Tell
from ..tools.db import fresh_env
from ..tools.inbound import is_conflict
from .marketplace_link_planner import refusal

# Bytes of one image; Odoo itself refuses more than 50 million pixels.
MOST_BYTES = 10 * 1024 * 1024
# Behind everything else that the suite does.
LOW_PRIORITY = 50


class MarketplaceCatalogueImport(models.Model):
    """Images of the products that were made: fetched by their address, after everything else.

    They come through the transport of the account's adapter, which calls configured hosts only and
    follows no redirection.
    """

    _inherit = "marketplace.catalogue.import"

    def _delay_images(self):
        self.with_delay(
            channel="root.marketplace",
            priority=LOW_PRIORITY,
            identity_key=f"{self._name}:images:{self.id}",
            description=self.env._("Images from %s", self.account_id.name),
        )._job_images()

    def action_images(self):
        """Try once more to fetch what could not be fetched."""
        self.ensure_one()
        self.env["marketplace.catalogue.import.item"].search(
            [("import_id", "=", self.id), ("image_state", "=", "failed")]
        ).write({"image_state": "waiting", "image_reason": False})
        self._delay_images()

    def _job_images(self):
        """Marketplace: images of products from a channel"""
        if not self.exists() or not self.account_id._may_call():
            return
        self.env.flush_all()
        until = time.monotonic() + JOB_SECONDS
        account = self.account_id.with_context(marketplace_patient=True).sudo()
        more = True
        with account._open_adapter() as adapter:
            try:
                while more and time.monotonic() < until:
                    more = self._fetch_next(adapter)
            except ThrottledError as exc:
                raise RetryableJobError(
                    exc.message, seconds=int(exc.retry_after) + 1, ignore_retry=True
                ) from exc
            finally:
                adapter.take_exchanges()  # pictures: nothing worth keeping
        self.env.invalidate_all(flush=False)
        if more:
            self._delay_images()

    def _fetch_next(self, adapter):
        """The images of one product; nothing is locked while they come.

        :return: whether there was one.
        :raise ThrottledError: the host wants us to wait.
        """
        with fresh_env(self.env) as env:
            item_id, wanted = self.with_env(env)._next_images()
        if not item_id:
            return False
        problems = {}
        for url, (model, ids) in wanted.items():
            try:
                content = _download(adapter, url)
            except ThrottledError:
                raise
            except AdapterError as exc:
                problems[exc.message] = url
                continue
            with fresh_env(self.env) as env:
                problem = self.with_env(env)._put_image(env[model].browse(ids), content)
            if problem:
                problems[problem] = url
        with fresh_env(self.env) as env:
            self.with_env(env)._images_fetched(item_id, problems)
        return True

    def _next_images(self):
        """:return: (id of the next product's row, {address: (model, ids of records)})"""
        item = self.env["marketplace.catalogue.import.item"].search(
            [("import_id", "=", self.id), ("image_state", "=", "waiting")], order="id", limit=1
        )
        lines = self._image_lines(item)
        if not lines or not item.product_tmpl_id:
            return item.id, {}
        main = lines[0].image_urls[0]
        wanted = {main: ("product.template", item.product_tmpl_id.ids)}
        for line in lines:
            url, variant = line.image_urls[0], line.listing_id.product_id
            if url != main and variant.product_tmpl_id == item.product_tmpl_id:
                wanted.setdefault(url, ("product.product", []))[1].append(variant.id)
        return item.id, wanted

    def _image_lines(self, item):
        lines = self.env["marketplace.link.catalogue.line"].search(
            [("catalogue_id", "=", self.catalogue_id.id), ("group_key", "=", item.group_key)],
            order="id",
        )
        return lines.filtered("image_urls")

    def _put_image(self, records, content):
        """:return: why it could not be taken, or ``None``"""
        records = records.exists().with_context(marketplace_quiet=True, tracking_disable=True)
        name = "image_1920" if records._name == "product.template" else "image_variant_1920"
        try:
            with self.env.cr.savepoint():
                records.write({name: base64.b64encode(content)})
                self.env.flush_all()
        except (UserError, ValueError, OSError, psycopg2.Error) as exc:
            if is_conflict(exc):
                raise
            self.env.invalidate_all(flush=False)
            return refusal(self, exc)
        return None

    def _images_fetched(self, item_id, problems):
        """:param problems: {what is wrong: the address}"""
        item = self.env["marketplace.catalogue.import.item"].browse(item_id)
        item.write(
            {
                "image_state": "failed" if problems else "done",
                "image_reason": "; ".join(f"{text} ({url})" for text, url in problems.items())[:500]
                or False,
            }
        )
        self._know_images(self._image_lines(item).listing_id)

    def _know_images(self, listings):
        """The channel's own image is not told back to it."""
        own = listings.filtered(lambda listing: listing.account_id == self.account_id).sudo()
        states = own._snapshot_image(self.account_id.sudo())
        for listing in own:
            state = states.get(listing.id)
            if isinstance(state, Tell):
                listing.acknowledged = {**(listing.acknowledged or {}), "image": state.values}


def _download(adapter, url):
    """:return: the bytes of an image
    :raise AdapterError: a host that is not configured, too large, not to be had"""
    answer = adapter.transport.request(
        "GET",
        url,
        headers={"Accept": "image/*"},
        bucket="images",
        expect_json=False,
        keep=False,
        max_response=MOST_BYTES,
    )
    return answer.content
