"""The object id where the client id belongs: AADSTS700016."""

from emulator.core.ids import Ids
from emulator.worlds.synced_secrets import IDENTITY, account, namespace, provider_class, secret_sync, world

_OBJECT_ID = Ids("ss-object-id").principal(IDENTITY)
_MANIFESTS = (namespace(), account(), provider_class("ss-object-id", clientID=_OBJECT_ID), secret_sync())

WORLD = world("ss-object-id", "the class has the identity's object id for its client id", *_MANIFESTS)
