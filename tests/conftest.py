"""Golden files: the whole output of something, kept beside the tests; `pytest --update` writes them anew."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator
from pathlib import Path

import pytest
from hypothesis import configuration, settings

# An az inside a test never meets the user's own settings: they are read while azure.cli is imported.
VENV = Path(__file__).resolve().parents[1] / ".venv"
os.environ.setdefault("AZURE_CONFIG_DIR", str(VENV / "azure"))
os.environ.setdefault("AZURE_EXTENSION_DIR", str(VENV / "extensions"))
# Nor does it ask the internet which extension might know a command.
os.environ.setdefault("AZURE_EXTENSION_USE_DYNAMIC_INSTALL", "no")

# The same examples in every run, and nothing left in the tree.
configuration.set_hypothesis_home_dir(VENV / "hypothesis")
settings.register_profile("akskv", derandomize=True, database=None, deadline=None, max_examples=60)
settings.load_profile("akskv")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update", action="store_true", help="write the golden files from what comes out now")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Several processes of tests tell each other in UTF-8 what was written and logged, and half a character, which a
    test may well write, has no place there."""
    report = yield
    report.sections = [(name, told.encode(errors="backslashreplace").decode()) for name, told in report.sections]
    return report


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """golden(name, text): the text is what golden/<name> beside the test file holds."""

    def compare(name: str, text: str) -> None:
        path = Path(request.path).parent / "golden" / name
        if request.config.getoption("--update"):
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
        assert path.exists(), f"{path} is missing: pytest --update writes it"
        assert text == path.read_text(encoding="utf-8")

    return compare
