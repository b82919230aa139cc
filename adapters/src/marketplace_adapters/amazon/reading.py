"""Operations that read: orders, reports, finances, stock, notifications."""

from __future__ import annotations

from .calls import Caller


class ReadingCalls(Caller):
    """Part of :class:`~.client.Client`."""
