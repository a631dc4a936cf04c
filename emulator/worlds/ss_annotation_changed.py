"""Somebody has given the Secret an annotation that is reserved."""

from emulator.worlds.synced_secrets import change, secret, world

_RESERVED = "secrets-store.sync.x-k8s.io/owner"
_GIVEN = change("merge", secret(), metadata={"annotations": {_RESERVED: "by-hand"}})

WORLD = world(
    "ss-annotation-changed",
    "somebody has given the Secret an annotation that is reserved",
    cluster={"applied_seconds": 5400.0, "later": (_GIVEN,)},
)
