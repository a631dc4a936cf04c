"""What shows that the project holds, counted: `make counts` prints it and writes it into docs/witnesses.rst."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

from azext_akskv.checks.declare import CATALOGUE
from tests.e2e.bad_input import EVERY

CHECKOUT = Path(__file__).resolve().parent.parent
DOCS = CHECKOUT / "docs"
PAGE = DOCS / "witnesses.rst"
MARK = ".. Written by make counts from here on.\n"


def counts() -> Iterator[tuple[str, str]]:
    """What is counted, and the figure."""
    yield "checks, each with a finding code, a section and a test", f"{checks_with_tests()} of {len(CATALOGUE)}"
    yield "bad inputs brought to the real az", f"{len(EVERY)}"
    yield "cases of a request or an operation that goes wrong", _figure("reliability.rst", r"^all +([\d,]+)$")
    yield "recorded answers of real Azure that agree", _figure("traffic.rst", r"^([\d,]+ of [\d,]+ rows agree: .*%)\.$")
    yield "commands of the AKS document", _figure("seed-deviations.rst", r"(\d+ run word for word, .*, \d+ skipped)")
    yield "rules of the emulator, each with a source and a witness", f"{rules()}"


def checks_with_tests() -> int:
    """A check's test has its code as its name."""
    folder = CHECKOUT / "tests" / "unit" / "checks"
    named = "".join(path.read_text(encoding="utf-8") for path in folder.glob("test_*.py"))
    return sum(f"def test_{code.replace('-', '_')}" in named for code in CATALOGUE)


def rules() -> int:
    text = (CHECKOUT / "emulator" / "parity.md").read_text(encoding="utf-8")
    return len(re.findall(r"^\| .*`tests/.*\|$", text, re.MULTILINE))


def _figure(page: str, pattern: str) -> str:
    """Of a page that another test keeps true. Raises ValueError when it is not there."""
    found = re.search(pattern, (DOCS / page).read_text(encoding="utf-8"), re.MULTILINE)
    if not found:
        raise ValueError(f"docs/{page} has no line like {pattern}")
    return found[1].removesuffix(".")


def documented() -> str:
    """All of the page: what stands before the mark stays as somebody wrote it."""
    rows = list(counts())
    width, wide = (max(len(row[column]) for row in rows) for column in (0, 1))
    rule = f"{'=' * width}  {'=' * wide}"
    lines = [rule, *(f"{what.ljust(width)}  {figure}" for what, figure in rows), rule]
    return PAGE.read_text(encoding="utf-8").partition(MARK)[0] + MARK + "\n" + "".join(f"{line}\n" for line in lines)


if __name__ == "__main__":
    PAGE.write_text(documented(), encoding="utf-8")
    sys.stdout.writelines(f"{figure:>10}  {what}\n" for what, figure in counts())
