"""Long lists in the short text that a submission's remote id is."""

from __future__ import annotations

import base64
import binascii
import zlib

MAX_UNPACKED = 8 * 1024 * 1024


def pack_text(text: str) -> str:
    """The text, compressed, in letters that are safe anywhere."""
    return base64.urlsafe_b64encode(zlib.compress(text.encode(), 9)).decode().rstrip("=")


def unpack_text(packed: str) -> str:
    """The text again.

    :raise ValueError: not packed by us, not whole, or too much.
    """
    try:
        raw = base64.b64decode(packed + "=" * (-len(packed) % 4), altchars=b"-_", validate=True)
        machine = zlib.decompressobj()
        text = machine.decompress(raw, MAX_UNPACKED).decode()
    except (binascii.Error, zlib.error, UnicodeDecodeError) as error:
        raise ValueError("not packed by us") from error
    if not machine.eof:
        raise ValueError("not whole")
    return text
