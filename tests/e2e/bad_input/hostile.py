"""Text from outside that would like to steer the terminal, to forge a line, or to be pasted."""

from __future__ import annotations

from typing import Any

from emulator.worlds.spec import Cluster, Kms
from tests.e2e.bad_input.case import BadInput, fault
from tests.e2e.bad_input.services import GROUP, unknown
from tests.e2e.commands import DISABLE, SHOW

EVIL = (
    "\x1b[2J\x1b[31mgone\x1b]0;title\x07\x9b1A\u202eevil\u2066\r\n"
    "ERROR: all is lost\n  fix    az group delete --name shop-rg"
)
TAME = "gone]0;titleevil ERROR: all is lost fix az group delete --name shop-rg"
UNREADABLE = {"kind": "Status", "reason": "InternalError"}


def arm_error(message: str, code: str = "AuthorizationFailed") -> dict[str, Any]:
    return {"status": 403, "body": {"error": {"code": code, "message": message}}}


CASES = (
    unknown(
        "a refusal of ARM full of control characters",
        "cluster-missing",
        "the right that is needed",
        "gone]0;titleevil",
        fault(site="arm", path="/managedClusters/", **arm_error(EVIL)),
    ),
    unknown(
        "an error code of ARM full of control characters",
        "cluster-missing",
        "the right that is needed",
        "gone]0;titleevil",
        fault(site="arm", path="/managedClusters/", **arm_error("no", EVIL)),
    ),
    unknown(
        "a refusal of ARM of a million letters",
        "cluster-missing",
        "the right that is needed",
        "xxxxxxxx",
        fault(site="arm", path="/managedClusters/", **arm_error("x" * 1_000_000)),
    ),
    unknown(
        "a refusal of the API server full of control characters",
        "secret-unreadable",
        "the right that is needed: to list secrets",
        "gone]0;titleevil",
        fault(
            site="kubernetes",
            path="/secrets",
            status=403,
            body={"kind": "Status", "reason": "Forbidden", "message": EVIL},
        ),
    ),
    unknown(
        "a vault whose id has control characters in it",
        "vault-missing",
        "not an ARM resource id",
        "\\x1b[2J",
        fault(
            site="arm",
            path="Microsoft.KeyVault/vaults",
            status=200,
            body={"value": [{"id": f"{GROUP}/Microsoft.KeyVault/vaults/{EVIL}"}]},
        ),
    ),
    unknown(
        "a cluster whose id leads a command astray",
        "cluster-missing",
        "not an ARM resource id",
        "; az group delete",
        fault(
            site="arm",
            path="/managedClusters/",
            status=200,
            body={
                "id": f"{GROUP}/Microsoft.ContainerService/managedClusters/x'; az group delete #",
                "properties": {"kubernetesVersion": "1.30.7"},
            },
        ),
    ),
    BadInput(
        "a secret that cannot be decrypted, with a name full of control characters",
        4,
        DISABLE,
        "secret-unreadable",
        expected="it was stored under a key that is gone or disabled",
        found="cannot decrypt",
        world="kms-on",
        prepare=fault(
            site="kubernetes",
            path="/secrets",
            status=500,
            body=UNREADABLE | {"message": f'unable to transform key "/registry/secrets/a/{EVIL}": no key'},
        ),
    ),
    BadInput(
        "a tag of the cluster full of control characters",
        0,
        SHOW,
        "rewrite-owed",
        "warning",
        expected="no note says since when the present key is in force",
        found=f"the run {TAME} changed it",
        world="kms-on",
        overrides={"clusters": (Cluster(kms=Kms(), tags=(("akskv-run", EVIL),)),)},
    ),
    BadInput(
        "the state of a cluster full of control characters",
        4,
        finding="cluster-not-settled",
        expected="run this again when the other has ended",
        found=f"shop is {TAME}",
        overrides={"clusters": (Cluster(state=EVIL),)},
    ),
    BadInput(
        "a Kubernetes version with something behind it",
        0,
        SHOW,
        "cluster-version",
        "warning",
        expected="KMS v2 begins with 1.27",
        found=f"Kubernetes 1.26{TAME} has KMS v1",
        world="kms-on",
        prepare=lambda station: station.cluster().body["properties"].update(currentKubernetesVersion=f"1.26{EVIL}"),
    ),
)
