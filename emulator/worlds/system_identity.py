"""KMS needs a user-assigned identity; this cluster has none."""

from emulator.worlds.spec import Cluster, World

WORLD = World(
    name="system-identity",
    title="a cluster without KMS and with a system-assigned identity; shop-id exists and is nobody's",
    clusters=(Cluster(identity=None),),
)
