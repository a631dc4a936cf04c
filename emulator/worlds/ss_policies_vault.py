"""A vault with access policies, none of them for the identity."""

from dataclasses import replace

from emulator.worlds.spec import OPERATOR_POLICY
from emulator.worlds.synced_secrets import VAULT, world

WORLD = world(
    "ss-policies-vault",
    "the vault has access policies, and none for the identity",
    vaults=(replace(VAULT, rbac=False, policies=(OPERATOR_POLICY,)),),
    grants=(),
)
