"""The lane of prices: those of the shop by product, those of further markets by price list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import cast

from ..core.batches import chunks
from ..core.errors import AdapterError
from ..core.money import plain
from ..core.types import ListingKey, Money, PriceState, PushItem, Submission
from .bulk_push import BulkPush, Draft
from .client import Client
from .failures import user_errors
from .generated.market_prices import MarketPrices
from .generated.variants_update import VariantsUpdate
from .ids import gid
from .limits import FEW, MAX_PRICES
from .product_input import Json
from .product_push import blame
from .product_read import Shapes
from .results import Told
from .settings import Settings


class PricePush:
    """Tells prices of one account."""

    def __init__(self, client: Client, bulk: BulkPush, settings: Settings) -> None:
        self._client = client
        self._bulk = bulk
        self._settings = settings
        self._shapes = Shapes(client)

    def push(self, items: Sequence[PushItem], key: str, now: datetime) -> Submission:
        """Markets first, for they are few calls; then the shop's own prices.

        :param now: decides whether a sale price holds.
        :raise AdapterError: nothing was told.
        """
        told = Told()
        usable = [item for item in items if self._usable(item, told)]
        owners = self._owners(usable)
        groups: dict[str, list[PushItem]] = {}
        for item in usable:
            product = owners.get(_id(item), "")
            if product:
                groups.setdefault(product, []).append(item)
            else:
                told.error(item, "unknown_variant", "Shopify does not have this variant any more.")
        going = self._markets([item for part in groups.values() for item in part], told)
        rows = [(one, [i for i in part if i.ref in going]) for one, part in groups.items()]
        drafts = [_draft(product, part, now) for product, part in rows if part]
        if len(drafts) > FEW:
            return self._bulk.start(drafts, told, key)
        told.each(drafts, lambda draft: self._one(draft, told), lambda draft: list(draft.items))
        return told.submission()

    def _one(self, draft: Draft, told: Told) -> None:
        reply = self._client.call(VariantsUpdate, draft.row).productVariantsBulkUpdate
        rows = reply.userErrors if reply else ()
        blame(draft.items, user_errors(rows, self._client.transport.masker), told)
        for item in draft.items:
            told.success(item)

    def _usable(self, item: PushItem, told: Told) -> bool:
        state, own = cast(PriceState, item.state), self._settings.currency
        if not _id(item):
            told.error(item, "unknown_variant", "Shopify does not have this variant yet.")
            return False
        if own and state.price.currency != own:
            text = f"The shop's prices are in {own}, this one is in {state.price.currency}."
            told.error(item, "wrong_currency", text)
            return False
        return True

    def _owners(self, items: Sequence[PushItem]) -> dict[str, str]:
        """Products by variant."""
        known = {
            _id(item): cast(ListingKey, item.target).extra.get("product_id") or "" for item in items
        }
        lost = [variant for variant, product in known.items() if not product]
        if lost:
            known |= {one: product for one, (product, _item) in self._shapes.owners(lost).items()}
        return known

    # === FURTHER MARKETS === #

    def _markets(self, items: Sequence[PushItem], told: Told) -> set[str]:
        """Tell the price lists.

        :return: refs of the items that may go on to the shop's own price; the others are refused,
            or come again with the next push.
        :raise AdapterError: nothing was told.
        """
        lists: dict[str, list[tuple[PushItem, Money]]] = {}
        for item in items:
            for market, money in cast(PriceState, item.state).markets.items():
                if self._fits(str(market), item, money, told):
                    lists.setdefault(str(market), []).append((item, money))
        going, sent = {item.ref for item in items}, False
        for market, pairs in lists.items():
            for part in chunks(pairs, MAX_PRICES):
                try:
                    self._market(market, list(part), told)
                    sent = True
                except AdapterError as error:
                    if not sent:
                        raise
                    told.wait = getattr(error, "retry_after", None)
                    going -= {item.ref for item, _money in part}
        return going - {item.ref for item in items if told.failed(item)}

    def _market(self, market: str, pairs: list[tuple[PushItem, Money]], told: Told) -> None:
        """One call; what Shopify refuses is left out and the others are sent once more."""
        for _round in range(2):
            if not pairs:
                return
            variables = {
                "priceListId": gid("PriceList", market),
                "prices": [_market_price(*pair) for pair in pairs],
            }
            reply = self._client.call(MarketPrices, variables).priceListFixedPricesAdd
            rows = reply.userErrors if reply else ()
            errors = user_errors(rows, self._client.transport.masker)
            if not errors:
                return
            items = [item for item, _money in pairs]
            blame(items, errors, told, "prices")
            pairs = [pair for pair in pairs if not told.failed(pair[0])]
        for item, _money in pairs:
            told.again(item, "with_others", "Sent together with a price that Shopify refused.")

    def _fits(self, market: str, item: PushItem, money: Money, told: Told) -> bool:
        currency = self._settings.price_lists.get(market)
        if currency and currency != money.currency:
            text = f"Price list {market} is in {currency}, this price is in {money.currency}."
            told.error(item, "wrong_currency", text)
        return not told.failed(item)


def shown(state: PriceState, now: datetime) -> tuple[Money, Money | None]:
    """Price and struck-through price now: outside its time, a sale price is none."""
    if state.compare_at is None:
        return state.price, None
    early = state.sale_from is not None and now < state.sale_from
    late = state.sale_until is not None and now >= state.sale_until
    return (state.compare_at, None) if early or late else (state.price, state.compare_at)


def _draft(product: str, items: Sequence[PushItem], now: datetime) -> Draft:
    variants = []
    for item in items:
        price, compare = shown(cast(PriceState, item.state), now)
        row: Json = {"id": gid("ProductVariant", _id(item)), "price": plain(price.amount)}
        row["compareAtPrice"] = plain(compare.amount) if compare else None
        variants.append(row)
    row = {"productId": gid("Product", product), "variants": variants}
    return Draft("VariantsUpdate", row, tuple(items))


def _market_price(item: PushItem, money: Money) -> Json:
    price: Mapping[str, str] = {"amount": plain(money.amount), "currencyCode": money.currency}
    return {"variantId": gid("ProductVariant", _id(item)), "price": price}


def _id(item: PushItem) -> str:
    return cast(ListingKey, item.target).external_id or ""
