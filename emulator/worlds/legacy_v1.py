"""Before Kubernetes 1.27: KMS v1, which asks Key Vault for every Secret."""

from emulator.worlds.spec import OPERATOR_GRANTS, Cluster, Grant, Kms, Secrets, World

WORLD = World(
    name="legacy-v1",
    title="a 1.26 cluster with KMS v1 on; 60 Secrets are encrypted under the first version of the key etcd",
    clusters=(Cluster(kubernetes_version="1.26.12", kms=Kms(), secrets=Secrets(count=60)),),
    grants=(*OPERATOR_GRANTS, Grant("shop-id", "Key Vault Crypto User", "vault/shop-kv")),
)
