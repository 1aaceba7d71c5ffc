"""The asynchronous client."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from . import _operations
from ._async import AsyncClient
from ._codec import UNSET, Unset
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


class AsyncAgentExchangeClient(AsyncClient):
    """A client for AgentExchange and asyncio, with a coroutine for every operation.

    Besides its documented errors, each may raise MissingCredentialsError, APIConnectionError, and APIError for a
    failure of the server itself.
    """

    async def register(
        self,
        *,
        display_name: str,
        email: str | None = None,
        starting_balance: Decimal | str | int | None = None,
        idempotency_key: str | None = None,
    ) -> AccountCredentials:
        """Register an account.

        Creates an account, and in the same transaction its default agent, named `<display_name>'s Agent` (the
        name cut to fit 100 characters). The answer holds the account's API key and secret and the agent's API
        key. The secret is shown this once and cannot be recovered.

        An `Idempotency-Key` here must have at least 32 characters: as nobody is authenticated yet, the key itself
        is what allows a repeat to read the first answer. Choose it at random, such as a UUID, and keep it secret.

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
        return await self._send(
            _operations.register(
                display_name=display_name,
                email=email,
                starting_balance=starting_balance,
                idempotency_key=idempotency_key,
            )
        )

    async def login(self, *, api_key: str, api_secret: str) -> Token:
        """Exchange an account's key and secret for a token.

        Answers a token that is valid for one hour, signed with Ed25519; the public keys are at
        `/.well-known/jwks.json`. Whichever half is wrong, the answer is the same 401. Creates nothing, so an
        `Idempotency-Key` is ignored.

        Args:
            api_key: The account's API key.
            api_secret: The account's secret.

        Returns:
            A bearer token.

        Raises:
            APIError: 400. The body is not JSON (`MalformedBodyError`).
            APIError: 401, 422. `code` tells why.
        """
        return await self._send(_operations.login(api_key=api_key, api_secret=api_secret))

    async def get_jwks(self) -> Jwks:
        """Public keys that verify the tokens.

        A JSON Web Key Set (RFC 7517) of Ed25519 keys (RFC 8037), the one that signs now first.

        Returns:
            The key set.

        Raises:
            APIError: 422. `code` tells why.
        """
        return await self._send(_operations.get_jwks())

    async def list_agents(
        self, *, include_archived: bool | None = None, limit: int | None = None, offset: int | None = None
    ) -> AgentList:
        """List agents.

        The account's agents, oldest first. `total` counts all that match, not the page.

        Args:
            include_archived: Include archived agents in the list. Default: False.
            limit: Page size. Default: 100.
            offset: How many to pass over before the page begins. Default: 0.

        Returns:
            Agents, oldest first.

        Raises:
            APIError: 401, 422. `code` tells why.
        """
        return await self._send(_operations.list_agents(include_archived=include_archived, limit=limit, offset=offset))

    async def iter_agents(self, *, include_archived: bool | None = None, page_size: int = 100) -> AsyncIterator[Agent]:
        """Every row of `list_agents`.

        Pages are fetched when needed. If rows are added or removed meanwhile, others can appear twice or not at all.
        """
        offset, more = 0, True
        while more:
            page = await self.list_agents(include_archived=include_archived, limit=page_size, offset=offset)
            for row in page.agents:
                yield row
            offset, more = offset + page_size, len(page.agents) == page_size

    async def create_agent(
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

        Creates a trading agent, funds it with its starting balance in USDT, and answers its API key. Save the
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
            risk_profile: Limits that differ from the defaults; each may be left out.
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
        return await self._send(
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

    async def get_agent_overview(self) -> AgentList:
        """Overview of the active agents.

        Every agent of the account that is not archived, oldest first, in the shape of the list.

        Returns:
            Agents, oldest first.

        Raises:
            APIError: 401. `code` tells why.
        """
        return await self._send(_operations.get_agent_overview())

    async def get_agent(self, agent_id: str) -> Agent:
        """Get an agent.

        One agent of the account. Another account's agent is answered like one that does not exist.

        Args:
            agent_id: Agent identifier.

        Returns:
            The agent.

        Raises:
            APIError: 404. No such agent in this account (`AgentNotFoundError`).
            APIError: 401, 422. `code` tells why.
        """
        return await self._send(_operations.get_agent(agent_id))

    async def update_agent(
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

        Changes the fields that are sent and no others. `null` clears `llm_model`, `framework` and `color`;
        `strategy_tags` replaces the whole list.

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
        return await self._send(
            _operations.update_agent(
                agent_id,
                display_name=display_name,
                llm_model=llm_model,
                framework=framework,
                strategy_tags=strategy_tags,
                color=color,
            )
        )

    async def delete_agent(self, agent_id: str) -> None:
        """Delete an agent for good.

        Deletes the agent and everything of it: key, balances, orders, positions, trades and history. There is no
        way back; `POST /api/v1/agents/{agent_id}/archive` disables an agent and keeps its data. Stored answers to
        its owner's requests with an Idempotency-Key, not its own, go when they expire, within 24 hours.

        Args:
            agent_id: Agent identifier.

        Raises:
            APIError: 404. No such agent in this account (`AgentNotFoundError`).
            APIError: 401, 422. `code` tells why.
        """
        return await self._send(_operations.delete_agent(agent_id))

    async def clone_agent(
        self, agent_id: str, *, new_name: str | None = None, idempotency_key: str | None = None
    ) -> AgentCredentials:
        """Clone an agent's configuration.

        Makes a new, active agent with the source's starting balance, risk profile, strategy tags, model and
        framework, whatever the source's status. Balance and key are fresh; nothing of the source's history is
        copied.

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
        return await self._send(_operations.clone_agent(agent_id, new_name=new_name, idempotency_key=idempotency_key))

    async def reset_agent(self, agent_id: str, *, idempotency_key: str | None = None) -> Agent:
        """Reset an agent to its starting balance.

        In one transaction: cancels every open order, closes every position, restores USDT to the starting balance
        and begins a new session. History is kept. An archived agent comes back active, and empty.

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
        return await self._send(_operations.reset_agent(agent_id, idempotency_key=idempotency_key))

    async def archive_agent(self, agent_id: str, *, idempotency_key: str | None = None) -> Agent:
        """Archive an agent.

        Takes the agent out of the lists and stops its key; open orders are cancelled, balances, positions and
        history stay. Archiving an archived agent changes nothing and answers the same.

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
        return await self._send(_operations.archive_agent(agent_id, idempotency_key=idempotency_key))

    async def unarchive_agent(self, agent_id: str, *, idempotency_key: str | None = None) -> Agent:
        """Bring an archived agent back.

        Makes an archived agent active again, as it was: same key, balances, positions and history. Unarchiving an
        active agent changes nothing and answers the same.

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
        return await self._send(_operations.unarchive_agent(agent_id, idempotency_key=idempotency_key))

    async def get_agent_api_key(self, agent_id: str) -> AgentKey:
        """Get an agent's API key.

        The agent's current API key in full, to put it back into a running agent process.

        Args:
            agent_id: Agent identifier.

        Returns:
            The key.

        Raises:
            APIError: 404. No such agent in this account (`AgentNotFoundError`).
            APIError: 401, 422. `code` tells why.
        """
        return await self._send(_operations.get_agent_api_key(agent_id))

    async def regenerate_agent_key(self, agent_id: str, *, idempotency_key: str | None = None) -> AgentKey:
        """Replace an agent's API key.

        Makes a new key. The old one is refused from the moment this answer is sent, on every replica. Of several
        at once, exactly one key lives in the end: that of the last.

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
        return await self._send(_operations.regenerate_agent_key(agent_id, idempotency_key=idempotency_key))

    async def get_agent_risk(self, agent_id: str) -> RiskProfile:
        """Get an agent's risk limits.

        The effective limits, that is, the three by which the agent's next order is judged.

        Args:
            agent_id: Agent identifier.

        Returns:
            The three limits.

        Raises:
            APIError: 404. No such agent in this account (`AgentNotFoundError`).
            APIError: 401, 422. `code` tells why.
        """
        return await self._send(_operations.get_agent_risk(agent_id))

    async def update_agent_risk(
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
        return await self._send(
            _operations.update_agent_risk(
                agent_id,
                max_position_size_pct=max_position_size_pct,
                daily_loss_limit_pct=daily_loss_limit_pct,
                max_open_orders=max_open_orders,
            )
        )

    async def get_agent_skill(self, agent_id: str, *, include_key: bool | None = None) -> str:
        """Download an agent's skill file.

        A Markdown file for an LLM agent's context: the agent's id and key, its limits, and the reference of the
        operations that its key may call.

        Args:
            agent_id: Agent identifier.
            include_key: With `false` the file holds `$AGENTEXCHANGE_API_KEY` in place of the key. Default:
                True.

        Returns:
            The skill file.

        Raises:
            APIError: 404. No such agent in this account (`AgentNotFoundError`).
            APIError: 401, 422. `code` tells why.
        """
        return await self._send(_operations.get_agent_skill(agent_id, include_key=include_key))

    async def list_pairs(self) -> PairList:
        """Trading pairs and their filters.

        Every pair, by symbol, with the filters that an order of it must pass.

        Returns:
            The pairs.

        Raises:
            APIError: 422. `code` tells why.
        """
        return await self._send(_operations.list_pairs())

    async def get_price(self, symbol: str) -> Price:
        """Current price of a pair.

        The newest price. One older than 30 seconds is not answered, and nothing trades at it.

        Args:
            symbol: The pair, in any case.

        Returns:
            The price.

        Raises:
            APIError: 400. There is no such pair (`InvalidSymbolError`).
            APIError: 503. The pair has no price yet, or none that is recent enough
                (`PriceNotAvailableError`).
            APIError: 422. `code` tells why.
        """
        return await self._send(_operations.get_price(symbol))

    async def list_prices(self, *, symbols: list[str] | None = None) -> PriceList:
        """Current prices of several pairs.

        The newest price of each of the symbols, in their order; without `symbols`, of every pair that has a price
        no older than 30 seconds, by symbol.

        Args:
            symbols: Symbols, separated by commas, in any case.

        Returns:
            The prices.

        Raises:
            APIError: 400. There is no such pair (`InvalidSymbolError`).
            APIError: 503. The pair has no price yet, or none that is recent enough
                (`PriceNotAvailableError`).
            APIError: 422. `code` tells why.
        """
        return await self._send(_operations.list_prices(symbols=symbols))

    async def get_ticker(self, symbol: str) -> Ticker:
        """Rolling 24 hours of a pair.

        What happened in the last 24 hours, which end now and not at midnight.

        Args:
            symbol: The pair, in any case.

        Returns:
            The ticker.

        Raises:
            APIError: 400. There is no such pair (`InvalidSymbolError`).
            APIError: 503. The pair has no price yet, or none that is recent enough
                (`PriceNotAvailableError`).
            APIError: 422. `code` tells why.
        """
        return await self._send(_operations.get_ticker(symbol))

    async def list_candles(
        self,
        symbol: str,
        *,
        interval: ListCandlesInterval | None = None,
        limit: int | None = None,
        start_time: datetime | None = None,
        end_time: datetime | None = None,
    ) -> CandleList:
        """Candles of a pair.

        Candles, oldest first, aligned to UTC. With `start_time` the first ones that begin at or after it;
        without, the last ones that begin before `end_time`. The last candle of all is unfinished and covers what
        has happened so far.

        Args:
            symbol: The pair, in any case.
            interval: Length of a candle. Default: 1m.
            limit: Most candles to answer. Default: 100.
            start_time: Beginning of the first candle, or earlier. RFC 3339.
            end_time: Candles begin before this. RFC 3339. Default, now.

        Returns:
            The candles.

        Raises:
            APIError: 400. There is no such pair (`InvalidSymbolError`).
            APIError: 422. `code` tells why.
        """
        return await self._send(
            _operations.list_candles(symbol, interval=interval, limit=limit, start_time=start_time, end_time=end_time)
        )

    async def list_market_trades(self, symbol: str, *, limit: int | None = None) -> MarketTradeList:
        """Latest trades of a pair.

        Trades of the market, newest first. They are not those of your agents.

        Args:
            symbol: The pair, in any case.
            limit: Most trades to answer. Default: 50.

        Returns:
            The trades.

        Raises:
            APIError: 400. There is no such pair (`InvalidSymbolError`).
            APIError: 503. The pair has no price yet, or none that is recent enough
                (`PriceNotAvailableError`).
            APIError: 422. `code` tells why.
        """
        return await self._send(_operations.list_market_trades(symbol, limit=limit))

    async def get_orderbook(self, symbol: str, *, depth: int | None = None) -> Orderbook:
        """Order book of a pair.

        The best bids, highest first, and the best asks, lowest first, each a price and a quantity.

        Args:
            symbol: The pair, in any case.
            depth: Levels on each side. Default: 10.

        Returns:
            The order book.

        Raises:
            APIError: 400. There is no such pair (`InvalidSymbolError`).
            APIError: 503. The pair has no price yet, or none that is recent enough
                (`PriceNotAvailableError`).
            APIError: 422. `code` tells why.
        """
        return await self._send(_operations.get_orderbook(symbol, depth=depth))

    async def place_order(
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
                order again answers that order.
            time_in_force: For how long an order stands: until it is cancelled (GTC), or only for this moment
                (IOC and FOK, which come to the same, as orders fill whole).
            agent_id: An account's key or token may name one of the account's agents here; without, it acts
                for the default agent. An agent's key acts for its own agent alone.
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
            APIError: 503. The pair has no price yet, or none that is recent enough
                (`PriceNotAvailableError`).
            APIError: 401, 403, 422. `code` tells why.
        """
        return await self._send(
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

    async def preview_order(
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
                order again answers that order.
            time_in_force: For how long an order stands: until it is cancelled (GTC), or only for this moment
                (IOC and FOK, which come to the same, as orders fill whole).
            agent_id: An account's key or token may name one of the account's agents here; without, it acts
                for the default agent. An agent's key acts for its own agent alone.

        Returns:
            What would become of the order.

        Raises:
            APIError: 400. There is no such pair (`InvalidSymbolError`), the value of the order is too large
                to be computed (`InvalidQuantityError`, filter `value`), or the body is not JSON
                (`MalformedBodyError`).
            APIError: 404. No such agent in this account (`AgentNotFoundError`).
            APIError: 503. The pair has no price yet, or none that is recent enough
                (`PriceNotAvailableError`).
            APIError: 401, 403, 409, 422. `code` tells why.
        """
        return await self._send(
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

    async def get_order(self, order_id: str, *, agent_id: str | None = None) -> Order:
        """Get an order.

        One order of the agent. Another agent's order is answered like one that does not exist.

        Args:
            order_id: Order identifier.
            agent_id: An account's key or token may name one of the account's agents here; without, it acts
                for the default agent. An agent's key acts for its own agent alone.

        Returns:
            The order.

        Raises:
            APIError: 401, 403, 404, 409, 422. `code` tells why.
        """
        return await self._send(_operations.get_order(order_id, agent_id=agent_id))

    async def cancel_order(self, order_id: str, *, agent_id: str | None = None) -> Cancellation:
        """Cancel a pending order.

        Cancels the order and releases what it holds. Of a cancellation and a fill at the same time exactly one
        happens.

        Args:
            order_id: Order identifier.
            agent_id: An account's key or token may name one of the account's agents here; without, it acts
                for the default agent. An agent's key acts for its own agent alone.

        Returns:
            The order is cancelled.

        Raises:
            APIError: 400. The order is not pending any more (`OrderNotCancellableError`).
            APIError: 401, 403, 404, 409, 422. `code` tells why.
        """
        return await self._send(_operations.cancel_order(order_id, agent_id=agent_id))

    async def get_order_by_client_id(self, client_order_id: str, *, agent_id: str | None = None) -> Order:
        """Get an order by its client_order_id.

        The order of the agent that was placed with this `client_order_id`.

        Args:
            client_order_id: The id that the client gave the order.
            agent_id: An account's key or token may name one of the account's agents here; without, it acts
                for the default agent. An agent's key acts for its own agent alone.

        Returns:
            The order.

        Raises:
            APIError: 401, 403, 404, 409, 422. `code` tells why.
        """
        return await self._send(_operations.get_order_by_client_id(client_order_id, agent_id=agent_id))

    async def list_orders(
        self,
        *,
        status: OrderStatus | None = None,
        symbol: str | None = None,
        limit: int | None = None,
        offset: int | None = None,
        agent_id: str | None = None,
    ) -> OrderList:
        """List orders.

        The agent's orders, those of earlier sessions too, newest first. `total` counts all that match, not the
        page.

        Args:
            status: Only orders with this status.
            symbol: Only those of this pair, in any case. A symbol that is no pair matches nothing.
            limit: Page size. Default: 100.
            offset: How many to pass over before the page begins. Default: 0.
            agent_id: An account's key or token may name one of the account's agents here; without, it acts
                for the default agent. An agent's key acts for its own agent alone.

        Returns:
            Orders, newest first.

        Raises:
            APIError: 404. No such agent in this account (`AgentNotFoundError`).
            APIError: 401, 403, 409, 422. `code` tells why.
        """
        return await self._send(
            _operations.list_orders(status=status, symbol=symbol, limit=limit, offset=offset, agent_id=agent_id)
        )

    async def iter_orders(
        self,
        *,
        status: OrderStatus | None = None,
        symbol: str | None = None,
        agent_id: str | None = None,
        page_size: int = 100,
    ) -> AsyncIterator[Order]:
        """Every row of `list_orders`.

        Pages are fetched when needed. If rows are added or removed meanwhile, others can appear twice or not at all.
        """
        offset, more = 0, True
        while more:
            page = await self.list_orders(
                status=status, symbol=symbol, agent_id=agent_id, limit=page_size, offset=offset
            )
            for row in page.orders:
                yield row
            offset, more = offset + page_size, len(page.orders) == page_size

    async def list_open_orders(
        self,
        *,
        symbol: str | None = None,
        limit: int | None = None,
        offset: int | None = None,
        agent_id: str | None = None,
    ) -> OrderList:
        """List pending orders.

        The agent's pending orders, newest first, in the shape of the list.

        Args:
            symbol: Only those of this pair, in any case. A symbol that is no pair matches nothing.
            limit: Page size. Default: 100.
            offset: How many to pass over before the page begins. Default: 0.
            agent_id: An account's key or token may name one of the account's agents here; without, it acts
                for the default agent. An agent's key acts for its own agent alone.

        Returns:
            Orders, newest first.

        Raises:
            APIError: 404. No such agent in this account (`AgentNotFoundError`).
            APIError: 401, 403, 409, 422. `code` tells why.
        """
        return await self._send(
            _operations.list_open_orders(symbol=symbol, limit=limit, offset=offset, agent_id=agent_id)
        )

    async def iter_open_orders(
        self, *, symbol: str | None = None, agent_id: str | None = None, page_size: int = 100
    ) -> AsyncIterator[Order]:
        """Every row of `list_open_orders`.

        Pages are fetched when needed. If rows are added or removed meanwhile, others can appear twice or not at all.
        """
        offset, more = 0, True
        while more:
            page = await self.list_open_orders(symbol=symbol, agent_id=agent_id, limit=page_size, offset=offset)
            for row in page.orders:
                yield row
            offset, more = offset + page_size, len(page.orders) == page_size

    async def cancel_all_orders(self, *, agent_id: str | None = None) -> CancelledOrders:
        """Cancel every pending order.

        Cancels all pending orders of the agent in one transaction and releases what they hold. With none it
        changes nothing.

        Args:
            agent_id: An account's key or token may name one of the account's agents here; without, it acts
                for the default agent. An agent's key acts for its own agent alone.

        Returns:
            What was cancelled.

        Raises:
            APIError: 404. No such agent in this account (`AgentNotFoundError`).
            APIError: 401, 403, 409, 422. `code` tells why.
        """
        return await self._send(_operations.cancel_all_orders(agent_id=agent_id))

    async def list_trades(
        self,
        *,
        symbol: str | None = None,
        side: Side | None = None,
        limit: int | None = None,
        offset: int | None = None,
        agent_id: str | None = None,
    ) -> TradeList:
        """List trades.

        The agent's trades, those of earlier sessions too, newest first. `total` counts all that match, not the
        page.

        Args:
            symbol: Only those of this pair, in any case. A symbol that is no pair matches nothing.
            side: Only trades of this side.
            limit: Page size. Default: 50.
            offset: How many to pass over before the page begins. Default: 0.
            agent_id: An account's key or token may name one of the account's agents here; without, it acts
                for the default agent. An agent's key acts for its own agent alone.

        Returns:
            Trades, newest first.

        Raises:
            APIError: 404. No such agent in this account (`AgentNotFoundError`).
            APIError: 401, 403, 409, 422. `code` tells why.
        """
        return await self._send(
            _operations.list_trades(symbol=symbol, side=side, limit=limit, offset=offset, agent_id=agent_id)
        )

    async def iter_trades(
        self, *, symbol: str | None = None, side: Side | None = None, agent_id: str | None = None, page_size: int = 50
    ) -> AsyncIterator[Trade]:
        """Every row of `list_trades`.

        Pages are fetched when needed. If rows are added or removed meanwhile, others can appear twice or not at all.
        """
        offset, more = 0, True
        while more:
            page = await self.list_trades(symbol=symbol, side=side, agent_id=agent_id, limit=page_size, offset=offset)
            for row in page.trades:
                yield row
            offset, more = offset + page_size, len(page.trades) == page_size

    async def get_account_info(self, *, agent_id: str | None = None) -> AccountInfo:
        """Who the agent is.

        The agent in scope, its limits and its current session.

        Args:
            agent_id: An account's key or token may name one of the account's agents here; without, it acts
                for the default agent. An agent's key acts for its own agent alone.

        Returns:
            The agent in scope.

        Raises:
            APIError: 404. No such agent in this account (`AgentNotFoundError`).
            APIError: 401, 403, 409, 422. `code` tells why.
        """
        return await self._send(_operations.get_account_info(agent_id=agent_id))

    async def get_balance(self, *, agent_id: str | None = None) -> BalanceList:
        """Balances.

        What the agent has of each asset, USDT first, then by name, and the equity that it comes to.

        Args:
            agent_id: An account's key or token may name one of the account's agents here; without, it acts
                for the default agent. An agent's key acts for its own agent alone.

        Returns:
            The balances.

        Raises:
            APIError: 404. No such agent in this account (`AgentNotFoundError`).
            APIError: 401, 403, 409, 422. `code` tells why.
        """
        return await self._send(_operations.get_balance(agent_id=agent_id))

    async def get_positions(self, *, agent_id: str | None = None) -> PositionList:
        """Open positions.

        The agent's open positions, by symbol, at the last known prices.

        Args:
            agent_id: An account's key or token may name one of the account's agents here; without, it acts
                for the default agent. An agent's key acts for its own agent alone.

        Returns:
            The positions.

        Raises:
            APIError: 404. No such agent in this account (`AgentNotFoundError`).
            APIError: 401, 403, 409, 422. `code` tells why.
        """
        return await self._send(_operations.get_positions(agent_id=agent_id))

    async def get_portfolio(self, *, agent_id: str | None = None) -> Portfolio:
        """Equity, cash, positions and P&L.

        The whole of what the agent has and what it has made of its starting balance, at one moment.

        Args:
            agent_id: An account's key or token may name one of the account's agents here; without, it acts
                for the default agent. An agent's key acts for its own agent alone.

        Returns:
            The portfolio.

        Raises:
            APIError: 404. No such agent in this account (`AgentNotFoundError`).
            APIError: 401, 403, 409, 422. `code` tells why.
        """
        return await self._send(_operations.get_portfolio(agent_id=agent_id))

    async def get_pnl(self, *, period: PnlPeriod | None = None, agent_id: str | None = None) -> Pnl:
        """Profit and loss.

        Realized P&L, fees, wins and losses of the period's trades, and the unrealized P&L of now. For `all`,
        total_pnl = equity − starting balance.

        Args:
            period: How far back from now. Default: all.
            agent_id: An account's key or token may name one of the account's agents here; without, it acts
                for the default agent. An agent's key acts for its own agent alone.

        Returns:
            Profit and loss.

        Raises:
            APIError: 404. No such agent in this account (`AgentNotFoundError`).
            APIError: 401, 403, 409, 422. `code` tells why.
        """
        return await self._send(_operations.get_pnl(period=period, agent_id=agent_id))

    async def get_risk(self, *, agent_id: str | None = None) -> Risk:
        """Headroom under the risk limits.

        How much of each risk limit is used at this moment, and how much is left.

        Args:
            agent_id: An account's key or token may name one of the account's agents here; without, it acts
                for the default agent. An agent's key acts for its own agent alone.

        Returns:
            The headroom.

        Raises:
            APIError: 404. No such agent in this account (`AgentNotFoundError`).
            APIError: 401, 403, 409, 422. `code` tells why.
        """
        return await self._send(_operations.get_risk(agent_id=agent_id))

    async def list_ledger(
        self,
        *,
        asset: str | None = None,
        limit: int | None = None,
        offset: int | None = None,
        agent_id: str | None = None,
    ) -> Ledger:
        """Double-entry ledger.

        Every change of the agent's balances, newest first. A transfer is two entries that add up to zero: one of
        `available` or `locked`, which are the agent's own, and one of the other side (or of the other of these
        two). `total` counts all that match, not the page.

        Args:
            asset: Only entries of this asset, in any case.
            limit: Page size. Default: 100.
            offset: How many to pass over before the page begins. Default: 0.
            agent_id: An account's key or token may name one of the account's agents here; without, it acts
                for the default agent. An agent's key acts for its own agent alone.

        Returns:
            Entries, newest first.

        Raises:
            APIError: 404. No such agent in this account (`AgentNotFoundError`).
            APIError: 401, 403, 409, 422. `code` tells why.
        """
        return await self._send(_operations.list_ledger(asset=asset, limit=limit, offset=offset, agent_id=agent_id))

    async def iter_ledger(
        self, *, asset: str | None = None, agent_id: str | None = None, page_size: int = 100
    ) -> AsyncIterator[LedgerEntry]:
        """Every row of `list_ledger`.

        Pages are fetched when needed. If rows are added or removed meanwhile, others can appear twice or not at all.
        """
        offset, more = 0, True
        while more:
            page = await self.list_ledger(asset=asset, agent_id=agent_id, limit=page_size, offset=offset)
            for row in page.entries:
                yield row
            offset, more = offset + page_size, len(page.entries) == page_size

    async def reconcile(self, *, agent_id: str | None = None) -> Reconciliation:
        """Check the balances against the ledger.

        Adds up the agent's ledger and compares it, per asset, with the balances, and what is locked with the open
        orders, all in one snapshot.

        Args:
            agent_id: An account's key or token may name one of the account's agents here; without, it acts
                for the default agent. An agent's key acts for its own agent alone.

        Returns:
            The comparison.

        Raises:
            APIError: 404. No such agent in this account (`AgentNotFoundError`).
            APIError: 401, 403, 409, 422. `code` tells why.
        """
        return await self._send(_operations.reconcile(agent_id=agent_id))

    async def reset_account(
        self,
        *,
        starting_balance: Decimal | str | int | None = None,
        confirm: bool | None = None,
        agent_id: str | None = None,
        idempotency_key: str | None = None,
    ) -> AccountReset:
        """Reset the agent to its starting balance.

        In one transaction: cancels every pending order, closes every position at its last known price, without a
        trade, sets USDT to the starting balance and begins a new session. Order and trade history stay. For the
        account's key or a token alone: an agent may not lift its own loss limit, and its key gets 403
        `PERMISSION_DENIED`. An archived agent gets 409.

        Args:
            starting_balance: A decimal greater than zero, as a string, with at most 12 integer digits and 8
                decimal places.
            confirm: Says that it is meant. May be left out, but not be false.
            agent_id: An account's key or token may name one of the account's agents here; without, it acts
                for the default agent. An agent's key acts for its own agent alone.
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
        return await self._send(
            _operations.reset_account(
                starting_balance=starting_balance, confirm=confirm, agent_id=agent_id, idempotency_key=idempotency_key
            )
        )

    async def get_performance(self, *, period: Period | None = None, agent_id: str | None = None) -> Performance:
        """Performance figures.

        The agent's ratios, drawdown and trade statistics over a period.

        Args:
            period: How far back from now. Default: all.
            agent_id: An account's key or token may name one of the account's agents here; without, it acts
                for the default agent. An agent's key acts for its own agent alone.

        Returns:
            The figures.

        Raises:
            APIError: 404. No such agent in this account (`AgentNotFoundError`).
            APIError: 401, 403, 409, 422. `code` tells why.
        """
        return await self._send(_operations.get_performance(period=period, agent_id=agent_id))

    async def get_portfolio_history(
        self, *, interval: HistoryInterval | None = None, limit: int | None = None, agent_id: str | None = None
    ) -> PortfolioHistory:
        """Equity over time.

        One snapshot per interval since the agent was created, oldest first; of more than `limit`, the newest. A
        snapshot has the last equity known in its interval, or that of the one before where nothing is known. The
        last interval is the one that is not over. The curve goes on across resets, so that it may jump there.

        Args:
            interval: Length of an interval. Intervals begin at full minutes, hours or days of UTC. Default:
                1h.
            limit: Most snapshots to answer. Default: 100.
            agent_id: An account's key or token may name one of the account's agents here; without, it acts
                for the default agent. An agent's key acts for its own agent alone.

        Returns:
            The equity curve.

        Raises:
            APIError: 404. No such agent in this account (`AgentNotFoundError`).
            APIError: 401, 403, 409, 422. `code` tells why.
        """
        return await self._send(_operations.get_portfolio_history(interval=interval, limit=limit, agent_id=agent_id))

    async def get_leaderboard(
        self, *, period: Period | None = None, limit: int | None = None, agent_id: str | None = None
    ) -> Leaderboard:
        """Ranking of the account's agents.

        The account's agents that are not archived, by `roi_pct` over the period, highest first, ties by agent_id.
        An agent's own key sees the ranking of its account; which agent is in scope makes no difference.

        Args:
            period: How far back from now. Default: all.
            limit: Most agents to answer. Default: 20.
            agent_id: An account's key or token may name one of the account's agents here; without, it acts
                for the default agent. An agent's key acts for its own agent alone.

        Returns:
            The ranking.

        Raises:
            APIError: 404. No such agent in this account (`AgentNotFoundError`).
            APIError: 401, 403, 409, 422. `code` tells why.
        """
        return await self._send(_operations.get_leaderboard(period=period, limit=limit, agent_id=agent_id))

    async def get_health(self) -> Health:
        """Is the process alive.

        Answers 200 as long as the process serves requests. Touches nothing else.

        Returns:
            Alive.

        Raises:
            APIError: 422. `code` tells why.
        """
        return await self._send(_operations.get_health())

    async def get_readiness(self) -> Health:
        """Can the server take requests.

        Answers 200 when the database is reachable and migrated and there are prices, and 503 otherwise or once
        the server is shutting down, so that a load balancer sends no more requests.

        Returns:
            Ready.

        Raises:
            APIError: 503. Not now; try again after `Retry-After` seconds.
            APIError: 422. `code` tells why.
        """
        return await self._send(_operations.get_readiness())
