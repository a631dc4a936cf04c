"""Two clusters, and a kubeconfig with a context for each."""

from emulator.worlds.arc import K3s
from emulator.worlds.synced_secrets import account, before_extension, namespace

_APPLIED = (namespace(), account())

WORLD = before_extension(
    "ss-wrong-cluster",
    "two connected clusters, whose contexts somebody may confuse",
    outside=(K3s(manifests=_APPLIED), K3s("edge-2", manifests=_APPLIED), K3s("lab", connected=False, config=())),
)
