"""The way to vaults is blocked; Arc itself is reached. [D]"""

from emulator.worlds.synced_secrets import world

WORLD = world(
    "ss-vault-blocked",
    "a firewall on the way drops what goes to the vault, and Arc is connected",
    cluster={"vaults_blocked": True},
)
