"""`az aks kv kms list` over a fleet, against the lists of az itself that it has to make too. `make bench-fleet` runs
this against the emulator's world `fleet`: 1,000 clusters, 100 vaults, a key in each.

Each command is a process of its own, in turn, so that a machine whose speed drifts does so for all. What is shown is
the processor time of az's process alone (`user` and `sys`), which is our own; the rest of the clock is the service's.
"""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import time
from dataclasses import dataclass

ROUNDS = 3
COMMANDS = {
    "az's start alone": ("az", "aks", "list", "--help"),
    "az aks list": ("az", "aks", "list", "-o", "none"),
    "az keyvault list": ("az", "keyvault", "list", "-o", "none"),
    "az aks kv kms list": ("az", "aks", "kv", "kms", "list", "-o", "none", "--only-show-errors"),
}


@dataclass(frozen=True)
class Spent:
    clock: float
    processor: float


def spent(command: tuple[str, ...]) -> Spent:
    """`kms list` ends with 4 where something is wrong in the fleet, as it is in this one."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    ended = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False)
    clock, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    if ended.returncode not in (0, 4):
        raise SystemExit(f"{' '.join(command)} ended with {ended.returncode}: {ended.stderr}")
    return Spent(clock, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def main() -> None:
    if "AKSKV_CLUSTER" not in os.environ:
        raise SystemExit("run it with `make bench-fleet`")
    seen: dict[str, list[Spent]] = {name: [] for name in COMMANDS}
    for _ in range(ROUNDS):
        for name, command in COMMANDS.items():
            seen[name].append(spent(command))
    middle = {name: statistics.median(each.processor for each in rounds) for name, rounds in seen.items()}
    start = middle["az's start alone"]
    for name, rounds in seen.items():
        clock = statistics.median(each.clock for each in rounds)
        print(f"{name:28} {middle[name]:6.2f} s of processor time, {clock:6.2f} s on the clock")
    lists = middle["az aks list"] + middle["az keyvault list"] - 2 * start
    ours = middle["az aks kv kms list"] - start
    print(f"without az's own start: {ours:.2f} s, {ours / lists:.2f} times the two lists alone ({lists:.2f} s)")


if __name__ == "__main__":
    main()
