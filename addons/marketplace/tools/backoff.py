"""When to come again."""

import random

from ..const import RETRY_FIRST, RETRY_MOST


def retry_delay(attempts, *, random_=random.random):
    """Seconds before the next try: 5, 10, 20 … at most an hour, with a quarter of jitter.

    :param int attempts: how many were made.
    """
    return min(RETRY_FIRST * 2 ** min(20, max(0, attempts - 1)), RETRY_MOST) * (
        0.875 + random_() / 4
    )


def poll_delay(age):
    """Seconds until an asynchronous submission is asked about again: often while it is young.

    :param float age: seconds since it was sent.
    """
    return min(max(2.0, age / 4), 300.0)
