import logging

from odoo import api, models

from ..tools.faults import log_failure
from ..tools.inbound import is_conflict

_logger = logging.getLogger(__name__)

# What is read and applied together with orders, by the models of orders themselves.
ORDER_TOPICS = ("order", "status")
# Topic → method of the adapter that reads its payload; the others are handed over as they came.
READERS = {
    "listing": "listing_news",
    "return": "returned",
    "settlement": "settlement",
    "stored": "stored",
    "privacy": "privacy",
}
# One document of these may be many megabytes: each is read in a batch of its own.
LARGE_TOPICS = ("settlement",)


class MarketplaceInbox(models.Model):
    """Whatever else a channel tells, besides orders.

    A topic is known by a method ``_process_topic_<topic>(account, messages)`` of this model:

    - it gets :class:`~..tools.inbound.Message` records with what the adapter read in
      ``document``, oldest news first, never empty;
    - it calls :meth:`~..tools.inbound.Message.settle` for each, or ``hold`` with a
      :class:`~..tools.inbound.Quarantine`; what it leaves open is done;
    - it sets the outcome ``unknown_order`` and ``waits_for`` (the order's id on the channel) for
      what must wait until an order is here;
    - it may raise: everything it did is rolled back, and the batch is halved until the bad
      message stands alone.
    """

    _inherit = "marketplace.inbox"

    def _read_topic(self, adapter, message):
        """Payload → what the adapter makes of it; a topic nobody knows is settled at once.

        :raise AdapterError: the document cannot be read.
        """
        if not hasattr(self, f"_process_topic_{message.topic}"):
            message.settle("ignored", self.env._("Nothing is done with %s.", message.topic))
            return
        if message.topic in LARGE_TOPICS:
            message.payload = self.browse(message.id).payload
        reader = READERS.get(message.topic)
        message.document = getattr(adapter, reader)(message.payload) if reader else message.payload
        if message.topic in LARGE_TOPICS:
            message.payload = None

    @api.model
    def _one_large(self, messages):
        """:return: the messages without those large ones that the next batch takes."""
        large = [message for message in messages if message.topic in LARGE_TOPICS]
        left = large[1:]
        return [message for message in messages if message not in left]

    def _process_topics(self, account, messages):
        """Apply what was read of other topics than orders, topic by topic."""
        groups = {}
        for message in messages:
            groups.setdefault(message.topic, []).append(message)
        for topic, group in groups.items():
            group.sort(key=lambda message: message.sort_key())
            self._process_topic(account, topic, group)

    def _process_topic(self, account, topic, messages):
        try:
            with self.env.cr.savepoint():
                getattr(self, f"_process_topic_{topic}")(account, messages)
            for message in messages:
                if message.outcome is None:
                    message.settle("done")
            return
        except Exception as exc:
            if is_conflict(exc):
                raise
            failed = exc
        if len(messages) > 1:
            half = len(messages) // 2
            for part in (messages[:half], messages[half:]):
                for message in part:
                    message.reset()
                self._process_topic(account, topic, part)
            return
        messages[0].hold(failed)
        if messages[0].failed:
            log_failure(_logger, failed, "inbox item", f"{messages[0].id} ({topic})")

    @api.model
    def _text_without_order(self, topic):
        """What is said of an item of this topic whose order never came."""
        if topic == "status":
            return self.env._("A status came for an order that never came.")
        return self.env._("News (%s) came for an order that never came.", topic)
