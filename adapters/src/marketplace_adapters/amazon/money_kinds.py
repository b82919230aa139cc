"""What each amount of a settlement is: tables from Amazon's words to :class:`MoneyKind`. Pure.

Source: the words of the settlement reports V2 as the columns ``transaction-type``, ``amount-type``
and ``amount-description`` show them (D: Settlement reports; public descriptions of the report),
and the ``breakdownType`` of listTransactions (M finances_2024-06-19, and its use case guide).
Amazon publishes no complete list of either, so a word that fits nowhere is ``OTHER`` and is kept
as it came.
"""

from __future__ import annotations

import re
from functools import lru_cache

from ..core.news import MoneyKind

_GIVEN_BACK = re.compile(r"refund|chargeback|a-to-z|atoz|guarantee claim|goodwill|concession")
_PRICE = re.compile(r"/ itemprice( /|$)")

_FEES = (
    r"itemfees|shipmentfees|orderfees|item ?fees|service ?fee|cost of advertising|advertis|"
    r"subscription|storage|removal|disposal|fbaperunit|fulfil?lment|pick ?& ?pack|commission|"
    r"closing ?fee|referral|shippinghb|shippingchargeback|giftwrapchargeback|shipping ?label|"
    r"postage|inbound|brokerage|(?<!cof)(?<!tof)fees?\b|expenses"
)
_TRANSFERS = (
    r"transfer|disburse|payable to amazon|successful charge|debt|loan|lending|amazon capital|"
    r"deposit"
)
_PAID_BACK = r"reimbursement|reversal_reimb|warehouse_(damage|lost)|missing_from|compensat"
_SALES = (
    r"principal|product ?charges|gift ?wrap|\bcod\b|codfee|cash on delivery|export ?charge|"
    r"liquidation|item ?price|sales"
)

# First hit counts; against "transaction / amount type / description" in lower case. Fees come
# before tax and refund: the commission on a refund is a fee, and so is its tax.
_RULES = (
    (re.compile(r"reserve"), MoneyKind.RESERVE),
    (re.compile(_TRANSFERS), MoneyKind.TRANSFER),
    (re.compile(_PAID_BACK), MoneyKind.ADJUSTMENT),
    (re.compile(_FEES), MoneyKind.FEE),
    (re.compile(r"withheldtax|facilitator|\btds\b|\btcs\b"), MoneyKind.TAX),
)
_PARTS = (
    (re.compile(r"promo|discount|rebate|coupon|points|deal"), MoneyKind.DISCOUNT),
    (re.compile(r"tax|\bvat\b|\bgst\b"), MoneyKind.TAX),
    (re.compile(r"shipping|delivery|postal"), MoneyKind.SHIPPING),
    (re.compile(_SALES), MoneyKind.SALE),
    (re.compile(r"adjust|correction|balance|retrocharge|revers"), MoneyKind.ADJUSTMENT),
)


@lru_cache(4096)
def money_kind(transaction: str, *words: str) -> MoneyKind:
    """The kind of an amount.

    >>> money_kind("Refund", "ItemPrice", "Principal")
    <MoneyKind.REFUND: 'refund'>
    >>> money_kind("Refund", "ItemFees", "Commission")
    <MoneyKind.FEE: 'fee'>

    :param transaction: ``transaction-type``, or the transaction's type and description.
    :param words: from the general to the special.
    """
    event, whole = transaction.lower(), " / ".join((transaction, *words)).lower()
    price = _PRICE.search(whole)
    for pattern, kind in _RULES:
        # A part of the price may be called a fee (restocking, cash on delivery): the buyer's.
        if pattern.search(whole) and not (price and kind is MoneyKind.FEE):
            return kind
    if _GIVEN_BACK.search(event):
        return MoneyKind.REFUND
    part = " / ".join(words).lower() or event
    for pattern, kind in _PARTS:
        if pattern.search(part):
            return kind
    return MoneyKind.REFUND if _GIVEN_BACK.search(whole) else MoneyKind.OTHER
