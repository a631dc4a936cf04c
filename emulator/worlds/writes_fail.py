"""The key expired while the API servers were running: they read, and cannot write a Secret any more. [SRC][SEEN]"""

from emulator.worlds.spec import OPERATOR_GRANTS, Cluster, Grant, Key, Kms, Vault, World

WORLD = World(
    name="writes-fail",
    title="a cluster with KMS on whose key expired yesterday: Secrets can be read and not written",
    clusters=(Cluster(kms=Kms()),),
    vaults=(Vault(keys=(Key(expires_in_days=-1),)),),
    grants=(*OPERATOR_GRANTS, Grant("shop-id", "Key Vault Crypto User", "vault/shop-kv")),
)
