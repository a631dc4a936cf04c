"""The type of a Secret that is there was changed."""

from emulator.worlds.synced_secrets import change, secret_sync, world

WORLD = world(
    "ss-type-changed",
    "the type of the SecretSync was changed",
    cluster={"later": (change("merge", secret_sync(), spec={"secretObject": {"type": "kubernetes.io/basic-auth"}}),)},
)
