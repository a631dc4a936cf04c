"""The federated credential is for another account: AADSTS700213."""

from dataclasses import replace

from emulator.worlds.synced_secrets import TRUSTED, world

WORLD = world(
    "ss-fic-subject",
    "the federated credential is for another account",
    federations=(replace(TRUSTED, subject="system:serviceaccount:default:default"),),
)
