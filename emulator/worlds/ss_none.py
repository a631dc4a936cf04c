"""Connected to Arc, and nothing that the Secret Store needs beside a vault."""

from emulator.worlds.synced_secrets import world

WORLD = world(
    "ss-none",
    "a cluster of K3s that is connected to Arc, a vault with a secret, and nothing else",
    extension=None,
    cluster={"issuer": False, "config": (), "cert_manager": "", "manifests": ()},
    identities=(),
    federations=(),
    grants=(),
)
