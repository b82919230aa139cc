"""A token bucket in this process, for what must be refused cheaply."""

import threading
import time


class LocalBuckets:
    """Buckets by key. Each worker process counts for itself: the limit keeps a flood from eating
    the server, it is no contract with anybody, and it must not cost a write.

    :param clock: seconds, monotonic; for tests.
    """

    def __init__(self, clock=time.monotonic):
        self.clock = clock
        self._lock = threading.Lock()
        self._buckets = {}

    def take(self, key, per_minute):
        """Take one token.

        :return: 0 when granted, else seconds until the next one.
        """
        now, rate = self.clock(), per_minute / 60
        with self._lock:
            tokens, since = self._buckets.get(key, (per_minute, now))
            tokens = min(per_minute, tokens + (now - since) * rate)
            if tokens >= 1:
                self._buckets[key] = (tokens - 1, now)
                return 0.0
            self._buckets[key] = (tokens, now)
            return (1 - tokens) / rate
