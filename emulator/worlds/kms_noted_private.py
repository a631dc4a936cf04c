"""After `az aks kv kms enable` with a private vault: no request from outside gets to the vault itself."""

from emulator.worlds.spec import OPERATOR_GRANTS, Cluster, Grant, Kms, Vault, World

WORLD = World(
    name="kms-noted-private",
    title="as kms-noted, with API Server VNet Integration and a vault without public access",
    clusters=(Cluster(vnet_integration=True, kms=Kms(network_access="Private"), noted=True),),
    vaults=(Vault(public_network_access="Disabled", default_action="Deny"),),
    grants=(
        *OPERATOR_GRANTS,
        Grant("shop-id", "Key Vault Crypto User", "vault/shop-kv"),
        Grant("shop-id", "Key Vault Contributor", "vault/shop-kv"),
    ),
)
