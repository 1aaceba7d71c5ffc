"""Teaches the generator the formats of this API: decimal-string, password, and a UUID that is a str."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Any

from attr import define
from openapi_python_client import schema as oai
from openapi_python_client import utils
from openapi_python_client.config import Config
from openapi_python_client.parser import GeneratorData
from openapi_python_client.parser import properties as parser
from openapi_python_client.parser.properties import ModelProperty
from openapi_python_client.parser.properties.none import NoneProperty
from openapi_python_client.parser.properties.protocol import PropertyProtocol
from openapi_python_client.parser.properties.string import StringProperty
from openapi_python_client.parser.properties.union import UnionProperty


@define
class DecimalProperty(StringProperty):
    """Money, a price or a quantity."""

    _type_string = "Decimal"


@define
class SecretProperty(StringProperty):
    """A credential, which must not be printed."""


FORMATS = {"decimal-string": DecimalProperty, "password": SecretProperty, "uuid": StringProperty}

_original = parser._string_based_property


def _string_based_property(name: str, required: bool, data: oai.Schema, config: Config) -> Any:
    kind = FORMATS.get(data.schema_format or "")
    if kind is None:
        return _original(name, required, data, config)
    return kind.build(
        name=name,
        required=required,
        default=data.default,
        python_name=utils.PythonIdentifier(value=name, prefix=config.field_prefix),
        description=data.description,
        example=data.example,
    )


parser._string_based_property = _string_based_property
# The generator renames fields and arguments that are called like a builtin. Only the names below clash with our
# templates; `type`, `filter` and the like may stay.
utils.RESERVED_WORDS = {"self", "datetime", "str", "int", "float", "bool", "list", "dict", "object"}


def prepare(document: dict[str, Any]) -> dict[str, Any]:
    """Moves `nullable` from object schemas to where they are used.

    Otherwise the generator names the model after its place in a union with null.
    """
    prepared = copy.deepcopy(document)
    schemas = prepared["components"]["schemas"]
    nullable = {
        f"#/components/schemas/{name}"
        for name, schema in schemas.items()
        if schema.get("type") == "object" and schema.pop("nullable", False)
    }
    for schema in schemas.values():
        for name, value in schema.get("properties", {}).items():
            if value.get("$ref") in nullable:
                schema["properties"][name] = {"nullable": True, "allOf": [value]}
    return prepared


def is_nullable(prop: PropertyProtocol) -> bool:
    """Whether the property may be null."""
    return isinstance(prop, UnionProperty) and any(isinstance(each, NoneProperty) for each in prop.inner_properties)


def type_of(prop: PropertyProtocol) -> str:
    """The type of a given value. That of a nullable property ends in `| None`."""
    if not isinstance(prop, UnionProperty):
        return prop.get_type_string(no_optional=True).replace('"', "").replace("datetime.datetime", "datetime")
    inner = [type_of(each) for each in prop.inner_properties]
    return " | ".join(sorted(set(inner), key=lambda name: (name == "None", inner.index(name))))


@dataclass
class Field:
    """A field of a model."""

    name: str
    wire_name: str
    type: str
    default: str | None
    description: str
    secret: bool

    @property
    def declaration(self) -> str:
        options = [f"default={self.default}"] if self.default else []
        options += ["repr=False"] if self.secret else []
        options += [f'metadata={{"name": "{self.wire_name}"}}'] if self.wire_name != self.name else []
        if len(options) == 1 and self.default:
            return f"{self.name}: {self.type} = {self.default}"
        return f"{self.name}: {self.type}" + (f" = field({', '.join(options)})" if options else "")


@dataclass
class Model:
    """A model and its fields."""

    name: str
    description: str
    fields: list[Field]


def optional(prop: PropertyProtocol) -> tuple[str, str | None]:
    """Type and default of a field or argument. The default of an optional one is None, or UNSET if None means null."""
    kind = type_of(prop)
    if prop.required:
        return kind, None
    return (f"{kind} | Unset", "UNSET") if is_nullable(prop) else (f"{kind} | None", "None")


def models(data: GeneratorData) -> list[Model]:
    """All models, sorted by name."""
    return sorted((_model(each) for each in data.models), key=lambda model: model.name)


def _model(prop: ModelProperty) -> Model:
    props = [*(prop.required_properties or []), *(prop.optional_properties or [])]
    return Model(
        name=prop.class_info.name,
        description=prop.description or prop.class_info.name,
        fields=[
            Field(
                each.python_name, each.name, *optional(each), each.description or "", isinstance(each, SecretProperty)
            )
            for each in props
        ],
    )
