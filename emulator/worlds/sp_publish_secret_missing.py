"""The Secret with the credentials of a service principal is not there. [SRC]"""

from emulator.worlds.shop_secrets import pod, provider_class, world

WORLD = world(
    "sp-publish-secret-missing",
    "the Secret that nodePublishSecretRef names is not there",
    provider_class("sp-publish-secret-missing", useVMManagedIdentity="false"),
    pod(csi={"nodePublishSecretRef": {"name": "shop-creds"}}),
)
