"""What goes with a virtual network."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emulator.providers.network import peerings
from emulator.providers.network.networks import Network
from emulator.providers.privatedns import links

if TYPE_CHECKING:
    from emulator.world import EmulatedWorld


def remove(world: EmulatedWorld, network: Network) -> None:
    """The peerings of others to it become Disconnected [3P]; the links of private zones to it go with it [D]."""
    peerings.network_gone(world, network)
    links.forget_network(world, network.id)
    world.resources.remove_all(network.id)
