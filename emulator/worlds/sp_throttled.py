"""The vault takes fewer requests than one mount makes. [OWN] A real one takes thousands in ten seconds."""

from dataclasses import replace

from emulator.worlds.shop_secrets import OBJECT, VAULT, objects, pod, provider_class, world

_TWO = objects(OBJECT, {**OBJECT, "objectAlias": "again"})

WORLD = world(
    "sp-throttled",
    "the vault is asked more often than it may be",
    provider_class("sp-throttled", objects=_TWO),
    pod(),
    vaults=(replace(VAULT, requests_in_ten_seconds=1),),
)
