"""Every protocol is whole: its constant, a page, captured bytes and tests."""

import importlib
import json
import pkgutil
from pathlib import Path

import pytest

from narvaro.intake import protocols
from narvaro.intake.protocols import Protocol

ROOT = Path(__file__).parents[3]
NAMES = [module.name for module in pkgutil.iter_modules(protocols.__path__)]


@pytest.mark.parametrize("name", NAMES)
def test_protocol_has_constant_page_captures_and_tests(name: str) -> None:
    """A protocol without one of these is not finished."""
    module = importlib.import_module(f"narvaro.intake.protocols.{name}")
    protocol = module.PROTOCOL
    assert isinstance(protocol, Protocol)
    assert protocol.clauses
    assert callable(module.decode)
    assert callable(module.acknowledge)
    page = (ROOT / "docs" / "protocols" / f"{name}.md").read_text()
    assert protocol.standard in page
    assert json.loads((Path(__file__).parent / "fixtures" / f"{name}.json").read_text())
    assert (Path(__file__).parent / f"test_{name}.py").exists()
