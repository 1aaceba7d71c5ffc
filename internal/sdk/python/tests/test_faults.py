"""What happens when the network or the server fails."""

from __future__ import annotations

import time
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime

import pytest
from agentexchange import (
    AccountCredentials,
    AgentExchangeClient,
    AgentNotFoundError,
    APIConnectionError,
    APIError,
    APITimeoutError,
    ErrorDetails,
    OrderRejectedError,
    OverloadedError,
    ValidationError,
)
from conftest import SERVER, Connect
from proxy import Answer, Cut, Hold, Proxy, refusal

AGENTS, HEALTH = "/api/v1/agents", "/healthz"


def keys_sent(proxy: Proxy, path: str) -> list[str | None]:
    return [each.headers.get("Idempotency-Key") for each in proxy.seen if each.path == path]


def login(connect: Connect, proxy: Proxy, account: AccountCredentials, **options: object) -> AgentExchangeClient:
    client: AgentExchangeClient = connect(
        api_key=account.api_key, api_secret=account.api_secret, base_url=proxy.url, **options
    )
    return client


def test_a_post_whose_answer_is_lost_is_repeated_and_acts_once(
    connect: Connect, proxy: Proxy, account: AccountCredentials, owner: AgentExchangeClient
) -> None:
    proxy.order(AGENTS, Cut(after=True), Cut(after=True))
    before = owner.list_agents().total

    created = login(connect, proxy, account).create_agent(display_name="Only one")

    keys = keys_sent(proxy, AGENTS)
    assert len(keys) == 3 and len(set(keys)) == 1 and keys[0]
    assert owner.list_agents().total == before + 1
    assert owner.get_agent(created.agent_id).display_name == "Only one"


def test_two_calls_do_not_share_an_idempotency_key(connect: Connect, proxy: Proxy, account: AccountCredentials) -> None:
    client = login(connect, proxy, account)
    first, second = (client.create_agent(display_name="Twin") for _ in range(2))
    assert first.agent_id != second.agent_id
    assert len(set(keys_sent(proxy, AGENTS))) == 2


def test_the_caller_may_choose_the_idempotency_key(connect: Connect, proxy: Proxy, account: AccountCredentials) -> None:
    client = login(connect, proxy, account)
    first, second = (client.create_agent(display_name="Same", idempotency_key="mine") for _ in range(2))
    assert first == second
    assert keys_sent(proxy, AGENTS) == ["mine", "mine"]


def test_a_registration_whose_answer_is_lost_is_repeated_and_returns_the_account(
    connect: Connect, proxy: Proxy
) -> None:
    path = "/api/v1/auth/register"
    proxy.order(path, Cut(after=True))
    account = connect(base_url=proxy.url).register(display_name="Ada")
    assert proxy.count(path) == 2
    login(connect, proxy, account).get_agent(account.agent_id)


@pytest.mark.parametrize(
    "fault",
    [
        Cut(after=False),
        Answer(500),
        Answer(502, b"<html>Bad gateway</html>", {"Content-Type": "text/html"}),
        refusal(429, "OVERLOADED"),
        refusal(409, "IDEMPOTENCY_IN_FLIGHT"),
    ],
    ids=lambda fault: getattr(fault, "status", "cut"),
)
def test_transient_failures_are_retried(
    connect: Connect, proxy: Proxy, fault: Answer | Cut, caplog: pytest.LogCaptureFixture
) -> None:
    proxy.order(HEALTH, fault, fault)
    assert connect(base_url=proxy.url).get_health().status == "ok"
    assert proxy.count(HEALTH) == 3


def test_permanent_failures_are_not_retried(connect: Connect, proxy: Proxy, account: AccountCredentials) -> None:
    with pytest.raises(ValidationError) as caught:
        login(connect, proxy, account).create_agent(display_name="")
    assert caught.value.status == 422
    assert [each.field for each in caught.value.details_as(ErrorDetails).errors or []] == ["/display_name"]
    assert proxy.count(AGENTS) == 1


def test_an_invalid_request_names_its_fields(owner: AgentExchangeClient) -> None:
    with pytest.raises(ValidationError) as caught:
        owner.create_agent(display_name="", risk_profile={"max_open_orders": 999})
    violations = caught.value.details_as(ErrorDetails).errors or []
    assert {each.field for each in violations} == {"/display_name", "/risk_profile/max_open_orders"}
    for each in violations:
        assert f" {each.field}: {each.message}." in str(caught.value)


