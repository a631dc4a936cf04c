"""Vaults older than RBAC: access policies decide."""

from emulator.worlds.spec import CALLER, OPERATOR_POLICY, Grant, Vault, World

WORLD = World(
    name="public-policy",
    title="a cluster without KMS; a vault with public access and access policies",
    vaults=(Vault(rbac=False, policies=(OPERATOR_POLICY,)),),
    grants=(Grant(CALLER, "Owner", "subscription"),),
)
