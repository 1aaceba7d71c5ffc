"""Which credentials are sent, and how tokens are obtained and renewed."""

from __future__ import annotations

import asyncio
import logging
import pickle
import threading
import traceback
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from agentexchange import (
    AccountCredentials,
    AgentExchangeClient,
    APIConnectionError,
    APIError,
    AsyncAgentExchangeClient,
    InvalidApiKeyError,
    MissingCredentialsError,
    PermissionDeniedError,
    TokenExpiredError,
)
from conftest import SERVER, Connect
from proxy import Change, Proxy, refusal

LOGIN, AGENTS, BALANCE = "/api/v1/auth/login", "/api/v1/agents", "/api/v1/account/balance"


def sent(proxy: Proxy, path: str, header: str) -> list[str | None]:
    return [each.headers.get(header) for each in proxy.seen if each.path == path]


def bearer(proxy: Proxy) -> str:
    """The last token sent."""
    return (sent(proxy, AGENTS, "Authorization")[-1] or "").removeprefix("Bearer ")


@pytest.fixture
def keys(account: AccountCredentials, proxy: Proxy) -> dict[str, Any]:
    return {"api_key": account.api_key, "api_secret": account.api_secret, "base_url": proxy.url}


def test_public_calls_send_nothing(connect: Connect, proxy: Proxy, keys: dict[str, Any]) -> None:
    connect(**keys).list_pairs()
    connect(base_url=proxy.url).list_pairs()
    for header in ("X-API-Key", "Authorization"):
        assert sent(proxy, "/api/v1/market/pairs", header) == [None, None]


def test_an_agent_acts_with_its_key(connect: Connect, proxy: Proxy, account: AccountCredentials) -> None:
    connect(api_key=account.agent_api_key, base_url=proxy.url).get_balance()
    assert sent(proxy, BALANCE, "X-API-Key") == [account.agent_api_key]
    assert sent(proxy, BALANCE, "Authorization") == [None]
    assert proxy.count(LOGIN) == 0


def test_an_account_acts_for_the_agent_that_it_names(
    connect: Connect, proxy: Proxy, keys: dict[str, Any], account: AccountCredentials
) -> None:
    client = connect(**keys)
    other = client.create_agent(display_name="Other", starting_balance=7).agent_id
    assert client.get_account_info().agent_id == account.agent_id
    assert client.get_account_info(agent_id=other).agent_id == other
    client = connect(**keys, agent_id=other)
    assert client.get_account_info().agent_id == other
    assert client.get_account_info(agent_id=account.agent_id).agent_id == account.agent_id


def test_an_agent_may_not_act_for_another(
    connect: Connect, owner: AgentExchangeClient, account: AccountCredentials
) -> None:
    other = owner.create_agent(display_name="Other").agent_id
    with pytest.raises(PermissionDeniedError):
        connect(api_key=account.agent_api_key, base_url=SERVER).get_balance(agent_id=other)


def test_it_logs_in_once_and_keeps_the_token(connect: Connect, proxy: Proxy, keys: dict[str, Any]) -> None:
    client = connect(**keys)
    for _ in range(3):
        client.list_agents()
    assert proxy.count(LOGIN) == 1


def test_threads_that_need_a_token_at_once_log_in_once(proxy: Proxy, keys: dict[str, Any]) -> None:
    together = threading.Barrier(12)
    with AgentExchangeClient(**keys) as client, ThreadPoolExecutor(12) as pool:

        def list_agents() -> int:
            together.wait()
            return client.list_agents().total

        assert [each.result() for each in [pool.submit(list_agents) for _ in range(12)]] == [1] * 12
    assert proxy.count(LOGIN) == 1


def test_tasks_that_need_a_token_at_once_log_in_once(proxy: Proxy, keys: dict[str, Any]) -> None:
    async def main() -> list[int]:
        async with AsyncAgentExchangeClient(**keys) as client:
            return [page.total for page in await asyncio.gather(*(client.list_agents() for _ in range(12)))]

    assert asyncio.run(main()) == [1] * 12
    assert proxy.count(LOGIN) == 1