def test_a_refused_order_names_what_would_pass(account: AccountCredentials) -> None:
    with AgentExchangeClient(api_key=account.agent_api_key, base_url=SERVER) as trader:
        with pytest.raises(OrderRejectedError) as caught:
            trader.place_order(symbol="BTCUSDT", side="buy", type="market", quantity=1000)
    most = caught.value.details["max_allowed_quantity"]
    assert f" reason: position_limit_exceeded. max_allowed_quantity: {most}. [" in str(caught.value)


@pytest.mark.parametrize("details", [b"[]", b'{"errors": 1}', b'{"errors": [1]}'])
def test_unknown_details_do_no_harm(connect: Connect, proxy: Proxy, details: bytes) -> None:
    proxy.order(HEALTH, Answer(400, b'{"error": {"code": "NEW", "message": "No.", "details": ' + details + b"}}"))
    with pytest.raises(APIError, match=r"^No\. \[NEW"):
        connect(base_url=proxy.url).get_health()


def test_the_server_says_how_long_to_wait(connect: Connect, proxy: Proxy) -> None:
    proxy.order(HEALTH, Answer(503, headers={"Retry-After": "1"}))
    began = time.monotonic()
    connect(base_url=proxy.url).get_health()
    assert time.monotonic() - began >= 1


def test_the_server_says_until_when_to_wait(connect: Connect, proxy: Proxy) -> None:
    until = datetime.now(timezone.utc) + timedelta(seconds=2)  # a date has whole seconds, so at least one remains
    proxy.order(HEALTH, Answer(503, headers={"Retry-After": format_datetime(until, usegmt=True)}))
    began = time.monotonic()
    connect(base_url=proxy.url).get_health()
    assert time.monotonic() - began >= 0.9


def test_in_the_end_the_last_error_is_raised(connect: Connect, proxy: Proxy) -> None:
    proxy.order(HEALTH, Cut(after=False), refusal(503, "OVERLOADED"))
    with pytest.raises(OverloadedError, match="Made by the proxy") as caught:
        connect(base_url=proxy.url, max_retries=1).get_health()
    assert (caught.value.status, caught.value.code, caught.value.request_id) == (503, "OVERLOADED", "proxy")
    assert proxy.count(HEALTH) == 2


def test_a_lost_connection_raises_its_own_error(connect: Connect, proxy: Proxy) -> None:
    proxy.order(HEALTH, Cut(after=False))
    with pytest.raises(APIConnectionError, match="GET http://127.0.0.1:[0-9]+/healthz was not answered"):
        connect(base_url=proxy.url, max_retries=0).get_health()


def test_a_timeout_is_a_connection_error(connect: Connect, proxy: Proxy) -> None:
    proxy.order(HEALTH, Hold())
    with pytest.raises(APITimeoutError) as caught:
        connect(base_url=proxy.url, max_retries=0, timeout=0.2).get_health()
    assert isinstance(caught.value, APIConnectionError)


def test_an_error_of_something_else_has_no_code(connect: Connect, proxy: Proxy) -> None:
    proxy.order(HEALTH, Answer(404, b"<html>nginx</html>", {"X-Request-Id": "from-header"}))
    with pytest.raises(APIError, match="The server answered 404 Not Found") as caught:
        connect(base_url=proxy.url).get_health()
    assert type(caught.value) is APIError
    assert (caught.value.code, caught.value.request_id) == (None, "from-header")


def test_a_code_of_a_newer_server_is_kept(connect: Connect, proxy: Proxy) -> None:
    proxy.order(HEALTH, refusal(418, "BRAND_NEW"))
    with pytest.raises(APIError) as caught:
        connect(base_url=proxy.url).get_health()
    assert type(caught.value) is APIError
    assert caught.value.code == "BRAND_NEW"


def test_a_response_that_is_not_this_apis_is_an_error(connect: Connect, proxy: Proxy) -> None:
    proxy.order(HEALTH, Answer(200, b"<html>Log in to the Wi-Fi</html>"), Answer(200, b'{"state": "ok"}'))
    for _ in range(2):
        with pytest.raises(APIError, match="not this API"):
            connect(base_url=proxy.url).get_health()


def test_a_deletion_that_is_repeated_finds_nothing(
    connect: Connect, proxy: Proxy, account: AccountCredentials, owner: AgentExchangeClient
) -> None:
    path = f"{AGENTS}/{account.agent_id}"
    proxy.order(path, Cut(after=True))
    with pytest.raises(AgentNotFoundError):
        login(connect, proxy, account).delete_agent(account.agent_id)
    assert proxy.count(path) == 2
    assert owner.list_agents(include_archived=True).total == 0
