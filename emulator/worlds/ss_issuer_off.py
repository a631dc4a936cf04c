"""The issuer of tokens is not enabled."""

from emulator.worlds.synced_secrets import before_extension

WORLD = before_extension(
    "ss-issuer-off", "the issuer of tokens is not enabled", cluster={"issuer": False, "config": ()}, federations=()
)
