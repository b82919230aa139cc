"""Helpers for tests of adapters and of what uses them; nothing here runs in production.

``covers`` needs nothing; ``fake`` is the fake channel; ``server`` a scripted HTTP server;
``conformance`` and ``harness`` are the suite that every provider inherits (needs pytest).
"""

from .covers import covered, covers

__all__ = ["covered", "covers"]
