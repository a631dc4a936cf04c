"""No client certificate opens this API server."""

from emulator.worlds.spec import CALLER, OPERATOR_GRANTS, Cluster, Grant, World

WORLD = World(
    name="entra-only",
    title="a cluster without KMS that takes Entra tokens only: local accounts are disabled, Azure RBAC decides",
    clusters=(Cluster(entra=True, azure_rbac=True, local_accounts=False),),
    grants=(*OPERATOR_GRANTS, Grant(CALLER, "Azure Kubernetes Service RBAC Cluster Admin", "group")),
)
