"""The identity has no federated credential: AADSTS70025."""

from emulator.worlds.synced_secrets import world

WORLD = world("ss-fic-missing", "the identity has no federated credential", federations=())
