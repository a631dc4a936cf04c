"""The new KMS data encryption with a key of the platform."""

from emulator.worlds.spec import Cluster, World

WORLD = World(
    name="modern-platform",
    title="a 1.33 cluster with the new KMS data encryption, the key is the platform's",
    clusters=(Cluster(kubernetes_version="1.33.3", platform_encryption=True),),
)
