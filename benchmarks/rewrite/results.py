"""What was measured, as docs/benchmarks.json keeps it, and the machine that it was measured on."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import re
import statistics
import subprocess
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import datetime, timezone
from importlib.metadata import version
from pathlib import Path

from benchmarks.rewrite.contenders import KUBECTL
from benchmarks.rewrite.measure import Sample
from emulator.real.programs import program

EXTENSION = Path(__file__).resolve().parents[2] / "azext_akskv"


@dataclass
class CellResult:
    """`failed`: what a contender said that did not get through."""

    count: int
    size: int
    round_trip_ms: int
    round_trip_seen_ms: float = 0.0
    samples: dict[str, list[Sample]] = field(default_factory=dict)
    weighed: dict[str, Sample] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)

    def median(self, contender: str, of: Callable[[Sample], float] = lambda sample: sample.seconds) -> float | None:
        """None where it has no result here."""
        samples = self.samples.get(contender)
        return statistics.median(map(of, samples)) if samples else None


@dataclass
class Results:
    grid: str
    cores: int
    machine: dict[str, str]
    cells: list[CellResult] = field(default_factory=list)

    def cell(self, count: int, size: int, round_trip_ms: int) -> CellResult | None:
        """The one of the grid's full size, or what stands for it in a smaller grid."""
        wanted = (count if self.grid == "full" else count // 10, size, round_trip_ms)
        return next((cell for cell in self.cells if (cell.count, cell.size, cell.round_trip_ms) == wanted), None)

    def has(self, count: int, size: int, round_trip_ms: int) -> bool:
        return any((cell.count, cell.size, cell.round_trip_ms) == (count, size, round_trip_ms) for cell in self.cells)

    def save(self, path: Path) -> None:
        path.write_text(json.dumps(asdict(self), indent=1) + "\n")

    @classmethod
    def load(cls, path: Path) -> Results:
        raw = json.loads(path.read_text())
        return cls(raw["grid"], raw["cores"], raw["machine"], [_cell(each) for each in raw["cells"]])


def _cell(raw: dict[str, dict[str, object]]) -> CellResult:
    samples = {
        name: [Sample(**each) for each in found]  # type: ignore[attr-defined]  # plain JSON, written above
        for name, found in raw["samples"].items()
    }
    weighed = {name: Sample(**found) for name, found in raw["weighed"].items()}  # type: ignore[arg-type]
    return CellResult(**{**raw, "samples": samples, "weighed": weighed})  # type: ignore[arg-type]


def cores() -> int:
    return os.cpu_count() or 1


def machine() -> dict[str, str]:
    """What the figures depend on; nothing that names the machine."""
    processor = re.search(r"^model name\s*: (.*)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "date": f"{datetime.now(timezone.utc):%Y-%m-%d}",
        "processors": f"{cores()}, {processor[1] if processor else platform.machine()}",
        "memory": f"{memory / 2**30:.0f} GiB",
        "kernel": re.sub(r"^(\d+\.\d+).*", r"Linux \1", platform.release()),
        "Python": platform.python_version(),
        "urllib3": version("urllib3"),
        "kube-apiserver": _said(program("kube-apiserver"), "--version"),
        "etcd": _said(program("etcd"), "--version"),
        "kubectl": _said(KUBECTL, "version", "--client"),
        "akskv": _sources(),
    }


def _sources() -> str:
    """A digest of the extension's code: figures of two states of it are not put side by side."""
    digest = hashlib.sha256()
    for path in sorted(EXTENSION.rglob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def _said(path: Path, *arguments: str) -> str:
    output = subprocess.run([path, *arguments], capture_output=True, text=True, check=True).stdout
    found = re.search(r"v?(\d+\.\d+\.\d+)", output)
    return found[1] if found else "unknown"
