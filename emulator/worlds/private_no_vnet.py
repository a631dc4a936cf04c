"""Private KMS needs API Server VNet Integration, which cannot be turned off again: this cluster does not have it."""

from emulator.worlds.spec import Vault, World

WORLD = World(
    name="private-no-vnet",
    title="a cluster without KMS and without API Server VNet Integration; a vault without public access",
    vaults=(Vault(public_network_access="Disabled", default_action="Deny"),),
)
