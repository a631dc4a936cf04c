"""The firewall that legacy KMS never works with: the control plane's addresses are nobody's to allow. [D]"""

from emulator.worlds.spec import Vault, World

WORLD = World(
    name="selected-networks",
    title="a cluster without KMS; a vault that is open to one address only",
    vaults=(Vault(default_action="Deny", ip_rules=("198.51.100.7",)),),
)
