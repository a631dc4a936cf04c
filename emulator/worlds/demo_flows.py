"""What `make demo-flows` tells its story on."""

from emulator.worlds.spec import Cluster, World

WORLD = World(
    name="demo-flows",
    title="as demo, with API Server VNet Integration: a cluster that can use a private vault, too",
    clusters=(Cluster(vnet_integration=True),),
)
