"""What was told so far, in neutral results, and when to stop. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeVar

from ..core.errors import (
    AdapterError,
    ConflictError,
    InvalidError,
    RejectedError,
    ThrottledError,
)
from ..core.types import ItemResult, Outcome, PushItem, Submission
from .failures import UserError

T = TypeVar("T")
AGAIN = 1.0
"""Seconds until what did not fit into a push is sent with the next one."""
_BUSY = frozenset(
    {
        "CHANGE_FROM_QUANTITY_STALE",
        "IDEMPOTENCY_CONCURRENT_REQUEST",
        "INTERNAL_ERROR",
        "INTERNAL_SERVER_ERROR",
        "STALE_OBJECT",
        "JOB_ERROR",
    }
)
"""Codes of user errors that pass by themselves."""


class Told:
    """Results by item; the gravest word on an item stands."""

    def __init__(self) -> None:
        self._results: dict[str, ItemResult] = {}
        self.wait: float | None = None

    def __len__(self) -> int:
        return len(self._results)

    def knows(self, item: PushItem) -> bool:
        """Whether something was said of it."""
        return item.ref in self._results

    def failed(self, item: PushItem) -> bool:
        """Whether something other than success was said of it."""
        known = self._results.get(item.ref)
        return known is not None and known.outcome is not Outcome.SUCCESS

    def success(self, item: PushItem, learned: Mapping[str, str] | None = None) -> None:
        """It took effect, if nothing worse was said."""
        known = self._results.get(item.ref)
        if known is None:
            self._results[item.ref] = ItemResult(item.ref, Outcome.SUCCESS, learned=learned or {})
        elif known.outcome is Outcome.SUCCESS and learned:
            told = {**known.learned, **learned}
            self._results[item.ref] = ItemResult(item.ref, Outcome.SUCCESS, learned=told)

    def error(self, item: PushItem, code: str, message: str) -> None:
        """It is refused until its data changes."""
        self._results[item.ref] = ItemResult(item.ref, Outcome.ERROR, code or "refused", message)

    def again(self, item: PushItem, code: str, message: str) -> None:
        """It is to be tried again, if nothing worse was said."""
        if not self.failed(item):
            self._results[item.ref] = ItemResult(item.ref, Outcome.RETRY, code, message)

    def refused(self, item: PushItem, error: UserError) -> None:
        """What a user error means for the item."""
        if error.code in _BUSY:
            self.again(item, error.code, error.message)
        else:
            self.error(item, error.code, error.message)

    def failure(self, items: Iterable[PushItem], error: AdapterError) -> None:
        """An error that these items are the cause of."""
        for item in items:
            self.error(item, error.code or "refused", error.message)

    def each(
        self,
        groups: Iterable[T],
        work: Callable[[T], None],
        members: Callable[[T], Sequence[PushItem]],
    ) -> None:
        """Do the work group by group. What is refused is the group's; what fails otherwise ends
        the push: what was told before is kept, the rest comes again.

        :raise AdapterError: nothing was told yet.
        """
        for group in groups:
            before = len(self)
            try:
                work(group)
            except ThrottledError as error:
                if not before:
                    raise
                self.wait = error.retry_after
                return
            except RejectedError as error:
                self.failure(members(group), error)
            except InvalidError as error:
                if not before:
                    raise
                self.failure(members(group), error)
            except ConflictError as error:
                if not before:
                    raise
                for item in members(group):
                    self.again(item, error.code or "conflict", error.message)
            except AdapterError:
                if not before:
                    raise
                return

    def submission(self, *, remote_id: str | None = None) -> Submission:
        """As the engine wants it; not done while there is a ``remote_id``."""
        return Submission(
            tuple(self._results.values()),
            done=remote_id is None,
            remote_id=remote_id,
            retry_after=self.wait,
        )
