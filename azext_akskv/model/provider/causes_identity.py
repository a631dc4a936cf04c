"""Causes on the way to a token: the node's managed identities, and Microsoft Entra."""

from __future__ import annotations

from azext_akskv.model.provider.cause import ENTRA_PAGE, FEDERATION_PAGE, IDENTITY_PAGE, PROVIDER_PAGE, Cause

_ADDON_IDENTITY = (
    "az aks show -g {group} -n {cluster} --query addonProfiles.azureKeyvaultSecretsProvider.identity -o json"
)
_FEDERATED = "az identity federated-credential list -g {identity_group} --identity-name {identity}"
_UPDATE = "az identity federated-credential update -g {identity_group} --identity-name {identity} -n {credential} "
_ISSUER = "az aks show -g {group} -n {cluster} --query oidcIssuerProfile.issuerUrl -o tsv"
_AAD = "[source] provider; [D] Entra error codes"

NODE = (
    Cause(
        "nmi_404",
        "pod identity gave no token",
        "nmi response failed with status code: 404",
        "NMI of aad-pod-identity found no identity assigned to the pod: no AzureIdentityBinding fits its label, or the "
        "assignment is not done yet. Pod identity is retired.",
        "Look at the logs of NMI and MIC; better, go over to workload identity.",
        ("az aks update -g {group} -n {cluster} --enable-oidc-issuer --enable-workload-identity",),
        ("kubectl get azureassignedidentity,azureidentitybinding -A", "kubectl logs -A -l component=nmi --since=1h"),
        page=IDENTITY_PAGE,
        provider_number=1,
        addon_number=1,
    ),
    Cause(
        "nmi_403",
        "pod identity was refused a token",
        "nmi response failed with status code: 403",
        "NMI asked the node's identity endpoint for the identity of the AzureIdentity and was refused: it is not "
        "assigned to the node, or its resource id or client id is wrong.",
        "Correct the AzureIdentity and assign it to the nodes; better, go over to workload identity.",
        ("az vmss identity assign -g {node_group} -n {scale_set} --identities {identity_id}",),
        ("kubectl get azureidentity -A -o yaml",),
        page=IDENTITY_PAGE,
        source="[issues]",
    ),
    Cause(
        "nmi_absent",
        "nothing answers as pod identity",
        "dial tcp 127.0.0.1:2579: connect: connection refused",
        'usePodIdentity is "true", but no NMI of aad-pod-identity runs on the node.',
        'Set usePodIdentity to "false" and choose workload identity or a managed identity.',
        ("kubectl edit secretproviderclass {spc} -n {namespace}",),
        ("kubectl get pods -A -l component=nmi -o wide",),
        page=IDENTITY_PAGE,
        source="[issues]",
    ),
    Cause(
        "identity_not_found",
        "the identity is not one of the node's",
        '"error_description":"Identity not found"',
        "userAssignedIdentityID is not the client id of an identity that is assigned to this node's scale "
        "set: an object "
        "id, another cluster's, or a node pool from after the assignment. clientID without workload identity ends here "
        "too.",
        "Put the right client id into the SecretProviderClass, or assign the identity to the scale set of each pool.",
        ("az vmss identity assign -g {node_group} -n {scale_set} --identities {identity_id}",),
        (_ADDON_IDENTITY, "az vmss identity show -g {node_group} -n {scale_set}", "kubectl config current-context"),
        page=IDENTITY_PAGE,
        provider_number=3,
        addon_number=3,
    ),
    Cause(
        "multiple_identities",
        "the node has several identities and none is named",
        "Multiple user assigned identities exist, please specify the clientId / resourceId of the identity",
        "userAssignedIdentityID is empty; or only clientID is set while useVMManagedIdentity is true, which "
        "ignores it.",
        "Set userAssignedIdentityID to the client id of the identity that has the grant.",
        ("kubectl edit secretproviderclass {spc} -n {namespace}",),
        (_ADDON_IDENTITY,),
        page=IDENTITY_PAGE,
        source="[issues]",
    ),
    Cause(
        "no_default_identity",
        "the node has no identity of its own",
        "no default identity is assigned to this resource",
        "userAssignedIdentityID is empty, which asks for the system-assigned identity, and the scale set has none.",
        "Set userAssignedIdentityID.",
        ("kubectl edit secretproviderclass {spc} -n {namespace}",),
        (_ADDON_IDENTITY,),
        page=IDENTITY_PAGE,
        source="[source] provider",
    ),
    Cause(
        "imds_unreachable",
        "the node's identity endpoint does not answer",
        'Get "http://169.254.169.254/metadata/identity/oauth2/token": dial tcp 169.254.169.254:80',
        "A network policy, rules that NMI left in iptables, or a proxy without 169.254.169.254 in NO_PROXY "
        "stands between "
        "the provider and the node's identity endpoint.",
        "Let 169.254.169.254 through, and keep it out of the proxy.",
        ("az aks show -g {group} -n {cluster} --query httpProxyConfig.noProxy -o tsv",),
        ("kubectl get networkpolicy -A",),
        page=IDENTITY_PAGE,
        source="[issues]",
    ),
    Cause(
        "tenant_mismatch",
        "the token is of another tenant than the vault",
        "isn't configured to acquire tokens for tenant; AKV10032: Invalid issuer",
        "The vault is bound to another tenant than the one that the token was asked of. The vault's own "
        "tenant stands in "
        "the text.",
        "Write the vault's tenant into tenantID; a managed identity's tenant cannot change, so there the vault must.",
        ("az keyvault show -n {vault} --query properties.tenantId -o tsv",),
        ("kubectl get secretproviderclass {spc} -n {namespace} -o yaml",),
        page=IDENTITY_PAGE,
        source="[source] provider",
    ),
)

