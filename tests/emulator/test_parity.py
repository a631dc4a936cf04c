"""emulator/parity.md against the tests: nothing is claimed without a witness, nothing is tested without a claim."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

HERE = Path(__file__).parent
CHECKOUT = HERE.parent.parent
PARITY = CHECKOUT / "emulator" / "parity.md"
AREAS = ["Front", "ARM", "Network", "Private DNS", "Key Vault", "Kubernetes", "Pods", "Secrets provider"]
AREAS += ["Arc", "Secret store", "Real Kubernetes"]
WITNESS = re.compile(r"`(tests/(?:emulator|apiserver)/test_\w+\.py::test_\w+)`")
SOURCE = re.compile(r"\[([A-Z0-9]+)\]")


@dataclass(frozen=True)
class Rule:
    area: str
    text: str
    sources: tuple[str, ...]
    witnesses: tuple[str, ...]


def rules() -> Iterator[Rule]:
    area = ""
    for line in PARITY.read_text().splitlines():
        if line.startswith("## "):
            area = line[3:].strip()
        elif line.startswith("|") and not line.startswith(("|---", "| rule |")):
            # a `|` inside a rule is written `\|`
            _, text, source, witness, _ = re.split(r"(?<!\\)\|", line)
            yield Rule(area, text.strip(), tuple(SOURCE.findall(source)), tuple(WITNESS.findall(witness)))


def all_tests() -> Iterator[str]:
    for path in sorted([*HERE.glob("test_*.py"), *(HERE.parent / "apiserver").glob("test_*.py")]):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                yield f"{path.relative_to(CHECKOUT)}::{node.name}"


@pytest.mark.parametrize("area", AREAS)
def test_every_rule_has_a_source_and_a_witness(area: str) -> None:
    explained = set(SOURCE.findall(PARITY.read_text().partition("## ")[0]))
    known = set(all_tests())
    mine = [rule for rule in rules() if rule.area == area]
    assert mine
    for rule in mine:
        assert rule.text and rule.sources and set(rule.sources) <= explained, rule
        assert rule.witnesses and set(rule.witnesses) <= known, rule


def test_every_test_witnesses_a_rule() -> None:
    claimed = {witness for rule in rules() for witness in rule.witnesses}
    assert sorted(set(all_tests()) - claimed) == []
    assert {rule.area for rule in rules()} <= set(AREAS)
