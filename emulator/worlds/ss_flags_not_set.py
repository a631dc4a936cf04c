"""The issuer is enabled, and nobody has told the API server."""

from emulator.worlds.synced_secrets import before_extension

WORLD = before_extension("ss-flags-not-set", "the issuer is enabled, and K3s does not use it", cluster={"config": ()})
