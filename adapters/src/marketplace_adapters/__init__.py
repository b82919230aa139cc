"""Adapters of the Odoo Marketplace Suite: one provider's dialect in neutral types, without Odoo."""

__version__ = "19.0.1.0.0"
