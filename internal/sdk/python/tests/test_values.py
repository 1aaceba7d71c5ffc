"""How values are sent and read."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timezone
from decimal import Decimal
from typing import Any

import pytest
from agentexchange import UNSET, AccountCredentials, AgentExchangeClient, RiskProfileOverrides
from agentexchange._codec import decode, encode, parse_time
from conftest import SERVER, Connect
from proxy import Change, Proxy


@pytest.mark.parametrize("given", ["1234.50", Decimal("1234.5"), Decimal("12345E-1")])
def test_money_is_exact_in_both_directions(owner: AgentExchangeClient, given: Any) -> None:
    balance = owner.create_agent(display_name="Exact", starting_balance=given).starting_balance
    assert isinstance(balance, Decimal)
    assert str(balance) == "1234.50000000"


def test_an_exponent_is_never_sent(owner: AgentExchangeClient) -> None:
    assert owner.create_agent(display_name="Rich", starting_balance=Decimal("1E+6")).starting_balance == 1_000_000


@pytest.mark.parametrize(
    "given, error",
    [(0.1, TypeError), (True, TypeError), ("ten", ValueError), (Decimal("NaN"), ValueError)]
    + [(text, ValueError) for text in ("", "1_0", "1e-3", " 1", "1\n", "+1", ".5", "1.", "007", "٣", "Infinity")],
)
def test_inexact_amounts_are_rejected(owner: AgentExchangeClient, given: Any, error: type[Exception]) -> None:
    before = owner.list_agents().total
    with pytest.raises(error, match="starting_balance"):
        owner.create_agent(display_name="Vague", starting_balance=given)
    assert owner.list_agents().total == before


def test_null_clears_and_what_is_not_sent_stays(owner: AgentExchangeClient) -> None:
    agent_id = owner.create_agent(display_name="A", llm_model="m", framework="f", color="#000000").agent_id
    owner.update_agent(agent_id, llm_model=None, color=UNSET)
    agent = owner.get_agent(agent_id)
    assert (agent.llm_model, agent.framework, agent.color) == (None, "f", "#000000")
    owner.update_agent(agent_id)
    assert owner.get_agent(agent_id).framework == "f"


def test_an_object_may_be_a_model_or_a_mapping(owner: AgentExchangeClient) -> None:
    limits: list[Any] = [RiskProfileOverrides(max_open_orders=3), {"max_open_orders": 3}]
    for given in limits:
        agent_id = owner.create_agent(display_name="Careful", risk_profile=given).agent_id
        assert owner.get_agent_risk(agent_id).max_open_orders == 3
    with pytest.raises(TypeError, match="max_open_order"):
        owner.create_agent(display_name="Careless", risk_profile={"max_open_order": 3})


def test_additions_by_a_newer_server_are_tolerated(connect: Connect, proxy: Proxy, account: AccountCredentials) -> None:
    def newer(agent: dict[str, Any]) -> None:
        agent.update(status="hibernating", mood="sleepy")
        agent["risk_profile"]["max_leverage"] = "1.5"

    proxy.order(f"/api/v1/agents/{account.agent_id}", Change(newer))
    client = connect(api_key=account.api_key, api_secret=account.api_secret, base_url=proxy.url)
    agent = client.get_agent(account.agent_id)
    assert f"{agent.status}" == "hibernating"
    assert agent.risk_profile.max_open_orders == 50


@pytest.mark.parametrize("call", ["get_agent", "reset_agent", "delete_agent"])
def test_an_empty_id_is_refused(owner: AgentExchangeClient, call: str) -> None:
    with pytest.raises(ValueError, match="empty"):
        getattr(owner, call)("")


def test_a_time_needs_a_zone() -> None:
    with AgentExchangeClient(base_url=SERVER) as anyone, pytest.raises(ValueError, match="time zone"):
        anyone.list_candles("BTCUSDT", start_time=datetime(2026, 3, 19))


@pytest.mark.parametrize(
    "text, microsecond",
    [("09:00:00Z", 0), ("09:00:00.5Z", 500_000), ("10:00:00.1234567+01:00", 123_456), ("09:00:00.25+00:00", 250_000)],
)
def test_times_are_read_whatever_their_fraction(text: str, microsecond: int) -> None:
    assert parse_time("2026-03-19T" + text) == datetime(2026, 3, 19, 9, 0, 0, microsecond, tzinfo=timezone.utc)


@pytest.mark.parametrize("value", [None, 5, 0.1, [], {}])
@pytest.mark.parametrize("kind", [Decimal, datetime])
def test_values_that_contradict_the_document_are_errors(kind: Any, value: Any) -> None:
    with pytest.raises((TypeError, ValueError)):
        decode(kind, value)


def test_models_encode_to_what_they_were_decoded_from(owner: AgentExchangeClient) -> None:
    agent = owner.list_agents().agents[0]
    assert decode(type(agent), encode(agent)) == agent


def test_models_do_not_change(owner: AgentExchangeClient) -> None:
    change: Callable[..., None] = setattr
    with pytest.raises(AttributeError):
        change(owner.list_agents(), "total", 5)
