"""Somebody has taken the label away."""

from emulator.worlds.synced_secrets import change, secret, world

_LABEL = "secrets-store.sync.x-k8s.io/secretsync"
_TAKEN = change("merge", secret(), metadata={"labels": {_LABEL: None}})

WORLD = world(
    "ss-label-changed",
    "somebody has taken the label from the Secret",
    cluster={"applied_seconds": 5400.0, "later": (_TAKEN,)},
)
