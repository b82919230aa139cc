{
    "name": "Marketplace Tests",
    "summary": "Provider 'fake', for tests of the core; never shipped",
    "version": "19.0.1.0.0",
    "category": "Hidden",
    "license": "LGPL-3",
    "author": "Odoo Marketplace Suite",
    "website": "https://github.com/odoo-marketplace-suite/odoo-marketplace-suite",
    "depends": ["marketplace", "stock_dropshipping"],
    "external_dependencies": {"python": ["marketplace_adapters"]},
    "assets": {"web.assets_tests": ["test_marketplace/static/tests/tours/**/*"]},
}
