"""Services that refuse the caller, cannot be trusted, or answer what they never should."""

from __future__ import annotations

import base64
from typing import Any

import trustme

from emulator.worlds.cluster_access import CLUSTER_USER, Binding, Rule
from emulator.worlds.spec import CALLER, OPERATOR_GRANTS, Cluster, Grant
from tests.e2e.bad_input.case import BadInput, Prepare, Undo, fault
from tests.e2e.commands import ENABLE, REENCRYPT, SHOW
from tests.e2e.conftest import Station

GROUP = "/subscriptions/1f0e5a34-8c1b-4d27-9a56-3b7c2d9e8f10/resourceGroups/shop-rg/providers"
ARM_EXPIRED = {
    "error": {"code": "ExpiredAuthenticationToken", "message": "The access token expiry UTC time is earlier than now."}
}
CREDENTIALS = "/listClusterUserCredential"
SIGN_IN_PAGE = {"headers": {"content-type": "text/html"}, "body": b"<html><title>Sign in to the proxy</title></html>"}


LOOKING = (Rule(("get", "list"), ("secrets", "namespaces")), Rule(("get",), ("leases",), ("coordination.k8s.io",)))


def denied(action: str) -> dict[str, Any]:
    message = f"The client 'ops' does not have authorization to perform action '{action}' over scope 'x'."
    return {"status": 403, "body": {"error": {"code": "AuthorizationFailed", "message": message}}}


def another_authority(station: Station) -> Undo:
    """The kubeconfig from ARM names a CA that has not signed the API server's certificate."""
    return kubeconfig_with(station, "certificate-authority-data", base64.b64encode(stranger()).decode())


def another_host(station: Station) -> Undo:
    return kubeconfig_with(station, "server", "https://api.evil.example:443")


def stranger() -> bytes:
    return trustme.CA().cert_pem.bytes()


def kubeconfig_with(station: Station, name: str, value: str) -> Undo:
    lines = station.api_server().kubeconfig("user").splitlines()
    spoiled = [f"{line.partition(name)[0]}{name}: {value}" if f"{name}:" in line else line for line in lines]
    assert spoiled != lines
    config = base64.b64encode("\n".join(spoiled).encode()).decode()
    body = {"kubeconfigs": [{"name": "clusterUser", "value": config}]}
    undo = fault(site="arm", path=CREDENTIALS, status=200, body=body)(station)
    assert undo
    return undo


def unknown(
    brought: str, finding: str, expected: str, found: str, prepare: Prepare | None = None, **more: Any
) -> BadInput:
    """What could not be looked at: exit code 5, and the change does not begin."""
    remedy = more.pop("remedy", "")
    command = more.pop("command", ENABLE)
    return BadInput(
        brought,
        5,
        command,
        finding,
        "unknown",
        expected=expected,
        found=found,
        remedy=remedy,
        prepare=prepare,
        overrides=more,
    )


