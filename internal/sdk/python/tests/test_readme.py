"""What the README shows works, and is typed."""

from __future__ import annotations

import inspect
import re
import subprocess
import sys
from pathlib import Path

import pytest
from agentexchange import AgentExchangeClient

README = Path(__file__).parents[4] / "gen" / "sdk" / "python" / "README.md"


@pytest.fixture
def program(tmp_path: Path) -> Path:
    """Write the README's examples into one program."""
    path = tmp_path / "readme.py"
    path.write_text("\n".join(re.findall(r"```python\n(.*?)```", README.read_text(), re.DOTALL)))
    return path


def test_its_examples_run(program: Path) -> None:
    ran = subprocess.run([sys.executable, "-W", "error", program], capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    assert re.search(r"^RSI Scalper \([0-9a-f-]{36}\) — active$", ran.stdout, re.MULTILINE)
    assert re.search(r"^position_limit_exceeded: at most 0\.0", ran.stdout, re.MULTILINE)


def test_it_lists_every_method() -> None:
    methods = {name for name, _ in inspect.getmembers(AgentExchangeClient, inspect.isfunction) if name[0] != "_"}
    listed = re.findall(r"`(\w+)\([\w, ]*\)`", README.read_text().partition("## Methods")[2])
    assert sorted(listed) == sorted(methods - {"close"})


def test_its_examples_are_typed(program: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "mypy", "--strict", f"--cache-dir={tmp_path / 'cache'}", str(program)]
    checked = subprocess.run(command, capture_output=True, text=True)
    assert checked.returncode == 0, checked.stdout