def test_threads_whose_token_is_refused_at_once_renew_it_once(proxy: Proxy, keys: dict[str, Any]) -> None:
    with AgentExchangeClient(**keys) as client, ThreadPoolExecutor(6) as pool:
        client.list_agents()
        proxy.expire(bearer(proxy))
        together = threading.Barrier(6)

        def list_agents() -> int:
            together.wait()
            return client.list_agents().total

        assert [each.result() for each in [pool.submit(list_agents) for _ in range(6)]] == [1] * 6
    assert proxy.count(LOGIN) == 2


@pytest.mark.parametrize("code", ["TOKEN_EXPIRED", "INVALID_TOKEN"])
def test_a_refused_token_is_renewed_and_the_call_repeated(
    connect: Connect, proxy: Proxy, keys: dict[str, Any], code: str
) -> None:
    client = connect(**keys)
    client.list_agents()
    proxy.order(AGENTS, refusal(401, code))
    assert client.list_agents().total == 1
    assert proxy.count(LOGIN) == 2


def test_a_token_is_renewed_once_a_call(connect: Connect, proxy: Proxy, keys: dict[str, Any]) -> None:
    proxy.order(AGENTS, refusal(401, "TOKEN_EXPIRED"), refusal(401, "TOKEN_EXPIRED"))
    with pytest.raises(TokenExpiredError):
        connect(**keys).list_agents()
    assert proxy.count(LOGIN) == 2


def test_a_token_is_renewed_before_it_expires(connect: Connect, proxy: Proxy, keys: dict[str, Any]) -> None:
    proxy.order(LOGIN, Change(lambda token: token.update(expires_in=0)))
    client = connect(**keys)
    for _ in range(3):
        client.list_agents()
    assert proxy.count(LOGIN) == 2
    assert proxy.count(AGENTS) == 3


def test_a_given_token_is_used_and_renewed_with_the_secret(
    connect: Connect, proxy: Proxy, keys: dict[str, Any], account: AccountCredentials
) -> None:
    token = connect(base_url=SERVER).login(api_key=account.api_key, api_secret=account.api_secret).token
    assert connect(token=token, base_url=proxy.url).list_agents().total == 1
    assert connect(token=token, base_url=proxy.url).get_balance().total_equity_usdt == 10000
    assert proxy.count(LOGIN) == 0
    assert connect(**keys, token="not.a.token").list_agents().total == 1
    assert proxy.count(LOGIN) == 1


def test_a_wrong_secret_is_refused_at_the_login(connect: Connect, proxy: Proxy, keys: dict[str, Any]) -> None:
    keys["api_secret"] = keys["api_secret"][:-6] + "000000"
    with pytest.raises(InvalidApiKeyError):
        connect(**keys).list_agents()
    assert proxy.count(AGENTS) == 0


@pytest.mark.parametrize(
    "options, call, wanted",
    [
        ({}, "get_balance", "pass api_key "),
        ({}, "list_agents", "pass api_key and api_secret"),
        ({"api_key": "ak_live_x"}, "list_agents", "pass api_key and api_secret"),
        ({"api_secret": "sk_live_x"}, "list_agents", "pass api_key and api_secret"),
    ],
)
def test_without_its_credentials_a_call_is_not_sent(
    connect: Connect, proxy: Proxy, options: dict[str, str], call: str, wanted: str
) -> None:
    with pytest.raises(MissingCredentialsError, match=wanted):
        getattr(connect(base_url=proxy.url, **options), call)()
    assert proxy.seen == []


