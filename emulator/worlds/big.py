"""As many Secrets as a large platform has."""

from emulator.worlds.spec import Cluster, Secrets, World

WORLD = World(
    name="big",
    title="a cluster without KMS and with 20,000 Secrets",
    clusters=(Cluster(secrets=Secrets(count=20_000)),),
)
