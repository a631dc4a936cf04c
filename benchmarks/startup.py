"""What the extension adds to `az aks show --help`, which loads it although it is core's command.

Twice: whole az processes in turn, which is what a user waits for, but drowns a few milliseconds in the second that az
takes on a busy machine; and processor time alone in forks of one process that has az imported already, which shows
them. There an empty extension runs too, because most of the cost is az's own, for any extension: it reads the wheel's
metadata many times. Prints and writes nothing.
"""

from __future__ import annotations

import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path

AZ = Path(__file__).resolve().parent.parent / ".venv" / "bin" / "az"
INSTALLED = AZ.parent.parent / "extensions"
COMMAND = ("aks", "show", "--help")
ROUNDS, FORKED_ROUNDS = 15, 60
# "akskv                     0.001         4         7  .../.venv/extensions/akskv"
LOADED = re.compile(r"cli\.azure\.cli\.core: akskv +(\d+\.\d+) ")
EMPTY = """
from azure.cli.core import AzCommandsLoader

class COMMAND_LOADER_CLS(AzCommandsLoader):
    def load_command_table(self, args):
        with self.command_group("aks empty"):
            return self.command_table
"""


def empty_extension(folder: Path) -> Path:
    """The least that az takes for an extension of `az aks`."""
    info, package = folder / "empty" / "empty-1.0.0.dist-info", folder / "empty" / "azext_empty"
    for each in (info, package):
        each.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: empty\nVersion: 1.0.0\n")
    (info / "WHEEL").write_text("Wheel-Version: 1.0\n")
    (package / "__init__.py").write_text(EMPTY)
    return folder


def environment(config: Path, extensions: Path) -> dict[str, str]:
    """Each variant has a configuration of its own, because az keeps its index of commands there."""
    own = {
        "AZURE_CONFIG_DIR": str(config),
        "AZURE_EXTENSION_DIR": str(extensions),
        "AZURE_CORE_COLLECT_TELEMETRY": "no",
    }
    return {**os.environ, **own}


def whole(variables: Mapping[str, str]) -> float:
    """Milliseconds on the clock of one az process."""
    start = time.perf_counter()
    subprocess.run([AZ, *COMMAND], env=variables, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
    return (time.perf_counter() - start) * 1000


def forked(variables: Mapping[str, str]) -> float:
    """Milliseconds of processor time of the command alone, in a fork of this process."""
    reading, writing = os.pipe()
    if os.fork() == 0:
        os.write(writing, str(processor_ms(variables)).encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        took = float(pipe.read())
    os.wait()
    return took


def processor_ms(variables: Mapping[str, str]) -> float:
    from azure.cli.core import extension, get_default_cli

    os.environ.update(variables)
    extension.EXTENSIONS_DIR = variables["AZURE_EXTENSION_DIR"]  # which az reads when it is imported
    sys.stdout = sys.stderr = open(os.devnull, "w")  # noqa: SIM115  # until the process ends
    start = time.process_time()
    try:
        get_default_cli().invoke(list(COMMAND))
    except SystemExit:  # --help ends so
        return (time.process_time() - start) * 1000
    raise AssertionError("az showed no help")


def compare(title: str, measure: Callable[[Mapping[str, str]], float], rounds: int, variants: dict[str, Path]) -> None:
    """Takes the variants in turn, so that a busy machine slows all; the first is what the others are compared with."""
    with tempfile.TemporaryDirectory() as scratch:
        ready = {name: environment(Path(scratch, name), folder) for name, folder in variants.items()}
        for _ in range(2):  # az writes its index, Python its caches
            for variables in ready.values():
                measure(variables)
        took = [[measure(variables) for variables in ready.values()] for _ in range(rounds)]
    print(f"{title}, medians of {rounds}")
    plain = statistics.median(row[0] for row in took)
    for column, name in enumerate(ready):
        added = statistics.median(row[column] - row[0] for row in took)
        print(f"  {name:20} {plain + added:7.1f} ms  {added:+6.1f} ms  {1 + added / plain:.3f} times as long")


def load_ms(variables: Mapping[str, str]) -> float:
    """az's own measure of loading the extension, the median of five."""
    took = []
    for _ in range(5):
        done = subprocess.run([AZ, *COMMAND, "--debug"], env=variables, capture_output=True, text=True, check=True)
        found = LOADED.search(done.stderr)
        if not found:
            sys.exit("az did not load the extension: run `make setup`")
        took.append(float(found[1]) * 1000)
    return statistics.median(took)


def main() -> None:
    with tempfile.TemporaryDirectory() as scratch:
        none = Path(scratch, "none")
        variants = {"without extension": none, "with akskv": INSTALLED}
        compare("az aks show --help, on the clock", whole, ROUNDS, variants)
        print(f"  az --debug says that loading takes {load_ms(environment(Path(scratch, 'debug'), INSTALLED)):.1f} ms")
        os.environ.update(environment(Path(scratch, "forked"), none))
        forked_variants = {**variants, "with an empty one": empty_extension(Path(scratch, "extensions"))}
        with_az_imported(
            lambda: compare("its processor time once az is imported", forked, FORKED_ROUNDS, forked_variants)
        )


def with_az_imported(then: Callable[[], None]) -> None:
    """Runs the command once in this process without any extension: all that core itself imports is there then."""
    shown = sys.stdout, sys.stderr
    processor_ms(os.environ)
    sys.stdout, sys.stderr = shown
    then()


if __name__ == "__main__":
    main()
