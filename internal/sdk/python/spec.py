"""Reads from the document what the generator drops: security, descriptions, error codes, and which lists have pages.

Generation stops at anything the SDK could not handle correctly.
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from openapi_python_client import utils
from openapi_python_client.parser import GeneratorData
from openapi_python_client.parser.openapi import Endpoint
from openapi_python_client.parser.properties import ModelProperty
from openapi_python_client.parser.properties.list_property import ListProperty
from openapi_python_client.parser.properties.protocol import PropertyProtocol

from properties import DecimalProperty, optional, type_of

IDEMPOTENCY = "Idempotency-Key"
CODE = re.compile(r"`([A-Z][A-Z_]+)`")


@dataclass
class Argument:
    """An argument of a method: a parameter of the operation, or a field of its body."""

    name: str
    wire_name: str
    type: str
    default: str | None
    description: str
    value: str
    """The expression that is sent."""

    @property
    def declaration(self) -> str:
        return f"{self.name}: {self.type}" + (f" = {self.default}" if self.default else "")


@dataclass
class Pages:
    """The iterator over the pages of a list."""

    name: str
    rows: str
    row_type: str
    size: int
    arguments: list[Argument]


@dataclass
class Operation:
    """A method of the client, for one operation."""

    name: str
    method: str
    path: str
    auth: list[str]
    tag: str
    summary: str
    description: str
    result_type: str
    result: str
    result_description: str
    errors: list[tuple[str, str]]
    path_arguments: list[Argument] = field(default_factory=list)
    query_arguments: list[Argument] = field(default_factory=list)
    header_arguments: list[Argument] = field(default_factory=list)
    body_arguments: list[Argument] = field(default_factory=list)
    body_type: str | None = None
    pages: Pages | None = None

    @property
    def named(self) -> list[Argument]:
        """The keyword arguments, required ones first."""
        every = [*self.body_arguments, *self.query_arguments, *self.header_arguments]
        return sorted(every, key=lambda argument: argument.default is not None)

    @property
    def signature(self) -> str:
        return _signature(self.path_arguments, self.named)

    @property
    def passed_on(self) -> str:
        return ", ".join([a.name for a in self.path_arguments] + [f"{a.name}={a.name}" for a in self.named])


def _signature(positional: list[Argument], named: list[Argument]) -> str:
    parts = [argument.declaration for argument in positional]
    return "".join(f", {part}" for part in parts + (["*"] if named else []) + [a.declaration for a in named])


class Spec:
    """The document."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.document = document
        self.version: str = document["info"]["version"]
        self.schemas: dict[str, Any] = document["components"]["schemas"]
        self.schemes = {name: _scheme(each) for name, each in document["components"]["securitySchemes"].items()}
        self.homepage: str = document["info"]["contact"]["url"]
        self.uses = Counter(
            response["$ref"]
            for item in document["paths"].values()
            for operation in item.values()
            if "responses" in operation
            for response in operation["responses"].values()
            if "$ref" in response
        )

    def resolve(self, value: Any) -> Any:
        """The target of a reference, or the value itself."""
        while isinstance(value, dict) and "$ref" in value:
            target: Any = self.document
            for key in value["$ref"].removeprefix("#/").split("/"):
                target = target[key]
            value = target
        return value

    @property
    def api_key_header(self) -> str:
        """The header for API keys."""
        (name,) = (
            each["name"]
            for each in self.document["components"]["securitySchemes"].values()
            if each["type"] == "apiKey" and each["in"] == "header"
        )
        return str(name)

    @property
    def codes(self) -> dict[str, tuple[str, str]]:
        """Every error code, with its exception's name and its message."""
        described = self.schemas["ErrorCode"]["x-codes"]
        return {code: (_error_name(code), described[code]["message"]) for code in self.schemas["ErrorCode"]["enum"]}

    def operations(self, data: GeneratorData) -> list[Operation]:
        """The operations, in the document's order."""
        paths = list(self.document["paths"])
        endpoints = [each for collection in data.endpoint_collections_by_tag.values() for each in collection.endpoints]
        endpoints.sort(key=lambda each: paths.index(each.path))
        return [self._operation(each) for each in endpoints]

    def _operation(self, endpoint: Endpoint) -> Operation:
        item = self.document["paths"][endpoint.path]
        raw = item[endpoint.method]
        if raw["operationId"] != endpoint.name:
            sys.exit(f"{raw['operationId']} would be named {endpoint.name}")
        parameters = {
            (each["in"], each["name"]): each
            for each in map(self.resolve, [*item.get("parameters", []), *raw.get("parameters", [])])
        }

        def arguments(place: str, props: Iterable[PropertyProtocol]) -> list[Argument]:
            return [self._parameter(each, parameters[place, each.name]) for each in props]

        result_type, result = _result(endpoint)
        operation = Operation(
            name=utils.snake_case(endpoint.name),
            method=endpoint.method.upper(),
            path=endpoint.path,
            auth=[self.schemes[name] for (name,) in raw["security"]],
            tag=raw["tags"][0],
            summary=raw["summary"],
            description=raw["description"],
            result_type=result_type,
            result=result,
            result_description="\n".join(each["description"].strip() for each in self._successes(raw).values()),
            errors=self._errors(raw),
            path_arguments=arguments("path", endpoint.path_parameters),
            query_arguments=arguments("query", endpoint.query_parameters),
            header_arguments=arguments("header", endpoint.header_parameters),
        )
        if endpoint.bodies:
            (body,) = endpoint.bodies
            assert isinstance(body.prop, ModelProperty), f"{endpoint.name}: the body is not an object"
            props = [*(body.prop.required_properties or []), *(body.prop.optional_properties or [])]
            schema = self.resolve(raw["requestBody"]["content"][body.content_type]["schema"])
            operation.body_arguments = [self._field(each, schema["properties"][each.name]) for each in props]
            operation.body_type = body.prop.class_info.name
        operation.pages = _pages(endpoint, operation)
        self._check(operation, raw)
        return operation

    def _parameter(self, prop: PropertyProtocol, raw: dict[str, Any]) -> Argument:
        if isinstance(prop, ListProperty) and raw.get("explode", True):
            sys.exit(f"{prop.name}: only lists that are separated by commas can be sent")
        kind, default = optional(prop)
        name = utils.PythonIdentifier(prop.name.removeprefix("X-"), "field_")
        description = raw["description"] + self._default(prop, raw["schema"])
        return Argument(name, prop.name, kind, default, description, name)

    def _field(self, prop: PropertyProtocol, schema: dict[str, Any]) -> Argument:
        kind, default = optional(prop)
        value = str(prop.python_name)
        if isinstance(prop, DecimalProperty):
            kind, value = kind.replace("Decimal", "Decimal | str | int"), f'to_decimal({value}, "{value}")'
        elif isinstance(prop, ModelProperty):
            model = type_of(prop)
            kind, value = kind.replace(model, f"{model} | Mapping[str, Any]"), f"to_model({model}, {value})"
        description = (prop.description or "") + self._default(prop, schema)
        return Argument(prop.python_name, prop.name, kind, default, description, value)

    def _default(self, prop: PropertyProtocol, schema: dict[str, Any]) -> str:
        """The server's default for an optional argument, as a sentence."""
        value = self.resolve(schema).get("default")
        return "" if prop.required or value in (None, {}) else f" Default: {value}."

    def _successes(self, raw: dict[str, Any]) -> dict[str, Any]:
        return {code: self.resolve(each) for code, each in raw["responses"].items() if code.startswith("2")}

    def _errors(self, raw: dict[str, Any]) -> list[tuple[str, str]]:
        """For each error status, its description with exceptions' names in place of codes.

        A response shared by several operations may name codes that this one never returns, so it is left out if it
        names several.
        """
        errors, unsaid = [], []
        for status, response in raw["responses"].items():
            if status[0] not in "45":
                continue
            resolved = self.resolve(response)
            text = _flat(resolved["description"])
            if self.uses[response.get("$ref")] > 1 and len(resolved["x-codes"]) > 1:
                unsaid.append(status)
            else:
                errors.append((status, CODE.sub(lambda code: f"`{self.codes[code[1]][0]}`", text)))
        return errors + ([(", ".join(unsaid), "`code` tells why.")] if unsaid else [])

    def _check(self, operation: Operation, raw: dict[str, Any]) -> None:
        """Stops if the method could not be called, or not be repeated after a lost response."""
        keyed = any(each.wire_name == IDEMPOTENCY for each in operation.header_arguments)
        if operation.method == "POST" and not keyed and f"`{IDEMPOTENCY}` is ignored" not in _flat(raw["description"]):
            sys.exit(f"{operation.name} takes no {IDEMPOTENCY} and does not say it is ignored: is it safe to repeat?")
        names = [each.name for each in [*operation.path_arguments, *operation.named]]
        if len(names) != len(set(names)):
            sys.exit(f"{operation.name} would have two arguments with the same name: {names}")


