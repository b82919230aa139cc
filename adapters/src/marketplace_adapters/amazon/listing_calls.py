"""Operations on listings and product types, and who the seller is.

Sources: the models listingsItems_2021-08-01, definitionsProductTypes_2020-09-01, sellers.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..core.transport import segment
from .calls import Caller

ITEMS = "/listings/2021-08-01/items"
TYPES = "/definitions/2020-09-01/productTypes"
PREVIEW = "VALIDATION_PREVIEW"
LISTING_DATA = ("summaries", "attributes", "issues", "offers", "fulfillmentAvailability")


class ListingCalls(Caller):
    """Part of :class:`~.client.Client`."""

    # === SELLER === #

    def participations(self) -> Any:
        """getMarketplaceParticipations."""
        return self.call(
            "getMarketplaceParticipations", "GET", "/sellers/v1/marketplaceParticipations"
        )

    # === ITEMS === #

    def put_item(
        self,
        sku: str,
        market: str,
        body: dict[str, Any],
        *,
        locale: str = "",
        preview: bool = False,
    ) -> Any:
        """putListingsItem: replaces the whole item in one marketplace.

        :param body: ListingsItemPutRequest.
        """
        return self._change("putListingsItem", "PUT", sku, (market,), body, locale, preview)

    def patch_item(
        self,
        sku: str,
        markets: Sequence[str],
        body: dict[str, Any],
        *,
        locale: str = "",
        preview: bool = False,
    ) -> Any:
        """patchListingsItem: changes attributes.

        :param body: ListingsItemPatchRequest.
        """
        return self._change("patchListingsItem", "PATCH", sku, markets, body, locale, preview)

    def delete_item(self, sku: str, market: str, *, locale: str = "") -> Any:
        """deleteListingsItem: in one marketplace."""
        return self._change("deleteListingsItem", "DELETE", sku, (market,), None, locale, False)

    def item(
        self,
        sku: str,
        markets: Sequence[str],
        *,
        locale: str = "",
        data: Sequence[str] = LISTING_DATA,
    ) -> Any:
        """getListingsItem."""
        params = {
            "marketplaceIds": markets,
            "issueLocale": locale or None,
            "includedData": data,
        }
        return self.call("getListingsItem", "GET", self._item_path(sku), params=params)

    def search_items(
        self,
        markets: Sequence[str],
        *,
        locale: str = "",
        data: Sequence[str] = LISTING_DATA,
        page_token: str = "",
        page_size: int = 20,
        **filters: Any,
    ) -> Any:
        """searchListingsItems: at most 1,000 items over all pages, 20 a page.

        :param filters: members of the query, e.g. ``identifiers`` with ``identifiersType``,
            ``lastUpdatedAfter``, ``withIssueSeverity``, ``sortBy``, ``sortOrder``.
        """
        params = {
            "marketplaceIds": markets,
            "issueLocale": locale or None,
            "includedData": data,
            "pageSize": page_size,
            "pageToken": page_token or None,
            **filters,
        }
        path = f"{ITEMS}/{segment(self.seller_id)}"
        return self.call("searchListingsItems", "GET", path, params=params)

    def _change(
        self,
        operation: str,
        method: str,
        sku: str,
        markets: Sequence[str],
        body: dict[str, Any] | None,
        locale: str,
        preview: bool,
    ) -> Any:
        params: dict[str, Any] = {"marketplaceIds": markets, "issueLocale": locale or None}
        if body is not None:
            params["includedData"] = ("identifiers", "issues")
            params["mode"] = PREVIEW if preview else None
        return self.call(operation, method, self._item_path(sku), params=params, json=body)

    def _item_path(self, sku: str) -> str:
        return f"{ITEMS}/{segment(self.seller_id)}/{segment(sku)}"

    # === PRODUCT TYPES === #

    def product_types(
        self,
        markets: Sequence[str],
        *,
        keywords: Sequence[str] = (),
        name: str = "",
        locale: str = "",
    ) -> Any:
        """searchDefinitionsProductTypes.

        :param keywords: words of the product type's name; or ``name``: the title of a product.
        """
        params = {
            "marketplaceIds": markets,
            "keywords": keywords if not name else None,
            "itemName": name or None,
            "locale": locale or None,
            "searchLocale": locale or None,
        }
        return self.call("searchDefinitionsProductTypes", "GET", TYPES, params=params)

    def product_type(
        self,
        name: str,
        market: str,
        *,
        requirements: str = "LISTING",
        locale: str = "DEFAULT",
        parentage: str = "",
    ) -> Any:
        """getDefinitionsProductType; its ``schema`` names a document.

        :param parentage: ``PARENT``, ``CHILD`` or ``NONE``.
        """
        params = {
            "marketplaceIds": (market,),
            "sellerId": self.seller_id,
            "requirements": requirements,
            "requirementsEnforced": "ENFORCED",
            "locale": locale,
            "parentageLevel": parentage or None,
        }
        path = f"{TYPES}/{segment(name)}"
        return self.call("getDefinitionsProductType", "GET", path, params=params)
