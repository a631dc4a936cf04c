"""What the second half of `make demo-flows` tells its story on."""

from emulator.worlds.spec import CALLER, Cluster, Delays, Grant, Kms, Secrets, Vault, World

STOCK = Secrets(count=60)

WORLD = World(
    name="demo-upgrades",
    title="two clusters with KMS on: shop of Kubernetes 1.25, whose pods may not be moved at first, and depot of 1.33",
    clusters=(
        Cluster(
            kubernetes_version="1.25.15",
            kms=Kms(),
            noted=True,
            pools=("system", "work"),
            upgrade_troubles=("disruption-budget",),
            secrets=STOCK,
        ),
        Cluster("depot", "1.33.3", kms=Kms(vault="depot-kv"), noted=True, secrets=STOCK),
    ),
    vaults=(Vault(), Vault("depot-kv")),
    delays=Delays(platform_rewrite=3600.0),  # so that the story is the same each time
    grants=(
        Grant(CALLER, "Owner", "subscription"),
        Grant(CALLER, "Key Vault Crypto Officer", "group"),
        Grant("shop-id", "Key Vault Crypto User", "group"),
    ),
)
