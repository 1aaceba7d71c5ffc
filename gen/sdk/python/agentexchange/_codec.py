"""JSON to models and back: money is Decimal, times are aware datetimes, and newer servers may add fields."""

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
    """The type of UNSET, the value of a field that is not sent. None sends null."""

    def __bool__(self) -> Literal[False]:
        return False

    def __repr__(self) -> str:
        return "UNSET"


UNSET: Final = Unset()


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class Model:
    """The base of all models. They are immutable, and print themselves without credentials."""


M = TypeVar("M", bound=Model)


_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?")


@overload
def to_decimal(value: Decimal | str | int, name: str) -> Decimal: ...
@overload
def to_decimal(value: Decimal | str | int | None, name: str) -> Decimal | None: ...
def to_decimal(value: Decimal | str | int | None, name: str) -> Decimal | None:
    """Convert an amount. Floats are rejected, because they are rarely exactly the intended number."""
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
    """Convert a mapping of a model's fields to the model. A model is returned unchanged."""
    return model(**value) if isinstance(value, Mapping) else value


def path_segment(value: str) -> str:
    """Quote a path parameter, so that it is one segment of the path whatever it contains."""
    text = str(value)
    if not text:
        raise ValueError("an empty string identifies nothing")
    return text.replace(".", "%2E") if text in (".", "..") else quote(text, safe="")


_HEADER = re.compile(r"[!-~]([ -~]*[!-~])?")


def header_value(name: str, value: str) -> str:
    """Check that a value can be sent in a header. The error does not show it: it may be a secret."""
    if not _HEADER.fullmatch(value):
        raise ValueError(f"{name} must be printable ASCII, not empty, and have no blank at either end.")
    return value


def credential(name: str, value: str | None) -> str | None:
    """Strip the white space around a credential, such as the line break at the end of a file."""
    stripped = value.strip() if value else None
    return header_value(name, stripped) if stripped else None


def encode(value: Any) -> Any:
    """Convert a value to JSON, without the fields that are not sent."""
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
    """Convert a value to the text of a query parameter."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (list, tuple)):
        return ",".join(encode_text(item) for item in value)
    return str(encode(value))


def format_time(value: datetime) -> str:
    """Format a time as RFC 3339 in UTC. A time without a zone is rejected as ambiguous."""
    if value.tzinfo is None:
        raise ValueError(f"{value!r} has no time zone; add one, such as tzinfo=timezone.utc")
    return value.astimezone(timezone.utc).isoformat().replace("+00:00", "Z")


_FRACTION = re.compile(r"\.(\d+)")


def parse_time(text: str) -> datetime:
    """Parse RFC 3339. Python 3.10 parses neither Z nor fractions that do not have 3 or 6 digits."""
    text = _FRACTION.sub(lambda match: "." + match[1][:6].ljust(6, "0"), text)
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


Decoder = Callable[[Any], Any]


def decode(kind: Any, value: Any) -> Any:
    """Convert JSON to a value of a type. Raises LookupError, TypeError or ValueError if that is impossible."""
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
        return lambda value: Decimal(_text(value)) or Decimal(0)  # a zero with 8 places would print as 0E-8
    if kind is datetime:
        return lambda value: parse_time(_text(value))
    if isinstance(kind, type) and issubclass(kind, Model):
        return _object(kind)
    return lambda value: value  # including Literals: a newer server may have more values


def _optional(kind: Any) -> Decoder:
    (inner,) = (each for each in get_args(kind) if each not in (type(None), Unset))
    decoder = _decoder(inner)
    return lambda value: None if value is None else decoder(value)


def _object(model: type[Model]) -> Decoder:
    hints = get_type_hints(model)
    fields = [
        # Decoders are looked up when needed, because a model may contain itself.
        (field.name, field.metadata.get("name", field.name), hints[field.name], field.default is dataclasses.MISSING)
        for field in dataclasses.fields(model)
    ]

    def read(value: Any) -> Model:
        if not isinstance(value, dict):
            raise TypeError(f"{model.__name__} must be an object, not {type(value).__name__}")
        return model(**{name: decode(hint, value[key]) for name, key, hint, needed in fields if needed or key in value})

    return read


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"expected a string, not {type(value).__name__}")
    return value
