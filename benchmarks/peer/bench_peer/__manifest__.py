{
    "name": "Benchmark Peer",
    "summary": "A connector written the usual way, to compare with; never shipped",
    "version": "19.0.1.0.0",
    "category": "Hidden",
    "license": "LGPL-3",
    "author": "Odoo Marketplace Suite",
    "website": "https://github.com/odoo-marketplace-suite/odoo-marketplace-suite",
    "depends": ["sale_management", "sale_stock", "queue_job"],
    "external_dependencies": {"python": ["requests"]},
    "data": ["data/queue_job.xml"],
}
