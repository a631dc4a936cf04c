"""Rotations, and changes of the mode, that could only do harm, or nothing."""

from __future__ import annotations

from emulator.worlds.spec import OTHER_TENANT, Cluster, Key, Kms, Vault
from tests.e2e.bad_input.case import BadInput
from tests.e2e.bad_input.keys import GRANTED
from tests.e2e.commands import CLUSTER, JSON
from tests.e2e.conftest import Station

ROTATE = ("aks", "kv", "rotate", *CLUSTER, *JSON, "--yes")
OLDER = "https://shop-kv.vault.emulator.test/keys/etcd/6a6872a9204a52809bc1e42f220adab0"
V2 = ("aks", "kv", "kms", "migrate-v2", *CLUSTER, *JSON, "--yes")


def mode(to: str) -> tuple[str, ...]:
    return ("aks", "kv", "kms", "migrate-mode", "--to", to, *CLUSTER, *JSON, "--yes")


def a_day_older(station: Station) -> None:
    station.emulation.world.keyvault.key("shop-kv.vault.emulator.test", "etcd").versions[0].created -= 86400


CASES = (
    BadInput(
        "a rotation of a cluster without KMS",
        4,
        ROTATE,
        "kms-off",
        expected="a rotation puts another key in the place of the one in use",
        found="KMS was never turned on on shop",
        remedy="az aks kv kms enable",
    ),
    BadInput(
        "a rotation where nothing tells whether the rewrite before it was done",
        4,
        ROTATE,
        "rewrite-unknown",
        expected="the API servers hold two keys",
        found="nothing tells whether every secret of shop is stored under the key in use",
        remedy="az aks kv reencrypt",
        world="kms-on",
    ),
    BadInput(
        "a rotation to an older version",
        4,
        (*ROTATE, "--key", OLDER),
        "key-older",
        expected="older than the one in use",
        found="6a6872a9204a52809bc1e42f220adab0",
        remedy="az aks kv rotate",
        world="kms-noted",
        overrides={
            "vaults": (Vault(keys=(Key(versions=2),)),),
            "clusters": (Cluster(kms=Kms(version=2), noted=True),),
        },
        prepare=a_day_older,
    ),
    BadInput(
        "a rotation to a key that is not there",
        3,
        (*ROTATE, "--key", "no-such-key"),
        "key-missing",
        expected="a version that is named must be there",
        found="there is no key no-such-key in shop-kv",
        remedy="az keyvault key list-versions",
        world="kms-noted",
    ),
    BadInput(
        "a rotation to a key identifier without a version",
        4,
        (*ROTATE, "--key", "https://shop-kv.vault.emulator.test/keys/etcd"),
        "key-versionless",
        expected="Name that version, or only the key's name",
        found="names no version",
        remedy="az aks kv rotate",
        world="kms-noted",
    ),
    BadInput(
        "a rotation to a key in a vault of another tenant",
        4,
        (*ROTATE, "--key", "etcd"),
        "vault-other-tenant",
        expected="KMS cannot use a key of another tenant",
        found="shop-kv is in the tenant",
        remedy="",
        world="kms-noted",
        overrides={"vaults": (Vault(tenant=OTHER_TENANT),), "grants": GRANTED},
    ),
    BadInput(
        "a mode that there is not",
        2,
        mode("Sideways"),
        error="is not a valid value for '--to'",
        expected="Public, Private",
        found="Sideways",
        remedy="",
    ),
    BadInput(
        "the private mode without API Server VNet Integration",
        4,
        mode("Private"),
        "vnet-integration",
        expected="a private vault needs",
        found="shop has no API Server VNet Integration",
        remedy="az aks update",
        world="kms-noted",
    ),
    BadInput(
        "a change of the mode of a cluster without KMS",
        4,
        mode("Public"),
        "kms-off",
        expected="a migration takes the one in use along",
        found="KMS was never turned on on shop",
        remedy="az aks kv kms enable",
    ),
    BadInput(
        "an upgrade to a version that has KMS v1",
        2,
        (*V2, "--kubernetes-version", "1.26"),
        error="has KMS v1",
        expected="KMS v2 begins with 1.27",
        found="1.26",
        remedy="",
        world="legacy-v1",
    ),
    BadInput(
        "an upgrade to what is no version",
        2,
        (*V2, "--kubernetes-version", "latest"),
        error="is not a Kubernetes version",
        expected="such as 1.28 or 1.28.12",
        found="latest",
        remedy="",
        world="legacy-v1",
    ),
    BadInput(
        "an upgrade to a version that the region does not offer",
        4,
        (*V2, "--kubernetes-version", "1.28.99"),
        "upgrade-way",
        expected="a cluster can only be upgraded to a version that its region offers",
        found="westeurope does not offer Kubernetes 1.28.99",
        remedy="az aks get-versions",
        world="legacy-v1",
    ),
    BadInput(
        "a downgrade",
        4,
        (*V2, "--kubernetes-version", "1.28"),
        "upgrade-way",
        expected="never takes them back to an earlier version",
        found="shop runs 1.30.7, which is later than 1.28",
        remedy="az aks kv kms migrate-v2",
        world="kms-noted",
    ),
    BadInput(
        "the way to KMS v2 of a cluster without KMS",
        4,
        V2,
        "kms-off",
        expected="a migration takes the one in use along",
        found="KMS was never turned on on shop",
        remedy="az aks kv kms enable",
    ),
)
