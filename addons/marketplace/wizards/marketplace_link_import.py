import base64
import logging
from datetime import timedelta

import psycopg2

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ..tools.link_columns import COLUMNS, NEEDED, id_text, read_header
from ..tools.table_file import read_table
from .marketplace_link_planner import refusal, write_plans

_logger = logging.getLogger(__name__)

# Rows of one step; a step is one transaction when the work runs in the background.
CHUNK = 1000
# A bigger file is read and applied in the background.
FOREGROUND_ROWS = 2000
# Reports are kept so long.
KEEP_DAYS = 90
_CHECKED_WITH = frozenset(
    ("account_id", "kind", "file", "encoding", "ids_are", "move", "create_missing")
)


class MarketplaceLinkImport(models.Model):
    """A file of links: read, checked without writing anything, then applied.

    ::

        draft ──check──▶ reading ──▶ checked ──apply──▶ applying ──▶ done
          ▲                 │            │                   │
          └── failed ◀──────┘            └──check again──▶   └── may be applied once more

    Kept for a while, so that one can see later who linked what, from which file.
    """

    _name = "marketplace.link.import"
    _description = "Marketplace Import of Links"
    _order = "id desc"
    _check_company_auto = True

    name = fields.Char(compute="_compute_name")
    account_id = fields.Many2one(
        "marketplace.account",
        required=True,
        ondelete="cascade",
        index=True,
        default=lambda self: self._default_account(),
    )
    company_id = fields.Many2one(related="account_id.company_id", store=True, index=True)
    provider = fields.Selection(related="account_id.provider")
    kind = fields.Selection(
        [("product", "Products"), ("partner", "Contacts")], required=True, default="product"
    )
    file = fields.Binary("File (CSV or XLSX)", attachment=True, copy=False)
    file_name = fields.Char()
    encoding = fields.Selection(
        [
            ("utf-8", "UTF-8"),
            ("utf-16", "UTF-16"),
            ("cp1256", "Windows-1256 (Arabic)"),
            ("cp1252", "Windows-1252 (Western)"),
        ],
        help="Of a CSV file. Empty: found out from the file.",
    )
    ids_are = fields.Selection(
        [("variant", "Product variants"), ("template", "Product templates")],
        "Our ids are ids of",
        required=True,
        default="variant",
        help="Older connectors told the channel the id of the template. Choose that only for a "
        "file of such a connector.",
    )
    move = fields.Boolean(
        "Move links",
        help="An external id that is linked to something else goes to what the file says. "
        "Otherwise the row is a conflict.",
    )
    create_missing = fields.Boolean("Create missing contacts")
    send_now = fields.Boolean(
        "Send now",
        help="Tell the channel product, price and stock of what was linked. Otherwise linking "
        "sends nothing.",
    )
    state = fields.Selection(
        [
            ("draft", "New"),
            ("reading", "Being checked"),
            ("checked", "Checked"),
            ("applying", "Being applied"),
            ("done", "Done"),
            ("failed", "Failed"),
        ],
        required=True,
        default="draft",
        readonly=True,
        copy=False,
    )
    message = fields.Char(readonly=True, copy=False)
    columns = fields.Json(readonly=True, copy=False)
    columns_read = fields.Char("Columns understood", readonly=True, copy=False)
    columns_ignored = fields.Char("Ignored columns", readonly=True, copy=False)
    line_ids = fields.One2many("marketplace.link.import.line", "import_id", readonly=True)
    line_count = fields.Integer("Rows", readonly=True, copy=False)
    done_count = fields.Integer("Rows done", readonly=True, copy=False)
    progress = fields.Float(compute="_compute_progress")
    create_count = fields.Integer("To create", compute="_compute_counts")
    update_count = fields.Integer("To update", compute="_compute_counts")
    unchanged_count = fields.Integer("Unchanged", compute="_compute_counts")
    conflict_count = fields.Integer("Conflicts", compute="_compute_counts")
    error_count = fields.Integer("Errors", compute="_compute_counts")
    applied_count = fields.Integer("Applied", compute="_compute_counts")
    coverage = fields.Float(
        "Catalogue linked (%)",
        compute="_compute_coverage",
        help="Share of the products that can be sold which have an external id on this account.",
    )
    report = fields.Binary(compute="_compute_report")
    report_name = fields.Char(compute="_compute_report")
    example = fields.Binary(compute="_compute_example")
    example_name = fields.Char(compute="_compute_example")

    # === COMPUTE METHODS === #

    @api.model
    def _default_account(self):
        accounts = self.env["marketplace.account"].search([], limit=2)
        return accounts if len(accounts) == 1 else False

    @api.depends("file_name", "account_id")
    def _compute_name(self):
        for item in self:
            item.name = f"{item.account_id.name}: {item.file_name or self.env._('no file')}"

    @api.depends("done_count", "line_count", "state")
    def _compute_progress(self):
        for item in self:
            whole = item.state in ("checked", "done")
            item.progress = 100.0 if whole else 100.0 * item.done_count / (item.line_count or 1)

    @api.depends("line_ids.action", "line_ids.applied")
    def _compute_counts(self):
        groups = self.env["marketplace.link.import.line"]._read_group(
            [("import_id", "in", self.ids)], ["import_id", "action", "applied"], ["__count"]
        )
        counts = {}
        for item, action, applied, count in groups:
            counts[item.id, action] = counts.get((item.id, action), 0) + count
            if applied:
                counts[item.id, "applied"] = counts.get((item.id, "applied"), 0) + count
        for item in self:
            for name in ("create", "update", "unchanged", "conflict", "error", "applied"):
                item[f"{name}_count"] = counts.get((item._origin.id, name), 0)

    @api.depends("state", "account_id")
    def _compute_coverage(self):
        for item in self:
            item.coverage = item.account_id._link_coverage() if item.account_id else 0.0

    @api.depends("line_ids.action", "line_ids.reason")
    def _compute_report(self):
        for item in self:
            item.report_name = f"links-{item.id or 0}-report.csv"
            item.report = base64.b64encode(item._report_csv()) if item.line_count else False

    @api.depends("kind", "account_id")
    def _compute_example(self):
        for item in self:
            item.example_name = f"links-{item.kind}-example.csv"
            item.example = base64.b64encode(item._example_csv())

    # === CRUD METHODS === #

    def write(self, vals):
        """What was checked belongs to the file, account and options that it was checked with."""
        if vals.keys() & _CHECKED_WITH and "state" not in vals:
            if any(item.state in ("reading", "applying") for item in self):
                raise UserError(self._busy())
            vals = {**vals, "state": "draft"}
        return super().write(vals)

    def _busy(self):
        return self.env._("This file is being worked on; wait until it is done.")

    # === ACTIONS === #

    def action_check(self):
        """Read the file and say what would be done, row by row; no link is touched."""
        self.ensure_one()
        if not self.file:
            raise UserError(self.env._("Choose a file first."))
        if self.state in ("reading", "applying"):
            raise UserError(self._busy())
        self._read_file()
        self.write({"state": "reading", "done_count": 0})
        self._go_on_or_delay("_job_check")

    def action_apply(self):
        """Make and change the links of the checked rows."""
        self.ensure_one()
        if self.state not in ("checked", "done"):
            raise UserError(self.env._("Check the file first."))
        lines = self.env["marketplace.link.import.line"]
        waiting = lines.search_count(self._waiting)
        self.write({"state": "applying", "done_count": self.line_count - waiting})
        self._go_on_or_delay("_job_apply")

    def action_reset(self):
        """Begin again after the background work has died; what is linked stays linked."""
        self.filtered(lambda item: item.state in ("reading", "applying")).state = "draft"

    def action_lines(self):
        """The rows in a list of their own, with filters."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "marketplace.action_link_import_line"
        )
        action["domain"] = [("import_id", "=", self.id)]
        action["context"] = {"default_import_id": self.id}
        return action

    def action_report(self):
        """Download what happened to each row."""
        self.ensure_one()
        return self._download("report")

    def action_example(self):
        """Download a file that shows the columns."""
        self.ensure_one()
        return self._download("example")

    def _download(self, field_name):
        return {
            "type": "ir.actions.act_url",
            "target": "download",
            "url": f"/web/content/{self._name}/{self.id}/{field_name}"
            f"?download=true&filename={self[f'{field_name}_name']}",
        }

    # === READING === #

    def _read_file(self):
        """Store the rows of the file as lines, unchecked.

        :raise UserError: nothing can be read, or no column says which product it is.
        """
        table = read_table(
            self.env, base64.b64decode(self.with_context(bin_size=False).file), self.encoding
        )
        columns = self._columns()
        places, ignored = read_header(table[0][1], columns)
        if not places.keys() & set(NEEDED[self.kind]):
            raise UserError(self._no_columns(table[0][1]))
        rows = [
            (row, {column: cells[place] for column, place in places.items() if place < len(cells)})
            for row, cells in table[1:]
        ]
        self.line_ids.unlink()
        lines = self.env["marketplace.link.import.line"].with_context(tracking_disable=True)
        for start in range(0, len(rows), CHUNK):
            lines.create(
                [
                    {
                        "import_id": self.id,
                        "row": row,
                        "values": values,
                        "external_id": self._external_id(values),
                        "read_text": _as_read(values),
                    }
                    for row, values in rows[start : start + CHUNK]
                ]
            )
            self.env.flush_all()
            self.env.invalidate_all()
        self.write(
            {
                "line_count": len(rows),
                "columns": list(places),
                "columns_read": ", ".join(
                    f"{table[0][1][place]} → {column}" for column, place in places.items()
                ),
                "columns_ignored": ", ".join(ignored) or False,
                "message": False if rows else self.env._("The file has a header and no rows."),
            }
        )

    def _columns(self):
        """Column → names it may have in a file of this account."""
        own = self.account_id._link_columns(self.kind)
        columns = {
            column: (*own.get(column, ()), *names) for column, names in COLUMNS[self.kind].items()
        }
        columns["external_id"] = (f"{self.account_id.provider}_id", *columns["external_id"])
        return columns | {name: names for name, names in own.items() if name not in columns}

    def _no_columns(self, header):
        names = [self._columns()[column][0] for column in NEEDED[self.kind]]
        return self.env._(
            "No column says what is linked. The first row must hold column names, at least one of: "
            "%(names)s. It holds: %(header)s.",
            names=", ".join(names),
            header=", ".join(filter(None, header))[:300] or self.env._("nothing"),
        )

    def _external_id(self, values):
        text = id_text(values.get("external_id", ""))
        if self.kind == "partner" and text:
            text = self.account_id._partner_external_id(text)
        return text[:250] or False

    # === STEPS === #

    def _go_on_or_delay(self, method):
        """Small files at once, big ones in the background, chunk by chunk."""
        if self.line_count > FOREGROUND_ROWS:
            self._delay(method, 0)
            return
        last = 0
        while last is not None:
            last = getattr(self, method.replace("_job_", "_step_"))(last)

    def _delay(self, method, last):
        delayed = self.with_delay(
            channel="root.marketplace",
            priority=12,
            identity_key=f"marketplace.link.import:{method}:{self.id}:{last}",
            description=self.env._("Links of %s", self.name),
        )
        getattr(delayed, method)(last)

    def _job_check(self, last):
        """Marketplace: check a file of links"""
        self._run_step("reading", "check", last)

    def _job_apply(self, last):
        """Marketplace: apply a file of links"""
        self._run_step("applying", "apply", last)

    def _run_step(self, state, step, last):
        """One chunk in a job of its own, so that progress is seen and a killed worker repeats one
        chunk only; a failure is told where the person looks for it."""
        if not self.exists() or self.state != state:
            return
        try:
            with self.env.cr.savepoint():
                last = getattr(self, f"_step_{step}")(last)
        except psycopg2.OperationalError:
            raise  # somebody else was quicker: the job is repeated
        except Exception as exc:
            _logger.exception("Import of links %s stopped", self.id)
            self.env.invalidate_all(flush=False)
            self.write(
                {"state": "failed", "message": refusal(self.env["marketplace.listing"], exc)}
            )
            return
        if last is not None:
            self._delay(f"_job_{step}", last)

    def _step_check(self, last):
        """Check the next rows.

        :param last: id of the last line that is done.
        :return: id of the last one done now; ``None`` at the end.
        """
        lines = self._next_lines([], last)
        self._store_plans(lines, self._plans(lines))
        self.done_count += len(lines)
        if len(lines) == CHUNK:
            return lines[-1].id
        lines._mark_repeated(self)
        self.state = "checked"
        return None

    def _step_apply(self, last):
        """Apply the next rows, matched anew: what was checked may be old."""
        lines = self._next_lines(self._waiting, last)
        plans = self._plans(lines)
        self._store_plans(lines, plans)
        wanted = {
            line.id: plans[line.id]
            for line in lines
            if plans[line.id].action in ("create", "update")
        }
        self._create_contacts(wanted)
        model = "marketplace.listing" if self.kind == "product" else "marketplace.partner"
        done, failed = write_plans(self.env[model], wanted)
        self._store_results(done, failed)
        self._send(done)
        self.done_count += len(lines)
        if len(lines) == CHUNK:
            return lines[-1].id
        self.state = "done"
        return None

    @property
    def _waiting(self):
        return (
            Domain("import_id", "=", self.id)
            & Domain("action", "in", ("create", "update"))
            & Domain("applied", "=", False)
        )

    def _next_lines(self, domain, last):
        return self.env["marketplace.link.import.line"].search(
            Domain("import_id", "=", self.id) & Domain("id", ">", last) & Domain(domain),
            order="id",
            limit=CHUNK,
        )

    def _send(self, done):
        """What was linked is told to the channel only when somebody asked for it."""
        if self.kind != "product" or not done:
            return
        listings = self.env["marketplace.listing"].browse([record.id for record in done.values()])
        listings._linked(send_now=self.send_now)

    @api.autovacuum
    def _gc_old(self):
        """Old imports leave with their files and lines."""
        old = fields.Datetime.now() - timedelta(days=KEEP_DAYS)
        self.search([("create_date", "<", old)], limit=100).unlink()


def _as_read(values):
    return "; ".join(f"{column} {text}" for column, text in values.items() if text)[:1000]
