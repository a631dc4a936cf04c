"""The look of `az aks kv fix-privatelink` against the commands of az by which a person finds out the same, one after
the other. `make bench-look` runs this in the emulator's world `pl-hub`: vault, nodes and hub in three networks.

Each command is a process of its own, and both sides take turns. Neither looks from inside the cluster. The person is
given for nothing what they have to find out and type between two commands: every name is known here, and no answer is
read. A service on this machine answers at once; in Azure each of the person's commands waits for its own answers, and
the look asks what is independent side by side.
"""

from __future__ import annotations

import os
import statistics

from benchmarks.spent import Spent, spent

ROUNDS = 3
ZONE = "-g shop-rg -z privatelink.vaultcore.azure.net"
BY_HAND = (
    "az aks show -g shop-rg -n shop",
    "az keyvault show -n shop-kv",
    "az network private-endpoint list -g shop-rg",
    "az network private-endpoint dns-zone-group list -g shop-rg --endpoint-name shop-pe",
    "az network nic list -g shop-rg",
    "az network private-dns zone list",
    f"az network private-dns link vnet list {ZONE}",
    f"az network private-dns record-set a list {ZONE}",
    *(f"az network vnet show -g shop-rg -n {name}-vnet" for name in ("nodes", "vault", "hub")),
    *(f"az network vnet peering list -g shop-rg --vnet-name {name}-vnet" for name in ("nodes", "vault", "hub")),
)
"""What tells of the vault, its endpoint, the zone of its name, and both sides of every peering."""
LOOK = "az aks kv fix-privatelink -g shop-rg -n shop --vault shop-kv --dry-run --skip-probe"
FINE = frozenset({0, 4})
"""4: in this world a person has something to decide; the look is the same."""


def taken(line: str) -> Spent:
    return spent((*line.split(), "-o", "none", "--only-show-errors"), FINE)


def main() -> None:
    if "AKSKV_CLUSTER" not in os.environ:
        raise SystemExit("run it with `make bench-look`")
    hand, look, start = [], [], []
    for _ in range(ROUNDS):
        hand.append([taken(line) for line in BY_HAND])
        look.append(taken(LOOK))
        start.append(spent(("az", "aks", "list", "--help")))
    by_hand = statistics.median(sum(each.clock for each in one) for one in hand)
    ours = statistics.median(each.clock for each in look)
    begun = statistics.median(each.clock for each in start)
    print(f"{len(BY_HAND)} commands of az, one after the other: {by_hand:6.2f} s on the clock")
    print(f"the look of fix-privatelink:                {ours:6.2f} s, {ours / by_hand:.2f} times that")
    rest = by_hand - len(BY_HAND) * begun
    print(f"without az's own start ({begun:.2f} s each time): {rest:.2f} s by hand, {ours - begun:.2f} s for the look")


if __name__ == "__main__":
    main()
