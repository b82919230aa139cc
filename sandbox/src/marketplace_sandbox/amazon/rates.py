"""The usage plans: requests per second and burst of every operation, on the sandbox's clock."""

from __future__ import annotations

import threading

from ..clock import Clock

# operation → (requests per second, burst), from the usage plan tables of the models
PLANS: dict[str, tuple[float, float]] = {
    "searchOrders": (0.0056, 20),
    "getOrder": (0.5, 30),
    "confirmShipment": (2, 10),
    "v0.getOrders": (0.0167, 20),
    "v0.getOrder": (0.5, 30),
    "v0.getOrderBuyerInfo": (0.5, 30),
    "v0.getOrderAddress": (0.5, 30),
    "v0.getOrderItems": (0.5, 30),
    "v0.getOrderItemsBuyerInfo": (0.5, 30),
    "putListingsItem": (5, 10),
    "patchListingsItem": (5, 5),
    "getListingsItem": (5, 10),
    "deleteListingsItem": (5, 5),
    "searchListingsItems": (5, 5),
    "createFeed": (0.0083, 15),
    "getFeed": (2, 15),
    "getFeeds": (0.0222, 10),
    "cancelFeed": (2, 15),
    "createFeedDocument": (0.5, 15),
    "getFeedDocument": (0.0222, 10),
    "createReport": (0.0167, 15),
    "getReport": (2, 15),
    "getReports": (0.0222, 10),
    "cancelReport": (0.0222, 10),
    "getReportDocument": (0.0167, 15),
    "listTransactions": (0.5, 10),
    "createDestination": (1, 5),
    "getDestinations": (1, 5),
    "getDestination": (1, 5),
    "deleteDestination": (1, 5),
    "createSubscription": (1, 5),
    "getSubscription": (1, 5),
    "getSubscriptions": (1, 5),
    "getSubscriptionById": (1, 5),
    "deleteSubscriptionById": (1, 5),
    "sendTestNotification": (1, 5),
    "createRestrictedDataToken": (1, 10),
    "getMarketplaceParticipations": (0.016, 15),
    "searchDefinitionsProductTypes": (5, 10),
    "getDefinitionsProductType": (5, 10),
    "getInventorySummaries": (2, 2),
    # of a feed type: five submissions in five minutes
    "feed:JSON_LISTINGS_FEED": (5 / 300, 5),
}


class Rates:
    """One token bucket per operation and caller."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._levels: dict[tuple[str, str], tuple[float, float]] = {}

    def clear(self) -> None:
        with self._lock:
            self._levels.clear()

    def take(self, operation: str, caller: str, factor: float) -> bool:
        """Take one token; False when there is none. A factor of 0 switches the limits off."""
        plan = PLANS.get(operation)
        if plan is None or factor <= 0:
            return True
        rate, burst = plan[0] * factor, plan[1]
        moment = self._clock.now().timestamp()
        with self._lock:
            level, since = self._levels.get((operation, caller), (burst, moment))
            # A clock that was moved back must not empty the bucket.
            level = min(burst, level + max(0.0, moment - since) * rate)
            # The tolerance keeps "exactly refilled" from failing by a rounding error.
            allowed = level >= 1 - 1e-6
            level = max(0.0, level - 1) if allowed else level
            self._levels[(operation, caller)] = (level, moment)
        return allowed

    def empty(self, operation: str, caller: str) -> None:
        """Use up what is left: the quota is exceeded until time passes."""
        with self._lock:
            self._levels[(operation, caller)] = (0.0, self._clock.now().timestamp())

    @staticmethod
    def header(operation: str, factor: float) -> dict[str, str]:
        plan = PLANS.get(operation)
        if plan is None or factor <= 0:
            return {}
        return {"x-amzn-RateLimit-Limit": f"{plan[0] * factor:g}"}
