"""Simulated Shopify: the GraphQL Admin API 2026-10 of one shop, with what lies around it.

Served below ``/shopify``: ``/admin/api/2026-10/graphql.json``, the token endpoint
``/admin/oauth/access_token``, staged uploads and results of bulk operations. Webhooks are sent to
whoever subscribed. Pages for people are at ``/shopify/``; the control API is at
``/_control/shopify/``.

The schema is our own (``schema/*.graphql``): the part of the official one that is served here. The
parts of the room bring the resolvers; `part.Part` says what a part may have, `engine` how a call
runs, `cost` what it costs.
"""

from .room import ShopifyRoom as Room

__all__ = ["Room"]
