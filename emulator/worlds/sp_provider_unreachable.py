"""The provider is killed for its memory, over and over, and its socket refuses. [D]"""

from emulator.worlds.shop_secrets import world

WORLD = world("sp-provider-unreachable", "the provider needs more memory than its limit", store={"provider_needs": 900})
