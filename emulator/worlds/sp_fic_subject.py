"""The identity trusts another service account than the pod's. [ISS]"""

from emulator.worlds.secrets_provider import Federation
from emulator.worlds.shop_secrets import client_id, pod, provider_class, world
from emulator.worlds.spec import Grant

_CLASS = provider_class(
    "sp-fic-subject",
    useVMManagedIdentity=None,
    userAssignedIdentityID=None,
    clientID=client_id("sp-fic-subject", "shop-id"),
)
_FEDERATION = Federation("shop-id", subject="system:serviceaccount:default:app")

WORLD = world(
    "sp-fic-subject",
    "the federated credential is for another service account",
    _CLASS,
    pod(),
    federations=(_FEDERATION,),
    cluster={"workload_identity": True},
    grants=(Grant("shop-id", "Key Vault Secrets User", "vault/shop-kv"),),
)
