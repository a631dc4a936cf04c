"""The providers of Arc are not registered."""

from emulator.worlds.synced_secrets import before_extension

WORLD = before_extension(
    "ss-unregistered",
    "the provider of extensions is not registered in the subscription",
    unregistered=("Microsoft.KubernetesConfiguration",),
)
