"""Arguments in the file and in the unit, of which only the latter count. [D]"""

from emulator.worlds.synced_secrets import before_extension

WORLD = before_extension(
    "ss-flags-in-both",
    "the unit has arguments of its own, so those of the file do not count",
    cluster={"unit": ("enable-admission-plugins=OwnerReferencesPermissionEnforcement",)},
)
