"""Version, history, metadata and requirements agree."""

from __future__ import annotations

import ast
import json
import re
from typing import Any

from tests.architecture.codebase import CHECKOUT, tree


def setup_says(name: str) -> Any:
    for node in tree(CHECKOUT / "setup.py").body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == name:
            return ast.literal_eval(node.value)
    raise AssertionError(f"setup.py does not set {name}")


def read(path: str) -> str:
    return (CHECKOUT / path).read_text(encoding="utf-8")


def test_the_newest_entry_of_the_history_is_the_version_of_setup() -> None:
    versions = re.findall(r"^(\d+\.\d+\.\d+\S*)\n[-+=~]+$", read("HISTORY.rst"), re.M)
    assert versions and versions[0] == setup_says("VERSION")


def test_the_oldest_az_that_is_promised_is_the_one_that_is_tested() -> None:
    promised = json.loads(read("azext_akskv/azext_metadata.json"))["azext.minCliCoreVersion"]
    assert f"azure-cli=={promised}\n" in read("requirements/dev.txt")


def test_the_wheel_depends_on_nothing_that_az_does_not_ship() -> None:
    """What it depends on would be copied into the user's extension folder, from an index that may be out of reach."""
    assert "install_requires=" not in read("setup.py")
