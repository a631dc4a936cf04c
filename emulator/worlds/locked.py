"""An Owner who may everything, and is refused all the same."""

from emulator.worlds.governance import Lock, PolicyAssignment
from emulator.worlds.spec import World

_CLUSTERS = "Microsoft.ContainerService/managedClusters"

WORLD = World(
    name="locked",
    title="a cluster without KMS; the vault has a ReadOnly lock, and a policy denies clusters with KMS",
    locks=(Lock("vault-is-frozen", "ReadOnly", "vault/shop-kv", notes="Ask the security team before changes."),),
    policy_assignments=(
        PolicyAssignment(
            "no-customer-keys",
            "Clusters must not depend on customer-managed keys",
            {
                "allOf": [
                    {"field": "type", "equals": _CLUSTERS},
                    {"field": f"{_CLUSTERS}/securityProfile.azureKeyVaultKms.enabled", "equals": "true"},
                ]
            },
            scope="group",
            message="Customer-managed keys are not approved for clusters in this resource group.",
        ),
    ),
)
