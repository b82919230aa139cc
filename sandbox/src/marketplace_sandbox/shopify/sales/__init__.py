"""The sales side of the Shopify room: orders and everything that follows from them."""

from .part import Sales

__all__ = ["Sales"]
