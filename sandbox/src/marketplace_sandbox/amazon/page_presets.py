"""Ready-made faults of the page."""

from __future__ import annotations

from ..pages import Preset

PRESETS: tuple[Preset, ...] = (
    (
        "storm",
        "Throttled",
        "every second call answers 429 QuotaExceeded",
        {"effect": "status", "status": 429, "match": {"every": 2}},
    ),
    (
        "quota",
        "Quota exceeded",
        "the quota of feeds is used up until time passes",
        {"effect": "quota", "match": {"endpoint": "createFeed"}},
    ),
    ("down", "Service unavailable", "every call answers 503", {"effect": "status", "status": 503}),
    (
        "flaky",
        "Internal failures",
        "one call in three answers 500",
        {"effect": "status", "status": 500, "probability": 0.33},
    ),
    (
        "cut-before",
        "Connection lost before",
        "half of the calls: not applied, no answer",
        {"effect": "timeout_before", "probability": 0.5},
    ),
    (
        "cut-after",
        "Connection lost after",
        "half of the calls: applied, but no answer",
        {"effect": "timeout_after", "probability": 0.5},
    ),
    ("slow", "Slow", "each call takes two seconds longer", {"effect": "slow", "ms": 2000}),
    (
        "garbage",
        "Broken JSON",
        "applied, and answered with half a document",
        {"effect": "wrong_json"},
    ),
    ("revoked", "Access revoked", "each call answers 403 Unauthorized", {"effect": "revoked"}),
    (
        "stuck",
        "Feeds get stuck",
        "new feeds stay IN_PROGRESS until they are released",
        {"effect": "stuck", "match": {"endpoint": "processFeed"}},
    ),
    (
        "half",
        "Half-failed feeds",
        "every second message of a new feed fails",
        {"effect": "rows", "every": 2, "match": {"endpoint": "processFeed"}},
    ),
    (
        "expired",
        "Documents expire",
        "presigned addresses answer 403 AccessDenied",
        {"effect": "expired", "match": {"endpoint": "document"}},
    ),
    (
        "reports",
        "Reports fail",
        "new reports end FATAL",
        {"effect": "status", "match": {"endpoint": "processReport"}},
    ),
    (
        "duplicates",
        "Duplicate notifications",
        "each message is in the queue three times",
        {"effect": "duplicate", "copies": 3},
    ),
    (
        "shuffle",
        "Notifications out of order",
        "three messages are held back and put in shuffled",
        {"effect": "reorder", "window": 3},
    ),
    ("lost", "Lost notifications", "messages never reach the queue", {"effect": "drop"}),
)
