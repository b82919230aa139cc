"""One sales price and extra prices of option values, from what each variant costs."""

from collections import Counter


def spread(prices):
    """The price of a product and the extras of its option values that give each variant's price.

    Odoo knows one sales price for a product and an extra for each value of an attribute; a channel
    knows a price for each variant.

    :param dict prices: {frozenset of values: Decimal price}; values are anything hashable, each
        of one option only.
    :return: (base, {value: Decimal extra}, exact). ``exact`` is False when no such extras exist;
        base is then the most frequent price, without extras.

    >>> from decimal import Decimal as D
    >>> spread({frozenset("S"): D(10), frozenset("L"): D(12)})
    (Decimal('10'), {'L': Decimal('2')}, True)
    """
    usual = Counter(prices.values()).most_common(1)[0][0]
    if len(set(prices.values())) == 1:
        return usual, {}, True
    first = min(prices, key=lambda values: (prices[values] != usual, sorted(map(str, values))))
    base = prices[first]
    extras = dict.fromkeys(first, 0)
    waiting = [values for values in prices if values != first]
    while waiting:
        waiting.sort(key=lambda values: (len(values - extras.keys()), sorted(map(str, values))))
        values = waiting.pop(0)
        unknown = sorted(values - extras.keys(), key=str)
        rest = prices[values] - base - sum(extras[value] for value in values - set(unknown))
        if not unknown and rest:
            return usual, {}, False
        for value in unknown[1:]:
            extras[value] = 0
        if unknown:
            extras[unknown[0]] = rest
    return base, {value: extra for value, extra in extras.items() if extra}, True
