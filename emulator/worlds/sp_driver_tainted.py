"""The pod tolerates the taint of its node, and the driver of the Helm chart does not. [D]"""

from emulator.worlds.secrets_store import Chart
from emulator.worlds.shop_secrets import KUBELET, KUBELET_READS, client_id, pod, provider_class, world

WORLD = world(
    "sp-driver-tainted",
    "the pod is on a tainted node, where the driver of the Helm chart is not",
    provider_class("sp-driver-tainted", userAssignedIdentityID=client_id("sp-driver-tainted", KUBELET)),
    pod(nodeSelector={"agentpool": "gpu"}, tolerations=[{"key": "sku", "operator": "Exists"}]),
    store={"chart": Chart()},
    grants=(KUBELET_READS,),
    cluster={"pools": ("nodepool1", "gpu"), "taints": (("gpu", "sku=gpu:NoSchedule"),)},
)
