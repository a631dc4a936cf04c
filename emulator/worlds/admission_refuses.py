"""A customer's own webhook that lets nobody change a Secret by hand: also an empty patch is an UPDATE."""

from emulator.worlds.cluster_access import AdmissionRule
from emulator.worlds.spec import Cluster, World

WORLD = World(
    name="admission-refuses",
    title="a cluster without KMS; a webhook of the customer refuses every update of a Secret",
    clusters=(
        Cluster(
            admission=(
                AdmissionRule(
                    'admission webhook "secrets.guard.example" denied the request: Secret {name} is managed by GitOps'
                ),
            ),
        ),
    ),
)