def _scheme(scheme: dict[str, Any]) -> str:
    match scheme:
        case {"type": "http", "scheme": "bearer"}:
            return "token"
        case {"type": "apiKey", "in": "header"}:
            return "key"
    sys.exit(f"cannot authenticate by {scheme}")


def _error_name(code: str) -> str:
    return code.removesuffix("_ERROR").title().replace("_", "") + "Error"


def _flat(text: str) -> str:
    return " ".join(text.split())


def _result(endpoint: Endpoint) -> tuple[str, str]:
    """The type of the result, and the function that reads it."""
    kinds = set()
    for response in endpoint.responses.patterns:
        if response.status_code.range is None or response.status_code.range[0] >= 300:
            continue
        match response.source["attribute"]:
            case "response.json()":
                kinds.add((type_of(response.prop), f"json_of({type_of(response.prop)})"))
            case "response.text":
                kinds.add(("str", "text_of"))
            case "None":
                kinds.add(("None", "nothing_of"))
            case other:
                sys.exit(f"{endpoint.name}: cannot read {other}")
    if len(kinds) != 1:
        sys.exit(f"{endpoint.name}: returns more than one type: {kinds}")
    return kinds.pop()


def _pages(endpoint: Endpoint, operation: Operation) -> Pages | None:
    """The pages of a list: an operation that takes limit and offset, and returns one array."""
    limit, offset = (
        next((each for each in endpoint.query_parameters if each.name == name), None) for name in ("limit", "offset")
    )
    answer = next(each.prop for each in endpoint.responses.patterns if each.status_code.range)
    fields = answer.required_properties or [] if isinstance(answer, ModelProperty) else []
    arrays = [each for each in fields if isinstance(each, ListProperty)]
    if not (limit and limit.default and offset and len(arrays) == 1):
        return None
    return Pages(
        name="iter_" + operation.name.removeprefix("list_"),
        rows=arrays[0].python_name,
        row_type=type_of(arrays[0].inner_property),
        size=int(limit.default.raw_value),
        arguments=[each for each in operation.named if each.name not in ("limit", "offset")],
    )
