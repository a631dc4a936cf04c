"""A processor that this version has no image for. [D]"""

from emulator.worlds.arc import Extension
from emulator.worlds.synced_secrets import account, namespace, world

WORLD = world(
    "ss-arm64",
    "the nodes are of ARM, and the version has no image for them",
    extension=Extension(version="1.1.6"),
    cluster={"architecture": "arm64", "manifests": (namespace(), account())},
)
