"""AKS Automatic: presets, and a policy of the platform that guards its own namespaces. [ISS AKS#5645]

That the policy also refuses an empty patch of a Secret, and the words behind `denied request:`, are [INF].
"""

from emulator.worlds.cluster_access import AdmissionRule
from emulator.worlds.spec import CALLER, OPERATOR_GRANTS, Cluster, Grant, World

POLICY = "aks-managed-protect-system-namespaces"

WORLD = World(
    name="automatic",
    title="an AKS Automatic cluster without KMS; the platform refuses changes of Secrets in kube-system",
    clusters=(
        Cluster(
            kubernetes_version="1.33.3",
            automatic=True,
            vnet_integration=True,
            entra=True,
            azure_rbac=True,
            local_accounts=False,
            admission=(
                AdmissionRule(
                    f"secrets \"{{name}}\" is forbidden: ValidatingAdmissionPolicy '{POLICY}' with binding "
                    f"'{POLICY}-binding' denied request: changes in a namespace that AKS manages are not allowed",
                    namespaces=("kube-system",),
                    operations=("CREATE", "UPDATE", "DELETE"),
                ),
            ),
        ),
    ),
    grants=(*OPERATOR_GRANTS, Grant(CALLER, "Azure Kubernetes Service RBAC Cluster Admin", "group")),
)
