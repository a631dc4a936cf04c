"""Both extensions side by side, which is not supported. [D]"""

from emulator.worlds.arc import ONLINE_PROVIDER, Extension
from emulator.worlds.synced_secrets import world

WORLD = world(
    "ss-online-provider",
    "the online extension runs beside the Secret Store",
    cluster={"extensions": (Extension(), Extension(ONLINE_PROVIDER, "akvsecretsprovider", namespace="kube-system"))},
)
