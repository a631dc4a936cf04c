"""The Helm chart was installed without syncSecret.enabled, and the pod waits for the Secret. [D]"""

from emulator.worlds.secrets_store import Chart
from emulator.worlds.shop_secrets import KUBELET, KUBELET_READS, client_id, pod, provider_class, synced, world

WORLD = world(
    "sp-sync-forbidden",
    "the driver may not make Secrets, and the pod wants one in its environment",
    provider_class(
        "sp-sync-forbidden",
        userAssignedIdentityID=client_id("sp-sync-forbidden", KUBELET),
        secrets=(synced(),),
    ),
    pod(env="shop-synced"),
    store={"chart": Chart()},
    grants=(KUBELET_READS,),
)
