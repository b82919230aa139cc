"""What came of the processing of a feed."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class Result:
    """The report document, and how many messages there were and failed."""

    content: bytes
    content_type: str
    messages: int
    failed: int
    fatal: bool = False
