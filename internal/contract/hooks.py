"""What happens to a generated request before it is sent."""

import re
import uuid

import schemathesis
from schemathesis import GenerationMode

ORDERS = {"placeOrder", "previewOrder"}
KEY = "Idempotency-Key"
orders_seen = 0


@schemathesis.hook
def before_call(context, case, kwargs):
    new_key(case)
    if case.operation.definition.raw.get("operationId") in ORDERS and case.meta.generation.mode is GenerationMode.POSITIVE:
        sensible_order(case)


def new_key(case):
    """Gives a valid Idempotency-Key an end of its own: a key is for one request, and with another it is refused (422)."""
    key = case.headers.get(KEY) if case.headers else None
    schema = next((header.definition["schema"] for header in case.operation.headers if header.name == KEY), None)
    if key is None or schema is None:
        return
    if schema["minLength"] <= len(key) <= schema["maxLength"] and re.search(schema["pattern"], key):
        end = uuid.uuid4().hex
        case.headers[KEY] = key[: schema["maxLength"] - len(end)] + end


def sensible_order(case):
    """Makes the prices of every second order suit its type; of the others few do, and those are refused (422)."""
    global orders_seen
    orders_seen += 1
    if orders_seen % 2:
        return
    order = case.body
    price, conditional = order.pop("price", "1000.00"), order.pop("trigger_price", "1000.00")
    order.pop("time_in_force", None)
    if order["type"] == "limit":
        order["price"] = price
    elif order["type"] != "market":
        order.update(side="sell", trigger_price=conditional)
