"""JSON to models and back: money is Decimal, times are aware datetimes, and what a newer server adds is tolerated."""

from __future__ import annotations

import dataclasses
import re
import types
from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from decimal import Decimal
from functools import cache
from typing import Any, Final, Literal, TypeVar, Union, get_args, get_origin, get_type_hints, overload
from urllib.parse import quote


class Unset:
    """The type of UNSET, which says that a field is not sent at all, where None would send null."""

    def __bool__(self) -> Literal[False]:
        return False

    def __repr__(self) -> str:
        return "UNSET"


UNSET: Final = Unset()


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Model:
    """What all models have in common: they do not change, and print themselves without credentials."""


M = TypeVar("M", bound=Model)


_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?")


@overload
def to_decimal(value: Decimal | str | int, name: str) -> Decimal: ...
@overload
def to_decimal(value: Decimal | str | int | None, name: str) -> Decimal | None: ...
def to_decimal(value: Decimal | str | int | None, name: str) -> Decimal | None:
    """Take money as it is naturally written. A float is refused: it is not the number that was meant."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (Decimal, str, int)):
        raise TypeError(f"{name}: pass a str, Decimal or int, not {type(value).__name__}")
    if isinstance(value, str) and not _NUMBER.fullmatch(value):
        raise ValueError(f'{name}: {value!r} is not a number in plain notation, such as "1234.50"')
    number = Decimal(value)
    if not number.is_finite():
        raise ValueError(f"{name}: {value!r} is not a finite number")
    return number


@overload
def to_model(model: type[M], value: M | Mapping[str, Any]) -> M: ...
@overload
def to_model(model: type[M], value: M | Mapping[str, Any] | None) -> M | None: ...
def to_model(model: type[M], value: M | Mapping[str, Any] | None) -> M | None:
    """Take an object as a model, or as a mapping of the model's fields."""
    return model(**value) if isinstance(value, Mapping) else value


def path_segment(value: str) -> str:
    """Make a path parameter one segment of the path, whatever is in it."""
    text = str(value)
    if not text:
        raise ValueError("an empty string identifies nothing")
    return text.replace(".", "%2E") if text in (".", "..") else quote(text, safe="")


_HEADER = re.compile(r"[!-~]([ -~]*[!-~])?")


def header_value(name: str, value: str) -> str:
    """Take what a header can carry. Anything else is not shown: it may be a secret."""
    if not _HEADER.fullmatch(value):
        raise ValueError(f"{name} holds a character that cannot be sent in a header, or nothing, or a blank at an end.")
    return value


def credential(name: str, value: str | None) -> str | None:
    """Take a credential without the white space around it, such as the line break at the end of a file."""
    stripped = value.strip() if value else None
    return header_value(name, stripped) if stripped else None


def encode(value: Any) -> Any:
    """Make a value JSON. Fields that are not sent are left out."""
    if isinstance(value, Model):
        return {
            field.metadata.get("name", field.name): encode(item)
            for field in dataclasses.fields(value)
            if (item := getattr(value, field.name)) is not UNSET and not (item is None and field.default is None)
        }
    if isinstance(value, Mapping):
        return {key: encode(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [encode(item) for item in value]
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, datetime):
        return format_time(value)
    return value


def encode_text(value: Any) -> str:
    """Make a value the text of a query parameter."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (list, tuple)):
        return ",".join(encode_text(item) for item in value)
    return str(encode(value))


def format_time(value: datetime) -> str:
    """RFC 3339 in UTC. A time without a zone is refused: it could mean any."""
    if value.tzinfo is None:
        raise ValueError(f"{value!r} has no time zone; add one, such as tzinfo=timezone.utc")
    return value.astimezone(timezone.utc).isoformat().replace("+00:00", "Z")


_FRACTION = re.compile(r"\.(\d+)")


def parse_time(text: str) -> datetime:
    """Read RFC 3339. Python 3.10 reads neither Z nor a fraction of other than 3 or 6 digits."""
    text = _FRACTION.sub(lambda match: "." + match[1][:6].ljust(6, "0"), text)
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


Decoder = Callable[[Any], Any]


def decode(kind: Any, value: Any) -> Any:
    """Make a value of a type out of JSON. Raises LookupError, TypeError or ValueError where that cannot be."""
    return _decoder(kind)(value)


@cache
def _decoder(kind: Any) -> Decoder:
    origin = get_origin(kind)
    if origin in (Union, types.UnionType):
        return _optional(kind)
    if origin is list:
        item = _decoder(get_args(kind)[0])
        return lambda value: [item(each) for each in value]
    if kind is Decimal:
        return lambda value: Decimal(_text(value)) or Decimal(0)  # a zero with 8 places prints itself as 0E-8
    if kind is datetime:
        return lambda value: parse_time(_text(value))
    if isinstance(kind, type) and issubclass(kind, Model):
        return _object(kind)
    return lambda value: value  # a Literal too: a newer server may have values that this one does not know


def _optional(kind: Any) -> Decoder:
    (inner,) = (each for each in get_args(kind) if each not in (type(None), Unset))
    decoder = _decoder(inner)
    return lambda value: None if value is None else decoder(value)


def _object(model: type[Model]) -> Decoder:
    hints = get_type_hints(model)
    fields = [
        # Looked up when it is needed: a model may contain itself.
        (field.name, field.metadata.get("name", field.name), hints[field.name], field.default is dataclasses.MISSING)
        for field in dataclasses.fields(model)
    ]

    def read(value: Any) -> Model:
        if not isinstance(value, dict):
            raise TypeError(f"{model.__name__} is read from an object, not from {type(value).__name__}")
        return model(**{name: decode(hint, value[key]) for name, key, hint, needed in fields if needed or key in value})

    return read


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"expected a string, not {type(value).__name__}")
    return value
