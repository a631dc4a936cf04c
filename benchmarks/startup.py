"""What the extension adds to `az aks show --help`, which loads it although it is core's command.

Runs az with and without the extension in turn, so that a busy machine slows both, and compares the medians. Prints
and writes nothing.
"""

from __future__ import annotations

import os
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

VENV = Path(__file__).resolve().parent.parent / ".venv"
COMMAND = [str(VENV / "bin" / "az"), "aks", "show", "--help"]
PAIRS = 40
# The median lies between these two of the sorted differences with a certainty of 95 %.
DOUBT = round(PAIRS / 2 - 0.98 * PAIRS**0.5)
Took = tuple[float, float]
# "akskv                     0.001         4         7  .../.venv/extensions/akskv"
LOADED = re.compile(r"cli\.azure\.cli\.core: akskv +(\d+\.\d+) ")


def environment(folder: Path, extensions: Path) -> dict[str, str]:
    """Each variant has a configuration of its own, because az keeps its index of commands there."""
    own = {
        "AZURE_CONFIG_DIR": str(folder),
        "AZURE_EXTENSION_DIR": str(extensions),
        "AZURE_CORE_COLLECT_TELEMETRY": "no",
    }
    return {**os.environ, **own}


def took_ms(variables: dict[str, str]) -> Took:
    """Time on the clock and time of the processor, which a busy machine stretches less."""
    start, used = time.perf_counter(), processor_seconds()
    subprocess.run(COMMAND, env=variables, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
    return (time.perf_counter() - start) * 1000, (processor_seconds() - used) * 1000


def in_turn(one: dict[str, str], other: dict[str, str], one_first: bool) -> tuple[Took, Took]:
    if one_first:
        return took_ms(one), took_ms(other)
    second = took_ms(other)
    return took_ms(one), second


def processor_seconds() -> float:
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return children.ru_utime + children.ru_stime


def load_ms(variables: dict[str, str]) -> float:
    """az's own measure of loading the extension, the median of five."""
    took = []
    for _ in range(5):
        done = subprocess.run([*COMMAND, "--debug"], env=variables, capture_output=True, text=True, check=True)
        found = LOADED.search(done.stderr)
        if not found:
            sys.exit("az did not load the extension: run `make setup`")
        took.append(float(found[1]) * 1000)
    return statistics.median(took)


def main() -> None:
    with tempfile.TemporaryDirectory() as scratch:
        without = environment(Path(scratch, "without"), Path(scratch, "none"))
        with_it = environment(Path(scratch, "with"), VENV / "extensions")
        for variables in (without, with_it, without, with_it):  # az writes its index, Python its caches
            took_ms(variables)
        pairs = [in_turn(without, with_it, turn % 2 == 0) for turn in range(PAIRS)]
        loading = load_ms(with_it)
    print(f"az aks show --help, medians of {PAIRS} pairs")
    for column, kind in enumerate(("on the clock", "processor")):
        plain = statistics.median(one[column] for one, _ in pairs)
        added = sorted(other[column] - one[column] for one, other in pairs)
        middle = statistics.median(added)
        print(
            f"  {kind:12}  without {plain:.0f} ms; with {middle:+.1f} ms, {1 + middle / plain:.3f} times as long "
            f"(surely between {added[DOUBT]:+.1f} and {added[-1 - DOUBT]:+.1f})"
        )
    print(f"  az --debug    loading the extension takes {loading:.1f} ms")


if __name__ == "__main__":
    main()
