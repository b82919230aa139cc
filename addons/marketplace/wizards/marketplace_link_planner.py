"""What becomes of a link: made, changed, left as it is, or left to a person; and the writing of
many at once, where one bad one never spoils the others."""

from dataclasses import dataclass, field

import psycopg2

from odoo.exceptions import UserError

ACTION = [
    ("create", "Create"),
    ("update", "Update"),
    ("unchanged", "Unchanged"),
    ("conflict", "Conflict"),
    ("error", "Error"),
]


@dataclass(slots=True)
class Plan:
    """What is to be done for one row.

    :param action: one of :data:`ACTION`.
    :param target: the listing or partner link to change; empty to create one.
    :param vals: what is written.
    :param record: the product or contact that is meant, if known.
    """

    action: str
    target: object
    record: object
    reason: str = ""
    how: str = ""
    vals: dict = field(default_factory=dict)
    match: object = None


def plan_listing(account, named, match, given, *, move=False):
    """Decide about one listing.

    :param named: :class:`Named`
    :param match: its :class:`Match`
    :param dict given: further values of the listing: title, min_order, max_order, published,
        extra, sku, internal_id; only what was said.
    :param move: an external id that belongs to another product goes to this one.
    :rtype: Plan
    """
    _ = account.env._
    if match.problem:
        return Plan(
            match.problem, match.by_external, match.product, match.reason, match.how, match=match
        )
    target = match.by_external or match.own
    vals = {
        "product_id": match.product,
        "uom_id": match.uom,
        **_own_ids(target, match.product),
        **given,
    }
    if named.external_id:
        vals["external_id"] = named.external_id
    reason = _listing_conflict(account, named, match, move)
    if reason:
        return Plan("conflict", target, match.product, reason, match.how, match=match)
    plan = _plan(account, target, match.product, vals)
    plan.how, plan.match = match.how, match
    if plan.action == "create" and not named.external_id:
        plan.reason = _("Created without an external id; the channel is found by our id or SKU.")
    return plan


def _own_ids(target, product):
    """Our id and SKU of a listing: what it has, unless that belonged to another product."""
    before = target.product_id
    sku, own_id = target.sku, target.internal_id
    if before != product:
        sku = sku if sku != before.default_code else False
        own_id = own_id if own_id != str(before.id) else False
    return {"sku": sku or product.default_code, "internal_id": own_id or str(product.id)}


def _listing_conflict(account, named, match, move):
    """Why this link may not be made without a person, or an empty text."""
    _ = account.env._
    listed, own = match.by_external, match.own
    if own and listed and own != listed:
        return _(
            "%(product)s is linked to %(other)s already; remove one of the two links first.",
            product=match.product.display_name,
            other=own.external_id or _("a listing without an external id"),
        )
    if move:
        return ""
    if listed.product_id and listed.product_id != match.product:
        return _(
            "%(external)s is linked to %(product)s. Tick “Move links” to change that.",
            external=named.external_id,
            product=listed.product_id.display_name,
        )
    if not listed and own.external_id and named.external_id:
        return _(
            "%(product)s is linked to %(external)s. Tick “Move links” to change that.",
            product=match.product.display_name,
            external=own.external_id,
        )
    if listed.product_id and listed.uom_id and listed.uom_id != match.uom:
        return _(
            "%(external)s is sold by %(one)s here and by %(other)s there. "
            "Tick “Move links” to change that.",
            external=named.external_id,
            one=listed.uom_id.name,
            other=match.uom.name,
        )
    return ""