ENTRA = (
    Cause(
        "aad_no_fic",
        "no federated credential fits the pod's token",
        "AADSTS70021: No matching federated identity record found for presented assertion",
        "Issuer, subject and audience of the pod's token must each equal those of a federated credential of "
        "the identity, "
        "to the letter. A new one is known after seconds to a few minutes.",
        "Compare all three with the text, and correct the federated credential.",
        (_UPDATE + "--issuer {issuer} --subject {subject} --audiences api://AzureADTokenExchange",),
        (_FEDERATED,),
        page=FEDERATION_PAGE,
        source=_AAD,
    ),
    Cause(
        "aad_issuer_mismatch",
        "the federated credential names another issuer",
        "AADSTS700211: No matching federated identity record found for presented assertion issuer",
        "The cluster's OIDC issuer is another one than the credential's: the cluster was made again, or the "
        "slash at the "
        "end is missing.",
        "Put the cluster's issuer into the federated credential.",
        (_UPDATE + "--issuer {issuer} --subject {subject}",),
        (_ISSUER, _FEDERATED),
        page=FEDERATION_PAGE,
        source=_AAD,
    ),
    Cause(
        "aad_audience_mismatch",
        "the federated credential names another audience",
        "AADSTS700212: No matching federated identity record found for presented assertion audience",
        "The audience of the credential must be api://AzureADTokenExchange.",
        "Correct the audience of the federated credential.",
        (_UPDATE + "--audiences api://AzureADTokenExchange --issuer {issuer} --subject {subject}",),
        (_FEDERATED,),
        page=FEDERATION_PAGE,
        source=_AAD,
    ),
    Cause(
        "aad_subject_mismatch",
        "the federated credential names another service account",
        "AADSTS700213: No matching federated identity record found for presented assertion subject",
        "The subject is system:serviceaccount:NAMESPACE:NAME of the pod, upper and lower case told apart. A "
        "pod without "
        "serviceAccountName presents `default`.",
        "Correct the subject of the federated credential, or serviceAccountName in the pod.",
        (_UPDATE + "--subject {subject} --issuer {issuer}",),
        ("kubectl get pod {pod} -n {namespace} -o jsonpath={{.spec.serviceAccountName}}", _FEDERATED),
        page=FEDERATION_PAGE,
        source=_AAD,
    ),
    Cause(
        "aad_client_without_fic",
        "the identity has no federated credential",
        "AADSTS70025: The client has no configured federated identity credentials",
        "clientID is of an identity without federated credentials; typically that of the add-on itself, which is meant "
        "for useVMManagedIdentity.",
        "Create a federated credential for the pod's service account, or use the identity that has one.",
        (
            "az identity federated-credential create -g {identity_group} --identity-name {identity} -n {credential} "
            "--issuer {issuer} --subject {subject} --audiences api://AzureADTokenExchange",
        ),
        (_ISSUER, _FEDERATED),
        page=FEDERATION_PAGE,
        source=_AAD,
    ),
    Cause(
        "aad_app_not_found",
        "the tenant has no application with that client id",
        "AADSTS700016: Application with identifier was not found in the directory",
        "clientID is not a client id (an object id?), or tenantID is another tenant's.",
        "Correct clientID or tenantID.",
        ("az identity show -g {identity_group} -n {identity} --query clientId -o tsv",),
        ("az ad sp show --id {client_id}",),
        page=ENTRA_PAGE,
        source=_AAD,
    ),
    Cause(
        "aad_bad_client_secret",
        "the client secret is wrong",
        "AADSTS7000215: Invalid client secret provided",
        "The Secret of nodePublishSecretRef holds another client secret than the application; often its id and not its "
        "value.",
        "Make a new one, replace the Secret, start the pod again.",
        ("az ad sp credential reset --id {client_id} --append",),
        ("az ad app credential list --id {client_id}",),
        page=ENTRA_PAGE,
        source=_AAD,
    ),
    Cause(
        "aad_expired_client_secret",
        "the client secret has expired",
        "AADSTS7000222: The provided client secret keys are expired",
        "The client secret of the service principal is past its end.",
        "Make a new one, replace the Secret of nodePublishSecretRef, start the pod again.",
        ("az ad sp credential reset --id {client_id} --append",),
        ("az ad app credential list --id {client_id}",),
        page=ENTRA_PAGE,
        source=_AAD,
    ),
    Cause(
        "aad_tenant_not_found",
        "there is no such tenant",
        "AADSTS90002: Tenant not found; AADSTS900023: not a valid tenant identifier",
        "tenantID is no tenant of this cloud.",
        "Write the tenant of the vault into tenantID.",
        ("az keyvault show -n {vault} --query properties.tenantId -o tsv",),
        ("az account show --query tenantId -o tsv",),
        page=ENTRA_PAGE,
        source=_AAD,
    ),
    Cause(
        "aad_token_time",
        "the pod's token is outside its time",
        "AADSTS700024: Client assertion is not within its valid time range",
        "The node's clock is off, or an old token was presented again.",
        "Check the node's clock; start the pod again for a fresh token.",
        ("kubectl delete pod {pod} -n {namespace}",),
        ("kubectl get nodes -o wide",),
        page=ENTRA_PAGE,
        source=_AAD,
    ),
    Cause(
        "aad_assertion_invalid",
        "Entra does not accept the pod's token",
        "AADSTS700027: signature; AADSTS50027: malformed; AADSTS50166: issuer metadata",
        "The token's signature, its form, or the issuer's published keys are not in order: keys were rotated, or Entra "
        "cannot read the issuer's address.",
        "Check that the issuer's address answers from outside; rotate its keys or start the pod again.",
        ("az aks oidc-issuer rotate-signing-keys -g {group} -n {cluster}",),
        (_ISSUER,),
        page=ENTRA_PAGE,
        source=_AAD,
    ),
    Cause(
        "cloud_mismatch",
        "the names are those of another cloud",
        "AADSTS500011: resource principal not found; challenge resource doesn't match the requested domain",
        "cloudName and the vault's address belong to different clouds.",
        "Correct cloudName.",
        ("kubectl edit secretproviderclass {spc} -n {namespace}",),
        ("az cloud show --query name -o tsv",),
        page=PROVIDER_PAGE,
        source=_AAD,
    ),
    Cause(
        "aad_other",
        "Entra refuses a token for another reason",
        "AADSTS and a number that none of the other causes has, or no number",
        "Microsoft Entra did not give the provider a token. The number in the text says why; where it is cut off, a "
        "longer part of the log does.",
        "Look the number up, or read the log unshortened.",
        ("az identity show -g {identity_group} -n {identity}",),
        page=ENTRA_PAGE,
        source=_AAD,
    ),
)
CAUSES = (*NODE, *ENTRA)