CASES = (
    unknown(
        "a caller without any right",
        "cluster-missing",
        "the right that is needed: Microsoft.ContainerService/managedClusters/read",
        "AuthorizationFailed",
        grants=(),
    ),
    unknown(
        "a caller without any right, who looks",
        "cluster-missing",
        "the right that is needed: Microsoft.ContainerService/managedClusters/read",
        "AuthorizationFailed",
        command=SHOW,
        grants=(),
    ),
    unknown(
        "a caller without rights on the vault",
        "vault-missing",
        "the right that is needed: Microsoft.KeyVault/vaults/read",
        "AuthorizationFailed",
        grants=(Grant(CALLER, "Azure Kubernetes Service Cluster User Role", "group"),),
    ),
    unknown(
        "a caller who may not read role assignments",
        "grant-missing",
        "the right that is needed: Microsoft.Authorization/roleAssignments/read",
        "AuthorizationFailed",
        fault(site="arm", path="/roleAssignments", **denied("Microsoft.Authorization/roleAssignments/read")),
    ),
    unknown(
        "a caller who may not read identities",
        "grant-missing",
        "the right that is needed: Microsoft.Authorization/roleAssignments/read",
        "AuthorizationFailed",
        fault(site="arm", path="userAssignedIdentities|/roleAssignments", **denied("Microsoft.ManagedIdentity/read")),
    ),
    unknown(
        "a caller who may not log in to the cluster",
        "api-server-unreachable",
        "the right that is needed: Microsoft.ContainerService/managedClusters/listClusterUserCredential/action",
        "AuthorizationFailed",
        grants=(Grant(CALLER, "Reader", "group"),),
    ),
    unknown(
        "a caller who may not list secrets",
        "secret-unreadable",
        "the right that is needed: to list secrets in every namespace",
        "Forbidden",
        clusters=(Cluster(entra=True, azure_rbac=True, local_accounts=False),),
        grants=(*OPERATOR_GRANTS,),
    ),
    BadInput(
        "a caller who may not assign roles",
        4,
        finding="caller-rights",
        expected="User Access Administrator has this right",
        found="the right Microsoft.Authorization/roleAssignments/write is missing",
        remedy="az role assignment create",
        overrides={"grants": (Grant(CALLER, "Contributor", "subscription"),)},
    ),
    BadInput(
        "a caller who may not patch secrets",
        4,
        finding="kubernetes-rights",
        expected="A cluster administrator has these rights",
        found="in the cluster you may not: patch secrets in every namespace",
        remedy="kubectl auth can-i patch secrets",
        overrides={"clusters": (Cluster(bindings=(Binding(CLUSTER_USER, LOOKING),)),)},
    ),
    BadInput(
        "a lock on the vault",
        4,
        finding="resource-locked",
        expected="Take the lock away for the time of the change",
        found="the ReadOnly lock vault-is-frozen on shop-kv will refuse to: assign Key Vault Crypto User",
        remedy="az lock delete",
        world="locked",
    ),
    BadInput(
        "a policy that denies clusters with KMS",
        4,
        finding="policy-refuses",
        expected="an exemption",
        found="no-customer-keys denies to turn on KMS",
        remedy="az policy assignment show",
        world="locked",
        overrides={"locks": ()},
    ),
    BadInput(
        "a webhook that refuses updates of secrets",
        4,
        finding="admission-refuses",
        expected="Exempt yourself in that webhook or policy",
        found="admission refuses the rewrite of",
        remedy="kubectl get",
        world="admission-refuses",
    ),
    unknown(
        "a token that expires midway, at ARM",
        "vault-missing",
        "the right that is needed: Microsoft.KeyVault/vaults/read",
        "ExpiredAuthenticationToken",
        fault(site="arm", path="/vaults", status=401, body=ARM_EXPIRED),
    ),
    unknown(
        "a token that expires midway, at the API server",
        "secret-unreadable",
        "the right that is needed: to list secrets in every namespace",
        "Unauthorized",
        fault(site="kubernetes", path="/secrets", status=401, body={"kind": "Status", "reason": "Unauthorized"}),
    ),
    unknown(
        "an API server whose certificate is not the cluster's",
        "api-server-unreachable",
        "expected a certificate for this host, of the cluster's own CA",
        "certificate verify failed",
        another_authority,
    ),
    unknown(
        "a kubeconfig that leads to another host",
        "api-server-unreachable",
        "and ARM says shop-",
        "https://api.evil.example:443",
        another_host,
    ),
    unknown(
        "a kubeconfig that is none",
        "api-server-unreachable",
        "the kubeconfig from ARM cannot be used",
        "it cannot be understood",
        fault(site="arm", path=CREDENTIALS, status=200, body={"kubeconfigs": [{"value": "e30="}]}),
    ),
    unknown(
        "an answer about the cluster that is none",
        "cluster-missing",
        "'properties': expected an object",
        "found a list",
        fault(site="arm", path="/managedClusters/", status=200, body={"properties": []}),
    ),
    unknown(
        "an answer about the vault that is none",
        "vault-missing",
        "'id': expected text",
        "found a whole number",
        fault(site="arm", path="Microsoft.KeyVault/vaults", status=200, body={"value": [{"id": 7}]}),
    ),
    unknown(
        "an answer about the key that is none",
        "key-missing",
        "'keyOps': expected a list",
        "found text",
        fault(
            site="arm",
            path=r"/keys/etcd(/versions/[0-9a-f]+)?\?",
            status=200,
            body={"name": "0" * 32, "properties": {"keyOps": "encrypt"}},
        ),
    ),
    unknown(
        "the sign-in page of a proxy in the place of an answer",
        "cluster-missing",
        "expected JSON",
        "found something else, such as the page of a proxy",
        fault(site="arm", path="/managedClusters/", status=200, **SIGN_IN_PAGE),
    ),
    unknown(
        "a list of secrets that is no Table",
        "secret-unreadable",
        "the API server did not answer with a Table",
        "nothing of it was kept",
        fault(site="kubernetes", path="/secrets", status=200, body={"kind": "SecretList", "items": []}),
        command=REENCRYPT,
    ),
)
