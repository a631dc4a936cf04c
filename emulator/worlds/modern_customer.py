"""The new KMS data encryption with a customer's key: the key identifier has no version. [SPEC]"""

from emulator.worlds.spec import OPERATOR_GRANTS, Cluster, Grant, Kms, World

WORLD = World(
    name="modern-customer",
    title="a 1.33 cluster with the new KMS data encryption, the key is etcd of shop-kv",
    clusters=(Cluster(kubernetes_version="1.33.3", kms=Kms(version=None), platform_encryption=True),),
    grants=(*OPERATOR_GRANTS, Grant("shop-id", "Key Vault Crypto User", "vault/shop-kv")),
)
