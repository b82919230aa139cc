"""``odoo marketplace_rotate_key -d DB``; Odoo loads this file without the addon around it."""

import sys

from odoo import SUPERUSER_ID
from odoo.api import Environment
from odoo.cli.command import Command
from odoo.exceptions import UserError
from odoo.modules.registry import Registry
from odoo.tools import config


class MarketplaceRotateKey(Command):
    """Encrypt the stored credentials of marketplaces with the newest key.

    Put a new key in front of the old one (environment ODOO_MARKETPLACE_KEY, or "key" in section
    [marketplace] of the configuration file; separated by a comma), restart Odoo, run this for
    every database, then drop the old key. With --new-key a key file is given a new key first.
    """

    name = "marketplace_rotate_key"

    def run(self, cmdargs):
        self.parser.add_argument("-c", "--config", help="configuration file of Odoo")
        self.parser.add_argument("-d", "--database", help="the database, if not in the file")
        self.parser.add_argument(
            "--new-key", action="store_true", help="put a new key into the key file first"
        )
        options = self.parser.parse_args(cmdargs)
        words = ["--no-http"]
        words += ["-c", options.config] if options.config else []
        words += ["-d", options.database] if options.database else []
        config.parse_config(words, setup_logging=True)
        if len(config["db_name"] or []) != 1:
            self.parser.error("name one database with -d")
        with Registry(config["db_name"][0]).cursor() as cr:
            env = Environment(cr, SUPERUSER_ID, {})
            if "marketplace.credential" not in env:
                sys.exit(f"The addon marketplace is not installed in {config['db_name'][0]}.")
            try:
                wizard = env["marketplace.rotate.key.wizard"].create({"new_key": options.new_key})
                answer = wizard.action_rotate()["params"]
            except UserError as exc:
                sys.exit(str(exc))
        print(answer["message"])  # pylint: disable=print-used
        if answer["type"] != "success":
            sys.exit(1)
