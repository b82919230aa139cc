"""What a snapshot says of one outbox item: something to tell, nothing to tell, or a trouble."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Tell:
    """Send this.

    :param state: a neutral state of ``marketplace_adapters.core``.
    :param values: the same, short and JSON-able with exact strings: kept with the item, compared
        with what the channel acknowledged, and shown to people.
    """

    state: object
    values: dict = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Nothing:
    """The channel need not be told; the item is a success without a call."""

    message: str


@dataclass(frozen=True, slots=True)
class Trouble:
    """A person must act first.

    :param code: equal for equal causes.
    :param title: what happened, one sentence.
    :param advice: what to do, and where to click.
    """

    code: str
    title: str
    advice: str = ""
