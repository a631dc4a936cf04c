"""As many clusters as a large company has: for `kms list`, and for nothing else."""

from __future__ import annotations

from emulator.worlds.spec import CALLER, Cluster, Grant, Key, Kms, Secrets, Vault, World

CLUSTERS, VAULTS = 1000, 100
EMPTY = Secrets(count=0, namespaces=("default",))


def cluster(number: int) -> Cluster:
    """One in ten has no KMS, one in fifty is old, and of those with KMS every other one was turned on by akskv."""
    kms = None if number % 10 == 9 else Kms(vault=f"shop-kv-{number % VAULTS:02}")
    version = "1.26.12" if number % 50 == 0 else "1.30.7"
    return Cluster(f"shop-{number:04}", version, kms=kms, noted=bool(kms) and number % 2 == 0, secrets=EMPTY)


def vault(number: int) -> Vault:
    """One key in twenty expires soon."""
    return Vault(f"shop-kv-{number:02}", keys=(Key(expires_in_days=20.0 if number % 20 == 0 else None),))


WORLD = World(
    name="fleet",
    title="1,000 clusters without Secrets, whose keys are in 100 vaults",
    clusters=tuple(cluster(number) for number in range(CLUSTERS)),
    vaults=tuple(vault(number) for number in range(VAULTS)),
    grants=(Grant(CALLER, "Owner", "subscription"), Grant("shop-id", "Key Vault Crypto User", "group")),
)
