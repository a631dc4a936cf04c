"""The Helm chart was installed without tokenRequests, and the class has a clientID. [SRC]"""

from emulator.worlds.secrets_store import Chart
from emulator.worlds.shop_secrets import client_id, pod, provider_class, world
from emulator.worlds.spec import Grant

_CLASS = provider_class(
    "sp-wi-token-missing",
    useVMManagedIdentity=None,
    userAssignedIdentityID=None,
    clientID=client_id("sp-wi-token-missing", "shop-id"),
)

WORLD = world(
    "sp-wi-token-missing",
    "the CSIDriver object asks for no tokens of service accounts",
    _CLASS,
    pod(),
    store={"chart": Chart(token_requests=False)},
    grants=(Grant("shop-id", "Key Vault Secrets User", "vault/shop-kv"),),
)
