"""The vault takes requests from one address, which is not that of the nodes. [D]"""

from dataclasses import replace

from emulator.worlds.shop_secrets import VAULT, world

WORLD = world(
    "sp-forbidden-firewall",
    "the firewall of the vault does not know the nodes",
    vaults=(replace(VAULT, default_action="Deny", ip_rules=("198.51.100.7",)),),
)
