"""The images of the extension are not pulled."""

from emulator.worlds.synced_secrets import account, namespace, world

WORLD = world(
    "ss-images-blocked",
    "the extension stays Creating, for its images are not pulled",
    cluster={"images_pull": False, "manifests": (namespace(), account())},
)
