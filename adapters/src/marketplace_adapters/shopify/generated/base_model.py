"""What all generated types are."""

from enum import Enum
from typing import Any

from pydantic import BaseModel as PydanticBaseModel
from pydantic import ConfigDict


class BaseModel(PydanticBaseModel):
    """Members that were not asked for are left out."""

    model_config = ConfigDict(extra="ignore", populate_by_name=True, protected_namespaces=())


class Word(str, Enum):
    """One of a closed set of words; one that Shopify added later is taken as it is."""

    @classmethod
    def _missing_(cls, value: Any) -> "Word | None":
        if not isinstance(value, str):
            return None
        member = str.__new__(cls, value)
        member._name_ = member._value_ = value
        return member
