"""The package follows from the document alone."""

from __future__ import annotations

import filecmp
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

HERE = Path(__file__).parents[1]
REPOSITORY = HERE.parents[2]
DOCUMENT, PACKAGE = REPOSITORY / "openapi.yaml", REPOSITORY / "gen" / "sdk" / "python"

FORECAST = {
    "post": {
        "operationId": "makeForecast",
        "tags": ["Market"],
        "summary": "Guess the price of a pair",
        "description": "Made up, for this test.",
        "security": [{"BearerAuth": []}],
        "parameters": [
            {"$ref": "#/components/parameters/Symbol"},
            {"$ref": "#/components/parameters/IdempotencyKey"},
        ],
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Guess"}}},
        },
        "responses": {
            "201": {
                "description": "The guess.",
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Guess"}}},
            },
            "400": {"description": "Too far ahead (`TOO_FAR_AHEAD`).", "x-codes": ["TOO_FAR_AHEAD"]},
            "401": {"$ref": "#/components/responses/Unauthorized"},
        },
    }
}
GUESS = {
    "type": "object",
    "required": ["price"],
    "description": "A guess.",
    "properties": {"price": {"$ref": "#/components/schemas/Amount"}, "mood": {"type": "string", "nullable": True}},
}


def generate(document: Path, output: Path, seed: str = "0") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, HERE / "generate.py", document, output],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONHASHSEED": seed},
    )


@pytest.fixture
def extended(tmp_path: Path) -> Callable[[Callable[[dict[str, Any]], None]], Path]:
    """Write a changed document."""

    def write(change: Callable[[dict[str, Any]], None]) -> Path:
        document = YAML(typ="safe").load(DOCUMENT)
        document["paths"]["/api/v1/market/forecast/{symbol}"] = FORECAST
        document["components"]["schemas"]["Guess"] = GUESS
        codes = document["components"]["schemas"]["ErrorCode"]
        codes["enum"].append("TOO_FAR_AHEAD")
        codes["x-codes"]["TOO_FAR_AHEAD"] = {"status": 400, "message": "Look less far."}
        change(document)
        path = tmp_path / "openapi.yaml"
        YAML(typ="safe").dump(document, path)
        return path

    return write


def test_a_new_operation_model_and_code_appear_by_themselves(extended: Callable[..., Path], tmp_path: Path) -> None:
    made = generate(extended(lambda document: None), tmp_path / "sdk")
    assert made.returncode == 0, made.stderr
    (tmp_path / "user.py").write_text("""\
from decimal import Decimal
from agentexchange import AgentExchangeClient, AsyncAgentExchangeClient, Guess, TooFarAheadError

def use(client: AgentExchangeClient) -> Decimal:
    guess: Guess = client.make_forecast("BTCUSDT", price="70000", mood=None, idempotency_key="mine")
    return guess.price

async def use_async(client: AsyncAgentExchangeClient) -> Decimal:
    return (await client.make_forecast("BTCUSDT", price=Decimal(70000))).price

code: int = TooFarAheadError("", status=400).status
""")
    checked = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--cache-dir", tmp_path / "cache", "user.py"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": "", "MYPYPATH": str(tmp_path / "sdk")},
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr
    client = (tmp_path / "sdk" / "agentexchange" / "client.py").read_text()
    docs = " ".join(client.partition("def make_forecast")[2].split())
    assert "APIError: 400. Too far ahead (`TooFarAheadError`). APIError: 401. `code` tells why." in docs
    assert "`make_forecast(symbol)`: Guess the price of a pair" in (tmp_path / "sdk" / "README.md").read_text()


def test_an_operation_that_cannot_be_repeated_is_not_generated(extended: Callable[..., Path], tmp_path: Path) -> None:
    def forget_the_key(document: dict[str, Any]) -> None:
        operation = document["paths"]["/api/v1/market/forecast/{symbol}"]["post"]
        document["paths"]["/api/v1/market/forecast/{symbol}"] = {
            "post": {**operation, "parameters": operation["parameters"][:1]}
        }

    made = generate(extended(forget_the_key), tmp_path / "sdk")
    assert made.returncode != 0
    assert "make_forecast takes no Idempotency-Key" in made.stderr


def test_the_output_is_reproducible_and_nothing_is_left_over(tmp_path: Path) -> None:
    output = tmp_path / "sdk"
    (output / "agentexchange").mkdir(parents=True)
    (output / "agentexchange" / "stale.py").touch()
    assert generate(DOCUMENT, output, seed="1").returncode == 0

    def differences(compared: filecmp.dircmp[str]) -> list[str]:
        here = compared.left_only + compared.right_only + compared.diff_files
        return here + [each for child in compared.subdirs.values() for each in differences(child)]

    assert differences(filecmp.dircmp(output, PACKAGE, ignore=["__pycache__"])) == []
