"""Simulated Amazon: the Selling Partner API with what lies around it.

Served below ``/amazon``: Login with Amazon (``/auth/o2/token``), sellers, product type
definitions, listings items, feeds with presigned documents, orders 2026-01-01, confirmShipment,
reports, finances, FBA inventory, notifications, restricted data tokens, and a queue that speaks
the protocol of SQS (``/sqs/<queue>``). Pages for people are at ``/amazon/``; the control API is
at ``/_control/amazon/``, see `control`.

One application and one seller (`tokens`, `room`), in three marketplaces unless told otherwise.
All waiting is on the sandbox's clock: tokens, usage plans, feeds, reports, addresses, visibility.
What the models leave open is a switch of `settings.Settings`.

Left out: request signatures, grantless operations other than of notifications, catalogue search,
pricing and competing offers, Easy Ship and other regional programs, vendor operations, report
schedules, flat order feeds, data kiosk, localised titles of product types, attributes beyond some
sixty, and conditional requirements (``if``/``then``) of product types.
"""

from .room import AmazonRoom as Room

__all__ = ["Room"]
