"""`az aks kv kms list` over a fleet, against the lists of az itself that it has to make too. `make bench-fleet` runs
this against the emulator's world `fleet`: 1,000 clusters, 100 vaults, a key in each.

Each command is a process of its own, in turn, so that a machine whose speed drifts does so for all. What is shown is
the processor time of az's process alone (`user` and `sys`), which is our own; the rest of the clock is the service's.
"""

from __future__ import annotations

import os
import statistics

from benchmarks.spent import Spent, spent

ROUNDS = 3
COMMANDS = {
    "az's start alone": ("az", "aks", "list", "--help"),
    "az aks list": ("az", "aks", "list", "-o", "none"),
    "az keyvault list": ("az", "keyvault", "list", "-o", "none"),
    "az aks kv kms list": ("az", "aks", "kv", "kms", "list", "-o", "none", "--only-show-errors"),
}
FINE = frozenset({0, 4})
"""`kms list` ends with 4 where something is wrong in the fleet, as it is in this one."""


def main() -> None:
    if "AKSKV_CLUSTER" not in os.environ:
        raise SystemExit("run it with `make bench-fleet`")
    seen: dict[str, list[Spent]] = {name: [] for name in COMMANDS}
    for _ in range(ROUNDS):
        for name, command in COMMANDS.items():
            seen[name].append(spent(command, FINE))
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
