"""The class means workload identity, with the identity of the add-on, which trusts no issuer. [ISS]"""

from emulator.worlds.shop_secrets import client_id, pod, provider_class, world

_CLASS = provider_class(
    "sp-client-without-fic",
    useVMManagedIdentity=None,
    userAssignedIdentityID=None,
    clientID=client_id("sp-client-without-fic"),
)

WORLD = world(
    "sp-client-without-fic", "an identity without federated credentials is used as a workload identity", _CLASS, pod()
)
