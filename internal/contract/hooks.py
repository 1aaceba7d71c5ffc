"""Hooks for what the document cannot say: keys are used once, some orders must pass, and deleting an order cancels it."""

import gc
import re
import uuid

import schemathesis
from schemathesis import GenerationMode
from schemathesis.openapi.checks import UseAfterFree

# Looking for cycles at Python's own pace took an eighth of the processor's time, and found next to nothing to free.
gc.set_threshold(100_000, 50, 100)

ORDERS = {"placeOrder", "previewOrder"}
KEY = "Idempotency-Key"
keys_used = set()
orders_seen = 0


@schemathesis.hook
def before_call(context, case, kwargs):
    new_key(case)
    if operation_id(case) in ORDERS and case.meta.generation.mode is GenerationMode.POSITIVE:
        sensible_order(case)


@schemathesis.hook
def filter_failure(context, failure, case, response):
    """Deleting an order cancels it. Reading it afterwards is no use after free as long as its status is cancelled."""
    of_order = isinstance(failure, UseAfterFree) and operation_id(case) == "getOrder"
    return not (of_order and response.json()["status"] == "cancelled")


def operation_id(case):
    return case.operation.definition.raw["operationId"]


def new_key(case):
    """Gives a valid Idempotency-Key that was used before a new ending. The first time it is sent unchanged."""
    key = case.headers.get(KEY) if case.headers else None
    schema = next((header.definition["schema"] for header in case.operation.headers if header.name == KEY), None)
    if key is None or schema is None:
        return
    if schema["minLength"] <= len(key) <= schema["maxLength"] and re.search(schema["pattern"], key):
        if key.strip() in keys_used:
            end = uuid.uuid4().hex
            case.headers[KEY] = key[: schema["maxLength"] - len(end)] + end
        keys_used.add(key.strip())  # as HTTP strips it


def sensible_order(case):
    """Makes every second order one that passes the rules. Few of the others do; the rest is refused."""
    global orders_seen
    orders_seen += 1
    if orders_seen % 2:
        return
    order = case.body
    for field in ("price", "trigger_price", "time_in_force"):
        order.pop(field, None)
    order.update(symbol="BTCUSDT", side="buy", quantity="0.001")
    if order["type"] != "market":
        order.update(type="limit", price="10000.00")  # far below the market: it rests
