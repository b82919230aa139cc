"""Product Type Definitions: search, and a definition with the address of its schema."""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING

from werkzeug.wrappers import Request, Response

from ..room import Exchange
from ..wire import json_response, to_json
from .api import Handler, Parts, own_marketplaces
from .errors import invalid, missing
from .marketplaces import MARKETPLACES
from .product_types import GROUPS, META, TYPES, VERSION, schema_of
from .values import csv_of, digest

if TYPE_CHECKING:
    from .room import AmazonRoom

REQUIREMENTS = ("LISTING", "LISTING_PRODUCT_ONLY", "LISTING_OFFER_ONLY")


class Definitions:
    """The handlers."""

    def __init__(self, room: AmazonRoom) -> None:
        self._room = room

    def handlers(self) -> dict[str, Handler]:
        return {
            "searchDefinitionsProductTypes": self._search,
            "getDefinitionsProductType": self._get,
        }

    def _search(self, exchange: Exchange, _: Parts) -> Response:
        args = exchange.request.args
        places = csv_of(args, "marketplaceIds", required=True)
        own_marketplaces(self._room, places)
        if args.get("keywords") and args.get("itemName"):
            raise invalid("Only one of 'keywords' and 'itemName' may be given.")
        words = csv_of(args, "keywords") or args.get("itemName", "").split()
        found = [
            {"name": name, "displayName": each.title, "marketplaceIds": places}
            for name, each in sorted(TYPES.items())
            if not words
            or any(
                word.casefold() in f"{name} {each.title} {each.words}".casefold() for word in words
            )
        ]
        return json_response({"productTypes": found, "productTypeVersion": VERSION})

    def _get(self, exchange: Exchange, parts: Parts) -> Response:
        request, args = exchange.request, exchange.request.args
        name = parts["id"]
        places = own_marketplaces(
            self._room, csv_of(args, "marketplaceIds", most=1, required=True), 1
        )
        kind = TYPES.get(name)
        if kind is None:
            raise missing(f"Product type '{name[:60]}' not found.")
        requirements = args.get("requirements", "LISTING")
        if requirements not in REQUIREMENTS:
            raise invalid(f"Invalid value '{requirements[:40]}' for parameter 'requirements'.")
        level = args.get("parentageLevel", "NONE")
        if level not in ("NONE", "CHILD", "PARENT"):
            raise invalid(f"Invalid value '{level[:40]}' for parameter 'parentageLevel'.")
        enforced = args.get("requirementsEnforced", "ENFORCED")
        if enforced not in ("ENFORCED", "NOT_ENFORCED"):
            raise invalid("Invalid value for parameter 'requirementsEnforced'.")
        market = MARKETPLACES[places[0]]
        schema = schema_of(name, market, requirements, level == "PARENT", enforced == "ENFORCED")
        key = f"{name}.{market.id}.{requirements}.{level}.{enforced}"
        properties = schema["properties"]
        return json_response(
            {
                "metaSchema": self._link(request, "meta", META),
                "schema": self._link(request, key, schema),
                "requirements": requirements,
                "requirementsEnforced": enforced,
                "propertyGroups": {
                    group: {
                        "title": title,
                        "description": title,
                        "propertyNames": [each for each in names if each in properties],
                    }
                    for group, (title, names) in GROUPS.items()
                },
                "locale": args.get("locale", market.language)
                if args.get("locale") != "DEFAULT"
                else market.language,
                "marketplaceIds": places,
                "productType": name,
                "displayName": kind.title,
                "productTypeVersion": {
                    "version": VERSION,
                    "latest": True,
                    "releaseCandidate": False,
                },
            }
        )

    def _link(self, request: Request, key: str, schema: object) -> dict[str, object]:
        """Where a schema lies, and the checksum of its bytes (Base64 of MD5)."""
        content = to_json(schema)
        identifier = f"schema.{digest(key)[:24]}"
        documents = self._room.documents
        kept = documents.get(identifier, ("schema",))
        if kept is None or kept.content != content:
            kept = documents.add("schema", "application/json", content, identifier=identifier)
        checksum = base64.b64encode(hashlib.md5(content).digest()).decode()
        link = {"resource": documents.url(request, kept), "verb": "GET"}
        return {"link": link, "checksum": checksum}
