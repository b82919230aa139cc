"""``odoo marketplace_extract -d DB --output DIR``; Odoo loads this file without the addon around
it."""

import sys
from pathlib import Path

from odoo import SUPERUSER_ID
from odoo.api import Environment
from odoo.cli.command import Command
from odoo.exceptions import UserError
from odoo.modules.registry import Registry
from odoo.tools import config


class MarketplaceExtract(Command):
    """Write four small CSV files of sample data to try out an integration with: the newest 20
    products, the newest 30 variants, all categories, and one company.
    """

    name = "marketplace_extract"

    def run(self, cmdargs):
        self.parser.add_argument("-c", "--config", help="configuration file of Odoo")
        self.parser.add_argument("-d", "--database", help="the database, if not in the file")
        self.parser.add_argument(
            "-o", "--output", required=True, type=Path, help="folder for the files, made if missing"
        )
        self.parser.add_argument("-l", "--lang", help="language of names, e.g. ar_001")
        self.parser.add_argument(
            "--complete", action="store_true", help="also contacts, stock, orders and currencies"
        )
        self.parser.add_argument("--company", type=int, help="id of the company; the first one")
        options = self.parser.parse_args(cmdargs)
        words = ["--no-http"]
        words += ["-c", options.config] if options.config else []
        words += ["-d", options.database] if options.database else []
        config.parse_config(words, setup_logging=True)
        if len(config["db_name"] or []) != 1:
            self.parser.error("name one database with -d")
        with Registry(config["db_name"][0]).cursor(readonly=True) as cr:
            env = Environment(cr, SUPERUSER_ID, {})
            if "marketplace.account" not in env:
                sys.exit(f"The addon marketplace is not installed in {config['db_name'][0]}.")
            files = self._files(env, options)
        try:
            options.output.mkdir(parents=True, exist_ok=True)
            for name, content in files.items():
                (options.output / name).write_bytes(content)
                print(options.output / name)  # pylint: disable=print-used
        except OSError as exc:
            sys.exit(f"{exc.filename}: {exc.strerror}")

    def _files(self, env, options):
        from odoo.addons.marketplace.tools.extract import extract

        companies = env["res.company"].search([], order="id")
        company = companies.browse(options.company) if options.company else companies[:1]
        if company not in companies:
            sys.exit(f"There is no company {options.company}.")
        try:
            return extract(env, company, options.lang, complete=options.complete)
        except UserError as exc:
            sys.exit(str(exc))
