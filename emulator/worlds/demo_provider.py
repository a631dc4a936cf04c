"""What `make demo-provider` tells its story on."""

from emulator.worlds.spec import CALLER, Cluster, Grant, Policy, Secrets, Vault, World
from emulator.worlds.vault_contents import VaultSecret

WORLD = World(
    name="demo-provider",
    title="a cluster without the add-on of the secrets provider, and a vault of access policies with two secrets",
    clusters=(Cluster(secrets=Secrets(count=4, namespaces=("default", "team-a"))),),
    vaults=(
        Vault(
            name="demo-csi-secret",
            rbac=False,
            policies=(Policy(CALLER, secrets=("list",), certificates=("list",), keys=("list",)),),
            keys=(),
            secrets=(VaultSecret("demo-secret01"), VaultSecret("demo-secret02")),
        ),
    ),
    grants=(Grant(CALLER, "Owner", "subscription"),),
)
