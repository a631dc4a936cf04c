"""The class names an identity that the nodes do not have: that of the cluster itself. [ISS]"""

from emulator.worlds.shop_secrets import client_id, pod, provider_class, world

_CLASS = provider_class("sp-identity-not-found", userAssignedIdentityID=client_id("sp-identity-not-found", "shop-id"))

WORLD = world("sp-identity-not-found", "the class names the client id of an identity that no node has", _CLASS, pod())
