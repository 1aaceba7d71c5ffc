"""The synchronous client."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from . import _operations
from ._codec import UNSET, Unset
from ._sync import SyncClient
from .models import (
    AccountCredentials,
    AccountInfo,
    AccountReset,
    Agent,
    AgentCredentials,
    AgentKey,
    AgentList,
    BalanceList,
    Cancellation,
    CancelledOrders,
    CandleList,
    Health,
    HistoryInterval,
    Jwks,
    Leaderboard,
    Ledger,
    LedgerEntry,
    ListCandlesInterval,
    MarketTradeList,
    Order,
    Orderbook,
    OrderList,
    OrderStatus,
    OrderType,
    PairList,
    Performance,
    Period,
    Pnl,
    PnlPeriod,
    Portfolio,
    PortfolioHistory,
    PositionList,
    Preview,
    Price,
    PriceList,
    Reconciliation,
    Risk,
    RiskProfile,
    RiskProfileOverrides,
    Side,
    Ticker,
    TimeInForce,
    Token,
    Trade,
    TradeList,
)


class AgentExchangeClient(SyncClient):
    """A client for AgentExchange, with a method for every operation. Several threads may share it.

    Besides its documented errors, each may raise MissingCredentialsError, APIConnectionError, and APIError for a
    failure of the server itself.
    """

    def register(
        self,
        *,
        display_name: str,
        email: str | None = None,
        starting_balance: Decimal | str | int | None = None,
        idempotency_key: str | None = None,
    ) -> AccountCredentials:
        """Register an account.

        Creates an account and, in the same transaction, its default agent, named `<display_name>'s Agent` (the
        name is cut to fit 100 characters). Returns the account's API key and secret and the agent's API key. The
        secret is shown only once and cannot be recovered.

        An `Idempotency-Key` here must have at least 32 characters: since no one is authenticated yet, whoever
        knows the key can read the first answer. Choose a random one, such as a UUID, and keep it secret.

        Args:
            display_name: A name of 1–100 characters, counted after trimming; not blank; no control,
                zero-width, filling or direction-changing characters.
            email: An e-mail address; unique among accounts, whatever its case.
            starting_balance: Initial balance in virtual USDT: a decimal greater than zero, as a string, with
                at most 12 integer digits and 8 decimal places. Default: 10000.00.
            idempotency_key: Makes a retry safe: for 24 hours the same key with the same request replays the
                first answer. Here it acts as a secret and needs at least 32 characters.

        Returns:
            The account, its credentials and its default agent.

        Raises:
            APIError: 400. The body is not JSON (`MalformedBodyError`).
            APIError: 409, 422. `code` tells why.
        """
        return self._send(
            _operations.register(
                display_name=display_name,
                email=email,
                starting_balance=starting_balance,
                idempotency_key=idempotency_key,
            )
        )

    def login(self, *, api_key: str, api_secret: str) -> Token:
        """Exchange an account's key and secret for a token.

        Returns a token that is valid for one hour and signed with Ed25519; the public keys are at
        `/.well-known/jwks.json`. A wrong key and a wrong secret get the same 401. An `Idempotency-Key` is
        ignored, because nothing is created.

        Args:
            api_key: The account's API key.
            api_secret: The account's secret.

        Returns:
            A bearer token.

        Raises:
            APIError: 400. The body is not JSON (`MalformedBodyError`).
            APIError: 401, 422. `code` tells why.
        """
        return self._send(_operations.login(api_key=api_key, api_secret=api_secret))

    def get_jwks(self) -> Jwks:
        """Public keys that verify the tokens.

        A JSON Web Key Set (RFC 7517) of Ed25519 keys (RFC 8037). The first one signs new tokens.

        Returns:
            The key set.

        Raises:
            APIError: 422. `code` tells why.
        """
        return self._send(_operations.get_jwks())

    def list_agents(
        self, *, include_archived: bool | None = None, limit: int | None = None, offset: int | None = None
    ) -> AgentList:
        """List agents.

        The account's agents, oldest first. `total` counts all that match, not only this page.

        Args:
            include_archived: Include archived agents in the list. Default: False.
            limit: Page size. Default: 100.
            offset: How many to skip before the page begins. Default: 0.

        Returns:
            Agents, oldest first.

        Raises:
            APIError: 401, 422. `code` tells why.
        """
        return self._send(_operations.list_agents(include_archived=include_archived, limit=limit, offset=offset))

    def iter_agents(self, *, include_archived: bool | None = None, page_size: int = 100) -> Iterator[Agent]:
        """Every row of `list_agents`.

        Pages are fetched when needed. If rows are added or removed meanwhile, others can appear twice or not at all.
        """
        offset, more = 0, True
        while more:
            page = self.list_agents(include_archived=include_archived, limit=page_size, offset=offset)
            yield from page.agents
            offset, more = offset + page_size, len(page.agents) == page_size

    def create_agent(
        self,
        *,
        display_name: str,
        starting_balance: Decimal | str | int | None = None,
        llm_model: str | None | Unset = UNSET,
        framework: str | None | Unset = UNSET,
        strategy_tags: list[str] | None = None,
        risk_profile: RiskProfileOverrides | Mapping[str, Any] | None = None,
        color: str | None | Unset = UNSET,
        idempotency_key: str | None = None,
    ) -> AgentCredentials:
        """Create an agent.

        Creates a trading agent, funds it with its starting balance in USDT, and returns its API key. Save the
        key; `GET /api/v1/agents/{agent_id}/api-key` retrieves it again.

        Args:
            display_name: A name of 1–100 characters, counted after trimming; not blank; no control,
                zero-width, filling or direction-changing characters.
            starting_balance: Initial balance in virtual USDT: a decimal greater than zero, as a string, with
                at most 12 integer digits and 8 decimal places. Default: 10000.00.
            llm_model: LLM model identifier of 1–100 characters, or null where none is named. On create null
                is the same as absent, on update it clears the field.
            framework: Agent framework of 1–100 characters, or null where none is named. On create null is the
                same as absent, on update it clears the field.
            strategy_tags: Tags that describe the strategy, at most 50.
            risk_profile: Limits that differ from the defaults. Each is optional.
            color: Hex color of the agent's avatar, or null where none is given. On create null is the same as
                absent, on update it clears the field.
            idempotency_key: Makes a retry safe: for 24 hours the same caller's same key with the same request
                (method, path, query and body) replays the first answer. With another request it is refused
                (`IDEMPOTENCY_KEY_REUSED`); while the first is still being worked on, `IDEMPOTENCY_IN_FLIGHT`.

        Returns:
            The new agent and its API key.

        Raises:
            APIError: 400. The body is not JSON (`MalformedBodyError`).
            APIError: 401, 409, 422. `code` tells why.
        """
        return self._send(
            _operations.create_agent(
                display_name=display_name,
                starting_balance=starting_balance,
                llm_model=llm_model,
                framework=framework,
                strategy_tags=strategy_tags,
                risk_profile=risk_profile,
                color=color,
                idempotency_key=idempotency_key,
            )
        )

    def get_agent_overview(self) -> AgentList:
        """Overview of the active agents.

        Every agent of the account that is not archived, oldest first, in the format of `GET /api/v1/agents`.

        Returns:
            Agents, oldest first.

        Raises:
            APIError: 401. `code` tells why.
        """
        return self._send(_operations.get_agent_overview())

    def get_agent(self, agent_id: str) -> Agent:
        """Get an agent.

        One agent of the account. For another account's agent, the answer is the same as for one that does not
        exist.

        Args:
            agent_id: Agent identifier.

        Returns:
            The agent.

        Raises:
            APIError: 404. No such agent in this account (`AgentNotFoundError`).
            APIError: 401, 422. `code` tells why.
        """
        return self._send(_operations.get_agent(agent_id))

    def update_agent(
        self,
        agent_id: str,
        *,
        display_name: str | None = None,
        llm_model: str | None | Unset = UNSET,
        framework: str | None | Unset = UNSET,
        strategy_tags: list[str] | None = None,
        color: str | None | Unset = UNSET,
    ) -> Agent:
        """Update an agent.

        Changes only the fields that are sent. `null` clears `llm_model`, `framework` and `color`; `strategy_tags`
        replaces the whole list.

        Args:
            agent_id: Agent identifier.
            display_name: A name of 1–100 characters, counted after trimming; not blank; no control,
                zero-width, filling or direction-changing characters.
            llm_model: LLM model identifier of 1–100 characters, or null where none is named. On create null
                is the same as absent, on update it clears the field.
            framework: Agent framework of 1–100 characters, or null where none is named. On create null is the
                same as absent, on update it clears the field.
            strategy_tags: Tags that describe the strategy, at most 50.
            color: Hex color of the agent's avatar, or null where none is given. On create null is the same as
                absent, on update it clears the field.

        Returns:
            The agent.

        Raises:
            APIError: 400. The body is not JSON (`MalformedBodyError`).
            APIError: 404. No such agent in this account (`AgentNotFoundError`).
            APIError: 401, 422. `code` tells why.
        """
        return self._send(
            _operations.update_agent(
                agent_id,
                display_name=display_name,
                llm_model=llm_model,
                framework=framework,
                strategy_tags=strategy_tags,
                color=color,
            )
        )

    def delete_agent(self, agent_id: str) -> None:
        """Delete an agent for good.

        Deletes the agent and all of its data: key, balances, orders, positions, trades and history. This cannot
        be undone; `POST /api/v1/agents/{agent_id}/archive` disables an agent and keeps its data. Stored answers
        to its owner's requests with an Idempotency-Key are deleted when they expire, within 24 hours.

        Args:
            agent_id: Agent identifier.

        Raises:
            APIError: 404. No such agent in this account (`AgentNotFoundError`).
            APIError: 401, 422. `code` tells why.
        """
        return self._send(_operations.delete_agent(agent_id))

    def clone_agent(
        self, agent_id: str, *, new_name: str | None = None, idempotency_key: str | None = None
    ) -> AgentCredentials:
        """Clone an agent's configuration.

        Makes a new, active agent with the source's starting balance, risk profile, strategy tags, model and
        framework, whatever the source's status. Its balance and key are new, and no history is copied.

        Args:
            agent_id: Agent identifier.
            new_name: Name of the clone. Default: `<name> (copy)`, the original name cut so that the result
                fits 100 characters.
            idempotency_key: Makes a retry safe: for 24 hours the same caller's same key with the same request
                (method, path, query and body) replays the first answer. With another request it is refused
                (`IDEMPOTENCY_KEY_REUSED`); while the first is still being worked on, `IDEMPOTENCY_IN_FLIGHT`.

        Returns:
            The new agent and its API key.

        Raises:
            APIError: 404. No such agent in this account (`AgentNotFoundError`).
            APIError: 401, 409, 422. `code` tells why.
        """
        return self._send(_operations.clone_agent(agent_id, new_name=new_name, idempotency_key=idempotency_key))

    def reset_agent(self, agent_id: str, *, idempotency_key: str | None = None) -> Agent:
        """Reset an agent to its starting balance.

        In one transaction: cancels every open order, closes every position, restores USDT to the starting balance
        and begins a new session. History is kept. An archived agent becomes active again.

        Args:
            agent_id: Agent identifier.
            idempotency_key: Makes a retry safe: for 24 hours the same caller's same key with the same request
                (method, path, query and body) replays the first answer. With another request it is refused
                (`IDEMPOTENCY_KEY_REUSED`); while the first is still being worked on, `IDEMPOTENCY_IN_FLIGHT`.

        Returns:
            The agent as it is now.

        Raises:
            APIError: 404. No such agent in this account (`AgentNotFoundError`).
            APIError: 401, 409, 422. `code` tells why.
        """
        return self._send(_operations.reset_agent(agent_id, idempotency_key=idempotency_key))

    def archive_agent(self, agent_id: str, *, idempotency_key: str | None = None) -> Agent:
        """Archive an agent.

        Removes the agent from the lists and disables its key. Open orders are cancelled; balances, positions and
        history are kept. Archiving an archived agent changes nothing and returns the same.

        Args:
            agent_id: Agent identifier.
            idempotency_key: Makes a retry safe: for 24 hours the same caller's same key with the same request
                (method, path, query and body) replays the first answer. With another request it is refused
                (`IDEMPOTENCY_KEY_REUSED`); while the first is still being worked on, `IDEMPOTENCY_IN_FLIGHT`.

        Returns:
            The agent as it is now.

        Raises:
            APIError: 404. No such agent in this account (`AgentNotFoundError`).
            APIError: 401, 409, 422. `code` tells why.
        """
        return self._send(_operations.archive_agent(agent_id, idempotency_key=idempotency_key))

    def unarchive_agent(self, agent_id: str, *, idempotency_key: str | None = None) -> Agent:
        """Unarchive an agent.

        Makes an archived agent active again with the same key, balances, positions and history. Unarchiving an
        active agent changes nothing and returns the same.

        Args:
            agent_id: Agent identifier.
            idempotency_key: Makes a retry safe: for 24 hours the same caller's same key with the same request
                (method, path, query and body) replays the first answer. With another request it is refused
                (`IDEMPOTENCY_KEY_REUSED`); while the first is still being worked on, `IDEMPOTENCY_IN_FLIGHT`.

        Returns:
            The agent as it is now.

        Raises:
            APIError: 404. No such agent in this account (`AgentNotFoundError`).
            APIError: 401, 409, 422. `code` tells why.
        """
        return self._send(_operations.unarchive_agent(agent_id, idempotency_key=idempotency_key))

    def get_agent_api_key(self, agent_id: str) -> AgentKey:
        """Get an agent's API key.

        The agent's current API key in full.

        Args:
            agent_id: Agent identifier.

        Returns:
            The key.

        Raises:
            APIError: 404. No such agent in this account (`AgentNotFoundError`).
            APIError: 401, 422. `code` tells why.
        """
        return self._send(_operations.get_agent_api_key(agent_id))

    def regenerate_agent_key(self, agent_id: str, *, idempotency_key: str | None = None) -> AgentKey:
        """Replace an agent's API key.

        Makes a new key. From the moment this answer is sent, every replica refuses the old one. If several calls
        run at once, only the key of the last one remains valid.

        Args:
            agent_id: Agent identifier.
            idempotency_key: Makes a retry safe: for 24 hours the same caller's same key with the same request
                (method, path, query and body) replays the first answer. With another request it is refused
                (`IDEMPOTENCY_KEY_REUSED`); while the first is still being worked on, `IDEMPOTENCY_IN_FLIGHT`.

        Returns:
            The new key.

        Raises:
            APIError: 404. No such agent in this account (`AgentNotFoundError`).
            APIError: 401, 409, 422. `code` tells why.
        """
        return self._send(_operations.regenerate_agent_key(agent_id, idempotency_key=idempotency_key))

    def get_agent_risk(self, agent_id: str) -> RiskProfile:
        """Get an agent's risk limits.

        The effective limits, by which the agent's next order is judged.

        Args:
            agent_id: Agent identifier.

        Returns:
            The three limits.

        Raises:
            APIError: 404. No such agent in this account (`AgentNotFoundError`).
            APIError: 401, 422. `code` tells why.
        """
        return self._send(_operations.get_agent_risk(agent_id))

    def update_agent_risk(
        self, agent_id: str, *, max_position_size_pct: int, daily_loss_limit_pct: int, max_open_orders: int
    ) -> RiskProfile:
        """Set an agent's risk limits.

        Replaces all three limits. They apply from the agent's next order on.

        Args:
            agent_id: Agent identifier.
            max_position_size_pct: Largest position in a single coin, in percent of total equity.
            daily_loss_limit_pct: Daily loss limit, in percent of the starting balance.
            max_open_orders: Most simultaneous pending orders.

        Returns:
            The three limits.

        Raises:
            APIError: 400. The body is not JSON (`MalformedBodyError`).
            APIError: 404. No such agent in this account (`AgentNotFoundError`).
            APIError: 401, 422. `code` tells why.
        """
        return self._send(
            _operations.update_agent_risk(
                agent_id,
                max_position_size_pct=max_position_size_pct,
                daily_loss_limit_pct=daily_loss_limit_pct,
                max_open_orders=max_open_orders,
            )
        )

    def get_agent_skill(self, agent_id: str, *, include_key: bool | None = None) -> str:
        """Download an agent's skill file.

        A Markdown file for an LLM agent's context: the agent's id and key, its limits, and the reference of the
        operations that its key may call.

        Args:
            agent_id: Agent identifier.
            include_key: With `false`, the file contains `$AGENTEXCHANGE_API_KEY` in place of the key.
                Default: True.

        Returns:
            The skill file.

        Raises:
            APIError: 404. No such agent in this account (`AgentNotFoundError`).
            APIError: 401, 422. `code` tells why.
        """
        return self._send(_operations.get_agent_skill(agent_id, include_key=include_key))

    def list_pairs(self) -> PairList:
        """Trading pairs and their filters.

        Every pair, sorted by symbol, with the filters that its orders must pass.

        Returns:
            The pairs.

        Raises:
            APIError: 422. `code` tells why.
        """
        return self._send(_operations.list_pairs())

    def get_price(self, symbol: str) -> Price:
        """Current price of a pair.

        The newest price. A price older than 30 seconds is not returned, and no order executes at it.

        Args:
            symbol: The pair, in any case.

        Returns:
            The price.

        Raises:
            APIError: 400. There is no such pair (`InvalidSymbolError`).
            APIError: 503. The pair has no price, or no recent one, (`PriceNotAvailableError`).
            APIError: 422. `code` tells why.
        """
        return self._send(_operations.get_price(symbol))

    def list_prices(self, *, symbols: list[str] | None = None) -> PriceList:
        """Current prices of several pairs.

        The newest price of each of the symbols, in the order given; without `symbols`, of every pair with a price
        no older than 30 seconds, sorted by symbol.

        Args:
            symbols: Symbols, separated by commas, in any case.

        Returns:
            The prices.

        Raises:
            APIError: 400. There is no such pair (`InvalidSymbolError`).
            APIError: 503. The pair has no price, or no recent one, (`PriceNotAvailableError`).
            APIError: 422. `code` tells why.
        """
        return self._send(_operations.list_prices(symbols=symbols))

    def get_ticker(self, symbol: str) -> Ticker:
        """Rolling 24 hours of a pair.

        The last 24 hours, up to now.

        Args:
            symbol: The pair, in any case.

        Returns:
            The ticker.

        Raises:
            APIError: 400. There is no such pair (`InvalidSymbolError`).
            APIError: 503. The pair has no price, or no recent one, (`PriceNotAvailableError`).
            APIError: 422. `code` tells why.
        """
        return self._send(_operations.get_ticker(symbol))

    def list_candles(
        self,
        symbol: str,
        *,
        interval: ListCandlesInterval | None = None,
        limit: int | None = None,
        start_time: datetime | None = None,
        end_time: datetime | None = None,
    ) -> CandleList:
        """Candles of a pair.

        Candles, oldest first, aligned to UTC. With `start_time`, the first candles that begin at or after it;
        without it, the last candles that begin before `end_time`. The newest candle is unfinished and covers the
        time up to now.

        Args:
            symbol: The pair, in any case.
            interval: Length of a candle. Default: 1m.
            limit: Maximum number of candles. Default: 100.
            start_time: Candles begin at or after this. RFC 3339.
            end_time: Candles begin before this. RFC 3339. The default is now.

        Returns:
            The candles.

        Raises:
            APIError: 400. There is no such pair (`InvalidSymbolError`).
            APIError: 422. `code` tells why.
        """
        return self._send(
            _operations.list_candles(symbol, interval=interval, limit=limit, start_time=start_time, end_time=end_time)
        )

    def list_market_trades(self, symbol: str, *, limit: int | None = None) -> MarketTradeList:
        """Latest trades of a pair.

        Trades of the market, newest first. Trades of agents are not among them.

        Args:
            symbol: The pair, in any case.
            limit: Maximum number of trades. Default: 50.

        Returns:
            The trades.

        Raises:
            APIError: 400. There is no such pair (`InvalidSymbolError`).
            APIError: 503. The pair has no price, or no recent one, (`PriceNotAvailableError`).
            APIError: 422. `code` tells why.
        """
        return self._send(_operations.list_market_trades(symbol, limit=limit))

    def get_orderbook(self, symbol: str, *, depth: int | None = None) -> Orderbook:
        """Order book of a pair.

        The best bids, highest first, and the best asks, lowest first, each a price and a quantity.

        Args:
            symbol: The pair, in any case.
            depth: Levels on each side. Default: 10.

        Returns:
            The order book.

        Raises:
            APIError: 400. There is no such pair (`InvalidSymbolError`).
            APIError: 503. The pair has no price, or no recent one, (`PriceNotAvailableError`).
            APIError: 422. `code` tells why.
        """
        return self._send(_operations.get_orderbook(symbol, depth=depth))

    def place_order(
        self,
        *,
        symbol: str,
        side: Side,
        type: OrderType,
        quantity: Decimal | str | int,
        price: Decimal | str | int | None = None,
        trigger_price: Decimal | str | int | None = None,
        client_order_id: str | None = None,
        time_in_force: TimeInForce | None = None,
        agent_id: str | None = None,
        idempotency_key: str | None = None,
    ) -> Order:
        """Place an order.

        Judges the order by every rule, in one step with its effect, and answers what became of it: `filled`,
        `pending` (it rests, and holds what it may take) or `expired`. A refusal (400) changes nothing and says in
        `details` which limit was broken and the `max_allowed_quantity` that would pass. Give every order a
        `client_order_id`: sent again, it answers the order that exists, however long ago that was.

        Args:
            symbol: A pair's symbol, in any case.
            side: What the agent does with the base asset.
            type: When and at what price an order executes. The two conditional types sell only.
            quantity: A decimal greater than zero, as a string, with at most 12 integer digits and 8 decimal
                places.
            price: A decimal greater than zero, as a string, with at most 12 integer digits and 8 decimal
                places.
            trigger_price: A decimal greater than zero, as a string, with at most 12 integer digits and 8
                decimal places.
            client_order_id: The client's own id of an order, unique per agent for ever. Placing the same
                order again returns that order.
            time_in_force: How long an order waits: until it is cancelled (GTC), or not at all (IOC and FOK,
                which mean the same, because orders fill completely).
            agent_id: An account's key or token may name one of the account's agents here; without it, the
                default agent is meant. An agent's key acts only for its own agent.
            idempotency_key: Makes a retry safe: for 24 hours the same caller's same key with the same request
                (method, path, query and body) replays the first answer. With another request it is refused
                (`IDEMPOTENCY_KEY_REUSED`); while the first is still being worked on, `IDEMPOTENCY_IN_FLIGHT`.

        Returns:
            The order, as it was accepted. The order that this `client_order_id` names already, as it is now.

        Raises:
            APIError: 400. The order is refused and nothing has changed: `OrderRejectedError` by a risk limit,
                `InsufficientBalanceError`, `InvalidQuantityError` or `InvalidPriceError` by a filter of the pair,
                `details` as in RefusalDetails; or there is no such pair (`InvalidSymbolError`); or the body is
                not JSON (`MalformedBodyError`).
            APIError: 404. No such agent in this account (`AgentNotFoundError`).
            APIError: 409. Another order has this client_order_id (`DuplicateClientOrderIdError`), the agent
                is archived (`AgentArchivedError`), there is no agent to act for (`AgentRequiredError`), or the
                first request with this Idempotency-Key is still being worked on (`IdempotencyInFlightError`).
            APIError: 503. The pair has no price, or no recent one, (`PriceNotAvailableError`).
            APIError: 401, 403, 422. `code` tells why.
        """
        return self._send(
            _operations.place_order(
                symbol=symbol,
                side=side,
                type=type,
                quantity=quantity,
                price=price,
                trigger_price=trigger_price,
                client_order_id=client_order_id,
                time_in_force=time_in_force,
                agent_id=agent_id,
                idempotency_key=idempotency_key,
            )
        )

    def preview_order(
        self,
        *,
        symbol: str,
        side: Side,
        type: OrderType,
        quantity: Decimal | str | int,
        price: Decimal | str | int | None = None,
        trigger_price: Decimal | str | int | None = None,
        client_order_id: str | None = None,
        time_in_force: TimeInForce | None = None,
        agent_id: str | None = None,
    ) -> Preview:
        """Judge an order without placing it.

        Takes what placing an order takes and answers what would become of it now: whether it would pass, every
        rule with its limit, used and attempted value, the estimated price, fee and cost, and the position once it
        has filled. An order that would be refused is answered 200 too, with the error in `refusal`. Writes
        nothing, so an `Idempotency-Key` is ignored, and `client_order_id` is not looked up.

        Args:
            symbol: A pair's symbol, in any case.
            side: What the agent does with the base asset.
            type: When and at what price an order executes. The two conditional types sell only.
            quantity: A decimal greater than zero, as a string, with at most 12 integer digits and 8 decimal
                places.
            price: A decimal greater than zero, as a string, with at most 12 integer digits and 8 decimal
                places.
            trigger_price: A decimal greater than zero, as a string, with at most 12 integer digits and 8
                decimal places.
            client_order_id: The client's own id of an order, unique per agent for ever. Placing the same
                order again returns that order.
            time_in_force: How long an order waits: until it is cancelled (GTC), or not at all (IOC and FOK,
                which mean the same, because orders fill completely).
            agent_id: An account's key or token may name one of the account's agents here; without it, the
                default agent is meant. An agent's key acts only for its own agent.

        Returns:
            What would become of the order.

        Raises:
            APIError: 400. There is no such pair (`InvalidSymbolError`), the value of the order is too large
                to be computed (`InvalidQuantityError`, filter `value`), or the body is not JSON
                (`MalformedBodyError`).
            APIError: 404. No such agent in this account (`AgentNotFoundError`).
            APIError: 503. The pair has no price, or no recent one, (`PriceNotAvailableError`).
            APIError: 401, 403, 409, 422. `code` tells why.
        """
        return self._send(
            _operations.preview_order(
                symbol=symbol,
                side=side,
                type=type,
                quantity=quantity,
                price=price,
                trigger_price=trigger_price,
                client_order_id=client_order_id,
                time_in_force=time_in_force,
                agent_id=agent_id,
            )
        )

    def get_order(self, order_id: str, *, agent_id: str | None = None) -> Order:
        """Get an order.

        One order of the agent. For another agent's order, the answer is the same as for one that does not exist.

        Args:
            order_id: Order identifier.
            agent_id: An account's key or token may name one of the account's agents here; without it, the
                default agent is meant. An agent's key acts only for its own agent.

        Returns:
            The order.

        Raises:
            APIError: 401, 403, 404, 409, 422. `code` tells why.
        """
        return self._send(_operations.get_order(order_id, agent_id=agent_id))

    def cancel_order(self, order_id: str, *, agent_id: str | None = None) -> Cancellation:
        """Cancel a pending order.

        Cancels the order and releases what it holds. If a cancellation and a fill meet, exactly one of them
        happens.

        Args:
            order_id: Order identifier.
            agent_id: An account's key or token may name one of the account's agents here; without it, the
                default agent is meant. An agent's key acts only for its own agent.

        Returns:
            The order is cancelled.

        Raises:
            APIError: 400. The order is no longer pending (`OrderNotCancellableError`).
            APIError: 401, 403, 404, 409, 422. `code` tells why.
        """
        return self._send(_operations.cancel_order(order_id, agent_id=agent_id))

    def get_order_by_client_id(self, client_order_id: str, *, agent_id: str | None = None) -> Order:
        """Get an order by its client_order_id.

        The agent's order with this `client_order_id`.

        Args:
            client_order_id: The id that the client gave the order.
            agent_id: An account's key or token may name one of the account's agents here; without it, the
                default agent is meant. An agent's key acts only for its own agent.

        Returns:
            The order.

        Raises:
            APIError: 401, 403, 404, 409, 422. `code` tells why.
        """
        return self._send(_operations.get_order_by_client_id(client_order_id, agent_id=agent_id))

    def list_orders(
        self,
        *,
        status: OrderStatus | None = None,
        symbol: str | None = None,
        limit: int | None = None,
        offset: int | None = None,
        agent_id: str | None = None,
    ) -> OrderList:
        """List orders.

        The agent's orders of all sessions, newest first. `total` counts all that match, not only this page.

        Args:
            status: Only orders with this status.
            symbol: Only this pair, in any case. An unknown symbol matches nothing.
            limit: Page size. Default: 100.
            offset: How many to skip before the page begins. Default: 0.
            agent_id: An account's key or token may name one of the account's agents here; without it, the
                default agent is meant. An agent's key acts only for its own agent.

        Returns:
            Orders, newest first.

        Raises:
            APIError: 404. No such agent in this account (`AgentNotFoundError`).
            APIError: 401, 403, 409, 422. `code` tells why.
        """
        return self._send(
            _operations.list_orders(status=status, symbol=symbol, limit=limit, offset=offset, agent_id=agent_id)
        )

    def iter_orders(
        self,
        *,
        status: OrderStatus | None = None,
        symbol: str | None = None,
        agent_id: str | None = None,
        page_size: int = 100,
    ) -> Iterator[Order]:
        """Every row of `list_orders`.

        Pages are fetched when needed. If rows are added or removed meanwhile, others can appear twice or not at all.
        """
        offset, more = 0, True
        while more:
            page = self.list_orders(status=status, symbol=symbol, agent_id=agent_id, limit=page_size, offset=offset)
            yield from page.orders
            offset, more = offset + page_size, len(page.orders) == page_size

    def list_open_orders(
        self,
        *,
        symbol: str | None = None,
        limit: int | None = None,
        offset: int | None = None,
        agent_id: str | None = None,
    ) -> OrderList:
        """List pending orders.

        The agent's pending orders, newest first, in the format of `GET /api/v1/trade/orders`.

        Args:
            symbol: Only this pair, in any case. An unknown symbol matches nothing.
            limit: Page size. Default: 100.
            offset: How many to skip before the page begins. Default: 0.
            agent_id: An account's key or token may name one of the account's agents here; without it, the
                default agent is meant. An agent's key acts only for its own agent.

        Returns:
            Orders, newest first.

        Raises:
            APIError: 404. No such agent in this account (`AgentNotFoundError`).
            APIError: 401, 403, 409, 422. `code` tells why.
        """
        return self._send(_operations.list_open_orders(symbol=symbol, limit=limit, offset=offset, agent_id=agent_id))

    def iter_open_orders(
        self, *, symbol: str | None = None, agent_id: str | None = None, page_size: int = 100
    ) -> Iterator[Order]:
        """Every row of `list_open_orders`.

        Pages are fetched when needed. If rows are added or removed meanwhile, others can appear twice or not at all.
        """
        offset, more = 0, True
        while more:
            page = self.list_open_orders(symbol=symbol, agent_id=agent_id, limit=page_size, offset=offset)
            yield from page.orders
            offset, more = offset + page_size, len(page.orders) == page_size

    def cancel_all_orders(self, *, agent_id: str | None = None) -> CancelledOrders:
        """Cancel every pending order.

        Cancels all pending orders of the agent in one transaction and releases what they hold. Without pending
        orders, nothing changes.

        Args:
            agent_id: An account's key or token may name one of the account's agents here; without it, the
                default agent is meant. An agent's key acts only for its own agent.

        Returns:
            What was cancelled.

        Raises:
            APIError: 404. No such agent in this account (`AgentNotFoundError`).
            APIError: 401, 403, 409, 422. `code` tells why.
        """
        return self._send(_operations.cancel_all_orders(agent_id=agent_id))

    def list_trades(
        self,
        *,
        symbol: str | None = None,
        side: Side | None = None,
        limit: int | None = None,
        offset: int | None = None,
        agent_id: str | None = None,
    ) -> TradeList:
        """List trades.

        The agent's trades of all sessions, newest first. `total` counts all that match, not only this page.

        Args:
            symbol: Only this pair, in any case. An unknown symbol matches nothing.
            side: Only trades of this side.
            limit: Page size. Default: 50.
            offset: How many to skip before the page begins. Default: 0.
            agent_id: An account's key or token may name one of the account's agents here; without it, the
                default agent is meant. An agent's key acts only for its own agent.

        Returns:
            Trades, newest first.

        Raises:
            APIError: 404. No such agent in this account (`AgentNotFoundError`).
            APIError: 401, 403, 409, 422. `code` tells why.
        """
        return self._send(
            _operations.list_trades(symbol=symbol, side=side, limit=limit, offset=offset, agent_id=agent_id)
        )

    def iter_trades(
        self, *, symbol: str | None = None, side: Side | None = None, agent_id: str | None = None, page_size: int = 50
    ) -> Iterator[Trade]:
        """Every row of `list_trades`.

        Pages are fetched when needed. If rows are added or removed meanwhile, others can appear twice or not at all.
        """
        offset, more = 0, True
        while more:
            page = self.list_trades(symbol=symbol, side=side, agent_id=agent_id, limit=page_size, offset=offset)
            yield from page.trades
            offset, more = offset + page_size, len(page.trades) == page_size

    def get_account_info(self, *, agent_id: str | None = None) -> AccountInfo:
        """Who the agent is.

        The agent in scope, its limits and its current session.

        Args:
            agent_id: An account's key or token may name one of the account's agents here; without it, the
                default agent is meant. An agent's key acts only for its own agent.

        Returns:
            The agent in scope.

        Raises:
            APIError: 404. No such agent in this account (`AgentNotFoundError`).
            APIError: 401, 403, 409, 422. `code` tells why.
        """
        return self._send(_operations.get_account_info(agent_id=agent_id))

    def get_balance(self, *, agent_id: str | None = None) -> BalanceList:
        """Balances.

        What the agent has of each asset, USDT first, then by name, and its total equity.

        Args:
            agent_id: An account's key or token may name one of the account's agents here; without it, the
                default agent is meant. An agent's key acts only for its own agent.

        Returns:
            The balances.

        Raises:
            APIError: 404. No such agent in this account (`AgentNotFoundError`).
            APIError: 401, 403, 409, 422. `code` tells why.
        """
        return self._send(_operations.get_balance(agent_id=agent_id))

    def get_positions(self, *, agent_id: str | None = None) -> PositionList:
        """Open positions.

        The agent's open positions, by symbol, at the last known prices.

        Args:
            agent_id: An account's key or token may name one of the account's agents here; without it, the
                default agent is meant. An agent's key acts only for its own agent.

        Returns:
            The positions.

        Raises:
            APIError: 404. No such agent in this account (`AgentNotFoundError`).
            APIError: 401, 403, 409, 422. `code` tells why.
        """
        return self._send(_operations.get_positions(agent_id=agent_id))

    def get_portfolio(self, *, agent_id: str | None = None) -> Portfolio:
        """Equity, cash, positions and P&L.

        Everything the agent has, and its gain on the starting balance, at one moment.

        Args:
            agent_id: An account's key or token may name one of the account's agents here; without it, the
                default agent is meant. An agent's key acts only for its own agent.

        Returns:
            The portfolio.

        Raises:
            APIError: 404. No such agent in this account (`AgentNotFoundError`).
            APIError: 401, 403, 409, 422. `code` tells why.
        """
        return self._send(_operations.get_portfolio(agent_id=agent_id))

    def get_pnl(self, *, period: PnlPeriod | None = None, agent_id: str | None = None) -> Pnl:
        """Profit and loss.

        Realized P&L, fees, wins and losses of the period's trades, and the current unrealized P&L. For `all`,
        total_pnl = equity − starting balance.

        Args:
            period: How far back from now. Default: all.
            agent_id: An account's key or token may name one of the account's agents here; without it, the
                default agent is meant. An agent's key acts only for its own agent.

        Returns:
            Profit and loss.

        Raises:
            APIError: 404. No such agent in this account (`AgentNotFoundError`).
            APIError: 401, 403, 409, 422. `code` tells why.
        """
        return self._send(_operations.get_pnl(period=period, agent_id=agent_id))

    def get_risk(self, *, agent_id: str | None = None) -> Risk:
        """Headroom under the risk limits.

        How much of each risk limit is used at this moment, and how much is left.

        Args:
            agent_id: An account's key or token may name one of the account's agents here; without it, the
                default agent is meant. An agent's key acts only for its own agent.

        Returns:
            The headroom.

        Raises:
            APIError: 404. No such agent in this account (`AgentNotFoundError`).
            APIError: 401, 403, 409, 422. `code` tells why.
        """
        return self._send(_operations.get_risk(agent_id=agent_id))

    def list_ledger(
        self,
        *,
        asset: str | None = None,
        limit: int | None = None,
        offset: int | None = None,
        agent_id: str | None = None,
    ) -> Ledger:
        """Double-entry ledger.

        Every change of the agent's balances, newest first. A transfer is two entries that add up to zero: one in
        a bucket of the agent (`available` or `locked`), and one in the bucket that the amount came from or went
        to. `total` counts all that match, not only this page.

        Args:
            asset: Only entries of this asset, in any case.
            limit: Page size. Default: 100.
            offset: How many to skip before the page begins. Default: 0.
            agent_id: An account's key or token may name one of the account's agents here; without it, the
                default agent is meant. An agent's key acts only for its own agent.

        Returns:
            Entries, newest first.

        Raises:
            APIError: 404. No such agent in this account (`AgentNotFoundError`).
            APIError: 401, 403, 409, 422. `code` tells why.
        """
        return self._send(_operations.list_ledger(asset=asset, limit=limit, offset=offset, agent_id=agent_id))

    def iter_ledger(
        self, *, asset: str | None = None, agent_id: str | None = None, page_size: int = 100
    ) -> Iterator[LedgerEntry]:
        """Every row of `list_ledger`.

        Pages are fetched when needed. If rows are added or removed meanwhile, others can appear twice or not at all.
        """
        offset, more = 0, True
        while more:
            page = self.list_ledger(asset=asset, agent_id=agent_id, limit=page_size, offset=offset)
            yield from page.entries
            offset, more = offset + page_size, len(page.entries) == page_size

    def reconcile(self, *, agent_id: str | None = None) -> Reconciliation:
        """Check the balances against the ledger.

        Adds up the agent's ledger and compares it with the balances, per asset, and compares what is locked with
        the open orders, all in one snapshot.

        Args:
            agent_id: An account's key or token may name one of the account's agents here; without it, the
                default agent is meant. An agent's key acts only for its own agent.

        Returns:
            The comparison.

        Raises:
            APIError: 404. No such agent in this account (`AgentNotFoundError`).
            APIError: 401, 403, 409, 422. `code` tells why.
        """
        return self._send(_operations.reconcile(agent_id=agent_id))

    def reset_account(
        self,
        *,
        starting_balance: Decimal | str | int | None = None,
        confirm: bool | None = None,
        agent_id: str | None = None,
        idempotency_key: str | None = None,
    ) -> AccountReset:
        """Reset the agent to its starting balance.

        In one transaction: cancels every pending order, closes every position at its last known price, without a
        trade, sets USDT to the starting balance and begins a new session. Order and trade history stay. Only the
        account's key or token may do this: an agent may not lift its own loss limit, so its key gets 403
        `PERMISSION_DENIED`. For an archived agent, the answer is 409.

        Args:
            starting_balance: A decimal greater than zero, as a string, with at most 12 integer digits and 8
                decimal places.
            confirm: Confirms the reset. Optional, but it must not be false.
            agent_id: An account's key or token may name one of the account's agents here; without it, the
                default agent is meant. An agent's key acts only for its own agent.
            idempotency_key: Makes a retry safe: for 24 hours the same caller's same key with the same request
                (method, path, query and body) replays the first answer. With another request it is refused
                (`IDEMPOTENCY_KEY_REUSED`); while the first is still being worked on, `IDEMPOTENCY_IN_FLIGHT`.

        Returns:
            The session that ended and the one that began.

        Raises:
            APIError: 400. The body is not JSON (`MalformedBodyError`).
            APIError: 404. No such agent in this account (`AgentNotFoundError`).
            APIError: 401, 403, 409, 422. `code` tells why.
        """
        return self._send(
            _operations.reset_account(
                starting_balance=starting_balance, confirm=confirm, agent_id=agent_id, idempotency_key=idempotency_key
            )
        )

    def get_performance(self, *, period: Period | None = None, agent_id: str | None = None) -> Performance:
        """Performance figures.

        The agent's ratios, drawdown and trade statistics over a period.

        Args:
            period: How far back from now. Default: all.
            agent_id: An account's key or token may name one of the account's agents here; without it, the
                default agent is meant. An agent's key acts only for its own agent.

        Returns:
            The figures.

        Raises:
            APIError: 404. No such agent in this account (`AgentNotFoundError`).
            APIError: 401, 403, 409, 422. `code` tells why.
        """
        return self._send(_operations.get_performance(period=period, agent_id=agent_id))

    def get_portfolio_history(
        self, *, interval: HistoryInterval | None = None, limit: int | None = None, agent_id: str | None = None
    ) -> PortfolioHistory:
        """Equity over time.

        One snapshot per interval since the agent was created, oldest first; if there are more than `limit`, the
        newest ones. A snapshot has the last known equity of its interval; if there is none, that of the interval
        before. The last interval is not over yet. The curve continues across resets, so it may jump there.

        Args:
            interval: Length of an interval. Intervals begin at full minutes, hours or days of UTC. Default:
                1h.
            limit: Maximum number of snapshots. Default: 100.
            agent_id: An account's key or token may name one of the account's agents here; without it, the
                default agent is meant. An agent's key acts only for its own agent.

        Returns:
            The equity curve.

        Raises:
            APIError: 404. No such agent in this account (`AgentNotFoundError`).
            APIError: 401, 403, 409, 422. `code` tells why.
        """
        return self._send(_operations.get_portfolio_history(interval=interval, limit=limit, agent_id=agent_id))

    def get_leaderboard(
        self, *, period: Period | None = None, limit: int | None = None, agent_id: str | None = None
    ) -> Leaderboard:
        """Ranking of the account's agents.

        The account's agents that are not archived, by `roi_pct` over the period, highest first; ties are sorted
        by agent_id. An agent's own key sees the ranking of its whole account. The agent in scope makes no
        difference.

        Args:
            period: How far back from now. Default: all.
            limit: Maximum number of agents. Default: 20.
            agent_id: An account's key or token may name one of the account's agents here; without it, the
                default agent is meant. An agent's key acts only for its own agent.

        Returns:
            The ranking.

        Raises:
            APIError: 404. No such agent in this account (`AgentNotFoundError`).
            APIError: 401, 403, 409, 422. `code` tells why.
        """
        return self._send(_operations.get_leaderboard(period=period, limit=limit, agent_id=agent_id))

    def get_health(self) -> Health:
        """Is the process alive.

        Returns 200 as long as the process serves requests. Checks nothing else.

        Returns:
            Alive.

        Raises:
            APIError: 422. `code` tells why.
        """
        return self._send(_operations.get_health())

    def get_readiness(self) -> Health:
        """Can the server take requests.

        Returns 200 when the database is reachable and migrated and there are prices, and 503 otherwise or once
        the server is shutting down, so that a load balancer sends no more requests.

        Returns:
            Ready.

        Raises:
            APIError: 503. Temporarily not possible; try again after `Retry-After` seconds.
            APIError: 422. `code` tells why.
        """
        return self._send(_operations.get_readiness())
