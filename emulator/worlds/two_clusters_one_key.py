"""One key version for two clusters: what is right for the one may be wrong for the other."""

from emulator.worlds.spec import OPERATOR_GRANTS, Cluster, Grant, Kms, World

WORLD = World(
    name="two-clusters-one-key",
    title="two clusters, shop and depot, with KMS on under the same version of the key etcd",
    clusters=(Cluster(kms=Kms()), Cluster(name="depot", kms=Kms())),
    grants=(*OPERATOR_GRANTS, Grant("shop-id", "Key Vault Crypto User", "vault/shop-kv")),
)
