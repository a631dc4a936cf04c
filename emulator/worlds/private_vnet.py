"""A vault that is closed to everybody but its private endpoints."""

from emulator.worlds.spec import Cluster, Vault, World

WORLD = World(
    name="private-vnet",
    title="a cluster without KMS, with API Server VNet Integration; a vault without public access",
    clusters=(Cluster(vnet_integration=True),),
    vaults=(Vault(public_network_access="Disabled", default_action="Deny"),),
)
