"""All operations that the adapter uses, each a method; answers are parsed JSON.

::

    Caller (calls.py)            one way in: token, headers, bucket, one repeat after a stale token
     ├── ListingCalls            listings, product types, participations
     ├── FeedCalls               feeds and their documents, confirmShipment, getOrder
     └── ReadingCalls            orders, reports, finances, stock, notifications
"""

from __future__ import annotations

from .feed_calls import FeedCalls
from .listing_calls import ListingCalls
from .reading import ReadingCalls


class Client(ListingCalls, FeedCalls, ReadingCalls):
    """See the module."""
