"""A private cluster, seen from a desk: its API server is reached by run-command alone."""

from dataclasses import replace

from emulator.worlds.kms_on import WORLD as KMS_ON
from emulator.worlds.spec import Cluster, Kms

WORLD = replace(
    KMS_ON,
    name="out-of-reach",
    title="a private cluster with KMS on, whose API server is reached from inside its network alone",
    clusters=(Cluster(kms=Kms(), private=True),),
)
