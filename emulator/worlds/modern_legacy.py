"""Legacy KMS on a cluster that could have the new KMS data encryption."""

from emulator.worlds.spec import OPERATOR_GRANTS, Cluster, Grant, Kms, World

WORLD = World(
    name="modern-legacy",
    title="a 1.33 cluster with legacy KMS v2 on; akskv turned it on and noted that",
    clusters=(Cluster(kubernetes_version="1.33.3", kms=Kms(), noted=True),),
    grants=(*OPERATOR_GRANTS, Grant("shop-id", "Key Vault Crypto User", "vault/shop-kv")),
)
