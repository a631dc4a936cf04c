"""The key was disabled, and the API servers have restarted since: they never get ready. [D][SRC]"""

from emulator.worlds.spec import OPERATOR_GRANTS, Cluster, Grant, Key, Kms, Vault, World

WORLD = World(
    name="server-down",
    title="a cluster with KMS on whose key is disabled: the API server is not ready and reads no Secret",
    clusters=(Cluster(kms=Kms(), restarted=True),),
    vaults=(Vault(keys=(Key(enabled=False),)),),
    grants=(*OPERATOR_GRANTS, Grant("shop-id", "Key Vault Crypto User", "vault/shop-kv")),
)
