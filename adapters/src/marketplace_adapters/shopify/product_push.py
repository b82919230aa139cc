"""The lane of products: described, pictured, published, taken off sale.

::

    product          in Shopify     told by
    new              no             productSet by our own key: a repeat finds what the first made
    changed          yes            productUpdate; its variants by productVariantsBulkUpdate
    more variants    yes            read, then productSet with all variants of both sides
    images           yes            productSet with the files alone
    publications     yes            publishablePublish, publishableUnpublish
    deleted          yes            archived, drafted or deleted, as the account wishes; a variant
                                    beside others that stay is deleted, for it has no state

Up to :data:`.limits.FEW` products go by single calls and are answered at once; of more, each
mutation is one bulk operation, and what needs reading first goes by itself, a few with each push.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

from ..core.errors import RejectedError
from ..core.types import (
    DeleteState,
    ImageState,
    ListingKey,
    OverrideState,
    ProductState,
    PushItem,
    Submission,
)
from . import cost
from .bulk_push import BulkPush, Draft
from .client import Client
from .failures import UserError, user_errors
from .generated.product_delete import ProductDelete
from .generated.product_set import ProductSet
from .generated.product_update import ProductUpdate
from .generated.publish import Publish
from .generated.remove_metafields import RemoveMetafields
from .generated.unpublish import Unpublish
from .generated.variants_delete import VariantsDelete
from .generated.variants_update import VariantsUpdate
from .ids import gid, number
from .limits import FEW
from .product_group import (
    Group,
    grouped,
    learned,
    product_id_of,
    publications,
    removals,
    variant_of,
)
from .product_input import (
    Fields,
    Json,
    changed_variant,
    identifier,
    merged,
    new_product,
    product_update,
)
from .product_read import Shapes, define_product_key, forget_definitions, lacks_definition
from .results import AGAIN, Told
from .settings import Settings

MOST_VARIANTS_READ = 100
"""Variants that the answer to a productSet shows; of more, all are read page by page."""
MOST_VARIANTS = 1500
"""Variants that one call can carry; a larger product is a bulk operation by itself."""
_STATUS = {"archive": "ARCHIVED", "draft": "DRAFT"}


class ProductPush:
    """Tells products of one account."""

    def __init__(self, client: Client, bulk: BulkPush, settings: Settings) -> None:
        self._client = client
        self._bulk = bulk
        self._settings = settings
        self._shapes = Shapes(client)

    def push(self, items: Sequence[PushItem], key: str) -> Submission:
        """See the module.

        :raise AdapterError: nothing was told.
        """
        told = Told()
        groups = grouped(self._owned(items))
        if len(groups) > FEW or any(len(one.variants) > MOST_VARIANTS for one in groups):
            return self._many(groups, told, key)
        told.each(groups, lambda group: self._one(group, told), lambda group: group.items)
        return told.submission()

    def _owned(self, items: Sequence[PushItem]) -> list[PushItem]:
        """Items whose product is not known although Shopify has them get it looked up."""
        lost = [
            key.external_id
            for item in items
            if (key := cast(ListingKey, item.target)).external_id and not product_id_of(item)
        ]
        owners = self._shapes.owners(lost) if lost else {}
        return [_with_owner(item, owners) for item in items]

    # === ONE PRODUCT === #

    def _one(self, group: Group, told: Told) -> None:
        if group.of(DeleteState):
            self._delete(group, told)
        states = group.of(ProductState)
        if states and not group.product_id:
            self._make(group, told)
        elif states:
            self._change(group, told)
        elif group.of(ImageState) and group.product_id:
            self._pictures(group, told)
        if group.of(OverrideState) and group.product_id:
            self._publish(group, told)
        for item in group.items:
            if not told.knows(item):
                _wait(item, told)

    def _make(self, group: Group, told: Told) -> None:
        define_product_key(self._client)
        product = _with_key(group)
        row = {"identifier": identifier(product), **_size(group)}
        row["input"] = new_product(product, group.variants, group.files)
        if cost.cost("ProductSet", row) > cost.MOST:
            raise RejectedError(
                "The product has too many variants for one call.", code="too_many_variants"
            )
        self._set(group, row, told, [*group.of(ProductState), *group.of(ImageState)])

    def _change(self, group: Group, told: Told) -> None:
        states = group.of(ProductState)
        change = product_update(group.product_id, group.product)
        if change is not None:
            reply = self._client.call(ProductUpdate, {"product": change}).productUpdate
            if self._refused(reply, states, told):
                self._pictures(group, told)
                return
        gone = removals(group)
        if gone:
            removed = self._client.call(RemoveMetafields, {"metafields": gone}).metafieldsDelete
            self._refused(removed, states, told)
        if group.grows:
            self._grow(group, told)
            return
        rows = [(item, variant_of(item)) for item in states]
        rows = [(item, row) for item, row in rows if row.get("id")]
        changes = [changed_variant(str(row["id"]), row) for _item, row in rows]
        if changes:
            variables = {"productId": gid("Product", group.product_id), "variants": changes}
            self._vary([item for item, _row in rows], variables, told)
        self._pictures(group, told)
        for item in states:
            told.success(item)

    def _vary(self, items: list[PushItem], variables: Json, told: Told) -> None:
        reply = self._client.call(VariantsUpdate, variables).productVariantsBulkUpdate
        rows = reply.userErrors if reply else ()
        blame(items, user_errors(rows, self._client.transport.masker), told)

    def _grow(self, group: Group, told: Told) -> None:
        shape = self._shapes.read(group.product_id)
        if shape is None:
            raise RejectedError("Shopify does not have this product any more.", code="gone")
        row: Json = {"identifier": {"id": gid("Product", group.product_id)}, **_size(group)}
        row["input"] = merged(group.product, group.variants, shape.variants, shape.options)
        row["first"] = _shown(len(row["input"]["variants"]))
        files = group.files
        if files is not None:
            row["input"]["files"] = files
        self._set(group, row, told, [*group.of(ProductState), *group.of(ImageState)])

    def _pictures(self, group: Group, told: Told) -> None:
        items, files = group.of(ImageState), group.files
        if files is None:
            return
        row = {
            "identifier": {"id": gid("Product", group.product_id)},
            "input": {"files": files},
            "first": 1,
        }
        reply = self._client.call(ProductSet, row).productSet
        if not self._refused(reply, items, told):
            for item in items:
                told.success(item)

    def _set(self, group: Group, row: Json, told: Told, items: list[PushItem]) -> None:
        reply = self._client.call(ProductSet, row).productSet
        if self._refused(reply, items, told):
            return
        if reply is None or reply.product is None:
            for item in items:
                told.again(item, "no_product", "Shopify did not say which product it made.")
            return
        group.product_id = number(reply.product.id)
        nodes = [one.model_dump() for one in reply.product.variants.nodes]
        known: list[Fields] = [*self._shapes.rows(nodes)]
        if len(known) < len(row["input"].get("variants", ())):
            shape = self._shapes.read(group.product_id)
            known = list(shape.variants) if shape else known
        for item in items:
            told.success(item, learned(group.product_id, variant_of(item), known))

    def _delete(self, group: Group, told: Told) -> None:
        items = group.of(DeleteState)
        shape = self._shapes.read(group.product_id) if group.product_id else None
        if shape is None:
            # It is gone already.
            for item in items:
                told.success(item)
            return
        going = {cast(ListingKey, item.target).external_id for item in items}
        staying = [one for one in shape.variants if one["id"] not in going]
        present = [one["id"] for one in shape.variants if one["id"] in going]
        if staying and present:
            variables = {
                "productId": gid("Product", group.product_id),
                "variants": [gid("ProductVariant", one) for one in present],
            }
            reply: Any = self._client.call(VariantsDelete, variables).productVariantsBulkDelete
        elif staying:
            reply = None
        else:
            reply = self._withdraw(group.product_id)
        if reply is None or not self._refused(reply, items, told):
            for item in items:
                told.success(item)

    def _withdraw(self, product_id: str) -> Any:
        product = gid("Product", product_id)
        if self._settings.delete_means == "delete":
            return self._client.call(ProductDelete, {"input": {"id": product}}).productDelete
        change = {"id": product, "status": _STATUS[self._settings.delete_means]}
        return self._client.call(ProductUpdate, {"product": change}).productUpdate

    def _publish(self, group: Group, told: Told) -> None:
        items = group.of(OverrideState)
        on, off = publications(group, self._settings.publications)
        product = gid("Product", group.product_id)
        if on:
            reply: Any = self._client.call(Publish, {"id": product, "input": on}).publishablePublish
            if self._refused(reply, items, told):
                return
        if off:
            reply = self._client.call(Unpublish, {"id": product, "input": off}).publishableUnpublish
            if self._refused(reply, items, told):
                return
        for item in items:
            told.success(item)

    def _refused(self, reply: Any, items: list[PushItem], told: Told) -> bool:
        """Whether Shopify refuses the whole; then the items know."""
        rows = reply.userErrors if reply is not None else ()
        errors = user_errors(rows, self._client.transport.masker)
        if errors and lacks_definition(errors[0]):
            # Somebody deleted the definition of our key: it is made anew with the next push.
            forget_definitions(self._client)
            for item in items:
                told.again(item, "no_definition", errors[0].message)
            return True
        for item in items if errors else ():
            told.refused(item, errors[0])
        return bool(errors)

    # === MANY PRODUCTS === #

    def _many(self, groups: list[Group], told: Told, key: str) -> Submission:
        single = [group for group in groups if self._needs_reading(group)]
        plain = [group for group in groups if not self._needs_reading(group)]
        drafts: list[Draft] = []
        told.each(plain, lambda group: drafts.extend(self._drafts(group, told)), _members)
        if single and not plain:
            told.each(single[:FEW], lambda group: self._one(group, told), _members)
            if len(single) > FEW:
                told.wait = told.wait or AGAIN
        elif single:
            told.wait = AGAIN
        if any(draft.document == "ProductSet" for draft in drafts):
            define_product_key(self._client)
        return self._bulk.start(drafts, told, key)

    def _needs_reading(self, group: Group) -> bool:
        if group.of(DeleteState):
            return True
        return bool(group.product_id and group.of(ProductState) and group.grows)

    def _drafts(self, group: Group, told: Told) -> list[Draft]:
        """The lines of one product, without a call."""
        states, images = group.of(ProductState), group.of(ImageState)
        if states and not group.product_id:
            product = _with_key(group)
            row = {"identifier": identifier(product), "first": 250}
            row["input"] = new_product(product, group.variants, group.files)
            for item in group.of(OverrideState):
                _wait(item, told)
            return [Draft("ProductSet", row, tuple([*states, *images]), new=True)]
        if not group.product_id:
            for item in group.items:
                _wait(item, told)
            return []
        found: list[Draft] = []
        change = product_update(group.product_id, group.product) if states else None
        if change is not None:
            found.append(Draft("ProductUpdate", {"product": change}, tuple(states)))
        gone = removals(group) if states else []
        if gone:
            found.append(Draft("RemoveMetafields", {"metafields": gone}, tuple(states)))
        rows = [(item, variant_of(item)) for item in states]
        changes = [changed_variant(str(row["id"]), row) for _item, row in rows if row.get("id")]
        product_gid = gid("Product", group.product_id)
        if changes:
            owners = tuple(item for item, row in rows if row.get("id"))
            variables = {"productId": product_gid, "variants": changes}
            found.append(Draft("VariantsUpdate", variables, owners))
        if images:
            row = {"identifier": {"id": product_gid}, "input": {"files": group.files}, "first": 1}
            found.append(Draft("ProductSet", row, tuple(images)))
        return found + self._publication_drafts(group, product_gid, told)

    def _publication_drafts(self, group: Group, product: str, told: Told) -> list[Draft]:
        items = tuple(group.of(OverrideState))
        if not items:
            return []
        on, off = publications(group, self._settings.publications)
        if not on and not off:
            for item in items:
                told.success(item)
        found = []
        if on:
            found.append(Draft("Publish", {"id": product, "input": on}, items))
        if off:
            found.append(Draft("Unpublish", {"id": product, "input": off}, items))
        return found


# === SMALL PARTS === #


def blame(
    items: Sequence[PushItem], errors: Iterable[UserError], told: Told, member: str = "variants"
) -> None:
    """Errors of a list of variants to the items behind them; those of no one concern all."""
    for error in errors:
        place = error.index(member)
        concerned = items if place is None or place >= len(items) else [items[place]]
        for item in concerned:
            told.refused(item, error)


def _wait(item: PushItem, told: Told) -> None:
    """It is told when Shopify has the product; what Shopify never had is gone already."""
    if isinstance(item.state, DeleteState):
        told.success(item)
    else:
        told.again(item, "product_first", "It is told when Shopify has the product.")


def _with_key(group: Group) -> Fields:
    """The product with our own key; without one it could be made twice."""
    product = group.product
    if product.get("key"):
        return product
    key = cast(ListingKey, group.of(ProductState)[0].target)
    own = key.internal_id or key.sku
    if not own:
        raise RejectedError("The product has no key of its own.", code="no_key")
    return {**product, "key": own}


def _size(group: Group) -> Json:
    return {"first": _shown(len(group.variants))}


def _shown(variants: int) -> int:
    return max(1, variants) if variants <= MOST_VARIANTS_READ else 1


def _members(group: Group) -> list[PushItem]:
    return group.items


def _with_owner(item: PushItem, owners: Mapping[str, tuple[str, str]]) -> PushItem:
    key = cast(ListingKey, item.target)
    found = owners.get(key.external_id or "")
    if found is None:
        return item
    extra = {**key.extra, "product_id": found[0], "inventory_item_id": found[1]}
    target = ListingKey(key.external_id, key.sku, key.internal_id, key.barcode, extra)
    return PushItem(item.ref, item.kind, target, item.state, item.key)
