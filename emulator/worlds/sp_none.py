"""Where the story of the add-on begins: a cluster without it, and nothing applied."""

from dataclasses import replace

from emulator.worlds.shop_secrets import world
from emulator.worlds.spec import Cluster, Secrets

WORLD = replace(
    world("sp-none", "a cluster on which it is not enabled yet"),
    clusters=(Cluster(secrets=Secrets(count=4, namespaces=("default", "team-a"))),),
)