def plan_partner(account, named, match, given, *, move=False, create_missing=False):
    """Decide about one link of a contact.

    :param named: :class:`NamedPartner`
    :param match: its :class:`PartnerMatch`
    :param dict given: further values of the link, e.g. customer_type.
    :param create_missing: a contact that is nowhere to be found is made.
    :rtype: Plan
    """
    _ = account.env._
    if not named.external_id:
        return Plan("error", match.link, match.partner, _("The external id is missing."))
    if match.problem == "error" and create_missing and named.name and not match.how:
        vals = {"account_id": account.id, "external_id": named.external_id, **given}
        return Plan(
            "create", match.link, match.partner, _("A new contact is created."), "new", vals, match
        )
    if match.problem:
        return Plan(match.problem, match.link, match.partner, match.reason, match.how, match=match)
    if match.link and match.link.partner_id != match.partner and not move:
        return Plan(
            "conflict",
            match.link,
            match.partner,
            _(
                "%(external)s is linked to %(partner)s. Tick “Move links” to change that.",
                external=named.external_id,
                partner=match.link.partner_id.display_name,
            ),
            match.how,
            match=match,
        )
    vals = {"external_id": named.external_id, "partner_id": match.partner, **given}
    plan = _plan(account, match.link, match.partner, vals)
    plan.how, plan.match = match.how, match
    return plan


def _plan(account, target, record, vals):
    if not target:
        return Plan("create", target, record, "", "", {"account_id": account.id, **_ids(vals)})
    changes = {name: value for name, value in vals.items() if _differs(target, name, value)}
    if "active" in target._fields and not target.active:
        changes["active"] = True
    if not changes:
        return Plan("unchanged", target, record)
    told = [
        f"{target._fields[name]._description_string(account.env)}: "
        f"{_shown(target[name])} → {_shown(value)}"
        for name, value in changes.items()
    ]
    return Plan("update", target, record, "; ".join(told), "", _ids(changes))


def _differs(target, name, value):
    current = target[name]
    if name == "extra":
        return {**(current or {}), **value} != (current or {})
    if isinstance(current, float):
        return abs(current - float(value)) > 1e-6
    return current != value


def _ids(vals):
    return {name: value.id if hasattr(value, "_name") else value for name, value in vals.items()}


def _shown(value):
    if hasattr(value, "_name"):
        return value.display_name or "–"
    if isinstance(value, dict):
        return ", ".join(f"{key} {item}" for key, item in value.items())
    return str(value) if value not in (False, None, "") else "–"


def write_plans(model, plans):
    """Do what was planned, in bulk; what fails is halved until the bad ones stand alone.

    :param model: of the targets, with the rights of whoever asked.
    :param plans: {key: :class:`Plan`} with action create or update.
    :return: ({key: record}, {key: why it failed})
    """
    if not plans:
        return {}, {}
    model = model.with_context(marketplace_linking=True, tracking_disable=True)
    try:
        with model.env.cr.savepoint():
            return _write(model, plans), {}
    except (UserError, psycopg2.IntegrityError, psycopg2.DataError) as exc:
        model.env.invalidate_all(flush=False)
        if len(plans) == 1:
            return {}, dict.fromkeys(plans, refusal(model, exc))
    keys = list(plans)
    done, failed = {}, {}
    for half in (keys[: len(keys) // 2], keys[len(keys) // 2 :]):
        half_done, half_failed = write_plans(model, {key: plans[key] for key in half})
        done |= half_done
        failed |= half_failed
    return done, failed


def _write(model, plans):
    new = {key: plan for key, plan in plans.items() if plan.action == "create"}
    created = model.create([plan.vals for plan in new.values()])
    done = dict(zip(new, created, strict=True))
    for key, plan in plans.items():
        if plan.action == "update":
            target = plan.target.with_env(model.env)
            vals = dict(plan.vals)
            if "extra" in vals:
                vals["extra"] = {**(target.extra or {}), **vals["extra"]}
            target.write(vals)
            done[key] = target
    model.env.flush_all()
    return done


def refusal(model, error):
    """Why the database or a rule refused, in one line for a person."""
    is_sql = isinstance(error, psycopg2.Error)
    text = model._sql_error_to_message(error) if is_sql else str(error)
    return " ".join(text.split())[:500]
