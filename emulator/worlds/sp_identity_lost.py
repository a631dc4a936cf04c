"""Somebody has taken the add-on's identity from the scale set. [ISS]"""

from emulator.worlds.secrets_provider import SecretsProvider
from emulator.worlds.shop_secrets import world

WORLD = world(
    "sp-identity-lost",
    "the scale set of the pool has lost the identity of the add-on",
    cluster={"secrets_provider": SecretsProvider(lost_by=("nodepool1",))},
)
