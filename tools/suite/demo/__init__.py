"""The demo: a small wholesaler in Odoo, connected to a simulated Cartona."""
