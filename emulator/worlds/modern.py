"""Where the new KMS data encryption could be turned on, and is not."""

from emulator.worlds.spec import Cluster, World

WORLD = World(
    name="modern",
    title="a 1.33 cluster without KMS of either kind",
    clusters=(Cluster(kubernetes_version="1.33.3"),),
)
