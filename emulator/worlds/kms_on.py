"""After a successful `az aks update --enable-azure-keyvault-kms` and the rewrite."""

from emulator.worlds.spec import OPERATOR_GRANTS, Cluster, Grant, Kms, World

WORLD = World(
    name="kms-on",
    title="a cluster with KMS on; every Secret is encrypted under the first version of the key etcd",
    clusters=(Cluster(kms=Kms()),),
    grants=(*OPERATOR_GRANTS, Grant("shop-id", "Key Vault Crypto User", "vault/shop-kv")),
)
