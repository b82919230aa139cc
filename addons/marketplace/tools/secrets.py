"""Encryption of credentials with a key that is kept outside of the database.

Where the key comes from, first hit wins:

1. environment ``ODOO_MARKETPLACE_KEY``,
2. server configuration ``marketplace_key`` in ``[options]``,
3. the file ``marketplace.key`` in the data directory, made with mode 0600 when missing.

Several keys may be given, separated by commas: the first encrypts, all decrypt. That is how a
key is rotated: put the new one in front, run ``odoo marketplace_rotate_key``, drop the old one.
"""

import os
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from odoo.exceptions import UserError
from odoo.tools import config

ENVIRONMENT = "ODOO_MARKETPLACE_KEY"
OPTION = "marketplace_key"


def key_file():
    """Path of the key file in the data directory."""
    return Path(config["data_dir"]) / "marketplace.key"


def cipher(env):
    """The cipher with all known keys.

    :raise UserError: a key is not 32 url-safe base64 bytes.
    """
    keys = [key.strip() for key in _read_keys().split(",") if key.strip()]
    try:
        return MultiFernet([Fernet(key) for key in keys])
    except ValueError as exc:
        raise UserError(
            env._(
                "The marketplace encryption key in %(place)s is not valid. "
                "Use 32 url-safe base64-encoded bytes.",
                place=f"{ENVIRONMENT} / {OPTION} / {key_file()}",
            )
        ) from exc


def encrypt(env, value):
    """Text → token that only the key's owner can read."""
    return cipher(env).encrypt(value.encode()).decode()


def decrypt(env, token):
    """Token → text.

    :raise UserError: encrypted with a key that is not known here, as in a copied database.
    """
    try:
        return cipher(env).decrypt(token.encode()).decode()
    except InvalidToken as exc:
        raise UserError(
            env._(
                "The stored credentials were encrypted with another key. "
                "Restore the marketplace key of this server, or enter the credentials again."
            )
        ) from exc


def rotate(env, token):
    """The same secret, encrypted with the first key."""
    return cipher(env).rotate(token.encode()).decode()


def _read_keys():
    configured = os.environ.get(ENVIRONMENT) or config.get(OPTION)
    if configured:
        return configured
    path = key_file()
    if not path.exists():
        _make_key_file(path)
    return path.read_text().strip()


def _make_key_file(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(f".{os.getpid()}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as stream:
        stream.write(Fernet.generate_key().decode())
    try:
        os.link(draft, path)  # whole or not at all, and never over another worker's key
    except FileExistsError:
        pass
    finally:
        draft.unlink()
