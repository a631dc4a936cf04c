"""A webhook of somebody else refuses the Secret."""

from emulator.worlds.cluster_access import AdmissionRule
from emulator.worlds.synced_secrets import world

WORLD = world(
    "ss-webhook-refuses",
    "a webhook refuses the Secret",
    cluster={
        "admission": (
            AdmissionRule(
                'admission webhook "deny.shop.example" denied the request: not here',
                ("shop",),
                operations=("CREATE", "UPDATE"),
            ),
        )
    },
)
