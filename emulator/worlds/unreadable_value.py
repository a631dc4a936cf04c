"""A value under a key that is gone: the next restart of the API servers would be their last. [SEEN]"""

from emulator.worlds.spec import OPERATOR_GRANTS, Cluster, Grant, Kms, Secrets, World

WORLD = World(
    name="unreadable-value",
    title="a cluster with KMS on; one of its Secrets cannot be decrypted by anything",
    clusters=(Cluster(kms=Kms(), secrets=Secrets(lost=1)),),
    grants=(*OPERATOR_GRANTS, Grant("shop-id", "Key Vault Crypto User", "vault/shop-kv")),
)
