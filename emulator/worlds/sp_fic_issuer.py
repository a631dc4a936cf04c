"""The identity trusts the issuer of a cluster that is gone. [ISS]"""

from emulator.worlds.secrets_provider import Federation
from emulator.worlds.shop_secrets import client_id, pod, provider_class, world
from emulator.worlds.spec import Grant

_CLASS = provider_class(
    "sp-fic-issuer",
    useVMManagedIdentity=None,
    userAssignedIdentityID=None,
    clientID=client_id("sp-fic-issuer", "shop-id"),
)
_FEDERATION = Federation(
    "shop-id", subject="system:serviceaccount:default:default", issuer="https://gone.oic.prod-aks.azure.com/"
)

WORLD = world(
    "sp-fic-issuer",
    "the federated credential is for the issuer of another cluster",
    _CLASS,
    pod(),
    federations=(_FEDERATION,),
    cluster={"workload_identity": True},
    grants=(Grant("shop-id", "Key Vault Secrets User", "vault/shop-kv"),),
)
