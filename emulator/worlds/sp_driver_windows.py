"""The pod is on a Windows node, and the chart was installed without windows.enabled. [D]"""

from emulator.worlds.secrets_store import Chart
from emulator.worlds.shop_secrets import KUBELET, KUBELET_READS, client_id, pod, provider_class, world

WORLD = world(
    "sp-driver-windows",
    "the pod is on a Windows node, for which the Helm chart was not told to install",
    provider_class("sp-driver-windows", userAssignedIdentityID=client_id("sp-driver-windows", KUBELET)),
    pod(nodeSelector={"kubernetes.io/os": "windows"}),
    store={"chart": Chart()},
    grants=(KUBELET_READS,),
    cluster={"windows_pools": ("win",)},
)
