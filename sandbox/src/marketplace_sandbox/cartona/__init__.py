"""Simulated Cartona supplier integrations API."""

from .room import CartonaRoom as Room

__all__ = ["Room"]
