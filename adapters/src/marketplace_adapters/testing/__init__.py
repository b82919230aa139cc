"""Helpers for tests of adapters and of what uses them; nothing here runs in production."""

from .covers import covered, covers

__all__ = ["covered", "covers"]