def test_the_environment_is_used_if_nothing_is_given(
    connect: Connect, proxy: Proxy, account: AccountCredentials, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AGENTEXCHANGE_BASE_URL", proxy.url + "/")
    monkeypatch.setenv("AGENTEXCHANGE_API_KEY", account.api_key)
    monkeypatch.setenv("AGENTEXCHANGE_API_SECRET", account.api_secret)
    assert connect().list_agents().total == 1
    with pytest.raises(MissingCredentialsError):  # the secret belongs to another key
        connect(api_key=account.agent_api_key).list_agents()


def test_credentials_are_not_printed_logged_or_raised(
    connect: Connect, proxy: Proxy, keys: dict[str, Any], account: AccountCredentials, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    client = connect(**keys)
    created = client.create_agent(display_name="Discreet")
    token = connect(base_url=SERVER).login(api_key=account.api_key, api_secret=account.api_secret)
    with pytest.raises(APIError) as caught:
        client.get_order("01997b0e-5a3c-7c1e-8f00-3b8c1f2a9d10")
    shown = [client, client.__dict__, account, created, token, client.get_agent_api_key(created.agent_id), caught.value]
    text = caplog.text + "".join(f"{each!r}{each}" for each in shown)
    for secret in (account.api_key, account.api_secret, account.agent_api_key, created.api_key, token.token):
        assert secret not in text


@pytest.mark.parametrize("blank", ["\n", "\r\n", " \t", "\u00a0"])
def test_white_space_around_credentials_is_dropped(
    connect: Connect, keys: dict[str, Any], account: AccountCredentials, blank: str
) -> None:
    padded = {**keys, "api_key": blank + account.api_key + blank, "api_secret": account.api_secret + blank}
    assert connect(**padded).list_agents().total == 1
    token = connect(base_url=SERVER).login(api_key=account.api_key, api_secret=account.api_secret).token
    assert connect(base_url=SERVER, token=token + blank).list_agents().total == 1


def test_blank_credentials_are_none(connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AGENTEXCHANGE_API_KEY", "ak_live_of_somebody_else")
    with pytest.raises(MissingCredentialsError):
        connect(base_url=SERVER, api_key="\n").get_balance()


@pytest.mark.parametrize("secret", ["ak_live_\nx", "ak_live_x\x7fx", "ak_live_é", "ak_live_“x”", "ak_live_\ud800"])
def test_values_unfit_for_a_header_are_rejected_and_not_shown(connect: Connect, secret: str) -> None:
    for name in ("api_key", "api_secret", "token", "agent_id"):
        with pytest.raises(ValueError, match=f"^{name} must be printable") as caught:
            connect(base_url=SERVER, **{name: secret})
        assert "live" not in repr(caught.value)
    client = connect(base_url=SERVER, api_key="ak_live_x")
    with pytest.raises(ValueError, match="^X-Agent-Id must be printable") as caught:
        client.get_balance(agent_id=secret)
    assert "live" not in repr(caught.value)
    with pytest.raises(ValueError, match="^Idempotency-Key must be printable") as caught:
        client.register(display_name="Ada", idempotency_key=secret)
    assert "live" not in repr(caught.value)


def test_the_text_of_a_rejected_header_is_not_shown(connect: Connect, account: AccountCredentials) -> None:
    def spoil(request: httpx.Request) -> None:
        request.headers["X-API-Key"] += "\n"

    with httpx.Client(event_hooks={"request": [spoil]}) as http:
        client = AgentExchangeClient(base_url=SERVER, api_key=account.api_key, http_client=http)
        with pytest.raises(APIConnectionError, match="LocalProtocolError") as caught:
            client.get_balance()
    assert account.api_key not in "".join(traceback.format_exception(caught.value))


def test_a_base_url_with_a_password_is_refused(connect: Connect) -> None:
    with pytest.raises(ValueError) as caught:
        connect(base_url="https://ada:hunter2@example.com")
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("given", ["127.0.0.1:8080", "localhost:8080", "example.com", "ftp://example.com", "http://"])
def test_an_invalid_base_url_is_rejected(connect: Connect, given: str) -> None:
    with pytest.raises(ValueError, match="not an http:// or https:// URL"):
        connect(base_url=given)


@pytest.mark.parametrize("end", ["/", "/api/v1", "/api/v1//"])
def test_the_base_url_may_be_that_of_the_api(connect: Connect, end: str) -> None:
    client = connect(base_url=SERVER + end)
    assert client.list_pairs().pairs
    assert client.get_health().status == "ok"


def test_errors_can_be_pickled(connect: Connect, account: AccountCredentials) -> None:
    with pytest.raises(APIError) as caught:
        connect(api_key=account.api_key, base_url=SERVER).get_price("NOSUCH")
    again = pickle.loads(pickle.dumps(caught.value))
    assert type(again) is type(caught.value)
    assert vars(again) == vars(caught.value)
    assert str(again) == str(caught.value)
