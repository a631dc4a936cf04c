"""Version 1.3.0 by accident needs Kubernetes 1.30. [D]"""

from emulator.worlds.arc import Extension
from emulator.worlds.synced_secrets import account, namespace, world

WORLD = world(
    "ss-kubernetes-too-old",
    "the installation has failed: its version needs a newer Kubernetes",
    extension=Extension(version="1.3.0"),
    cluster={"kubernetes_version": "1.29.9", "manifests": (namespace(), account())},
)
