"""The issuer without its closing slash."""

from emulator.worlds.arc import BARE_ISSUER
from emulator.worlds.synced_secrets import before_extension

WORLD = before_extension(
    "ss-flags-no-slash",
    "the closing slash of the issuer was forgotten",
    cluster={"config": (f"service-account-issuer={BARE_ISSUER}",)},
)
