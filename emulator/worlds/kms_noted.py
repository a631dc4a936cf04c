"""After `az aks kv kms enable`: the state in which a rotation finds a cluster."""

from emulator.worlds.spec import OPERATOR_GRANTS, Cluster, Grant, Kms, World

WORLD = World(
    name="kms-noted",
    title="a cluster with KMS on, put there by akskv: the key and the proof of the rewrite are noted in its tags",
    clusters=(Cluster(kms=Kms(), noted=True),),
    grants=(*OPERATOR_GRANTS, Grant("shop-id", "Key Vault Crypto User", "vault/shop-kv")),
)
