"""Causes that Key Vault itself answers with, and those of a way on which nothing answers."""

from __future__ import annotations

from azext_akskv.model.finding import State
from azext_akskv.model.provider.cause import (
    EGRESS_PAGE,
    FIREWALL_PAGE,
    GRANT_PAGE,
    IDENTITY_PAGE,
    LINK_PAGE,
    OPTIONS_PAGE,
    POLICY_PAGE,
    PROXY_PAGE,
    RECOVERY_PAGE,
    THROTTLING_PAGE,
    VAULT_PAGE,
    Cause,
)

_POSTURE = (
    "az keyvault show -n {vault} --query "
    "{{rbac:properties.enableRbacAuthorization,public:properties.publicNetworkAccess,rules:properties.networkAcls}}"
)
_SHOW = "az keyvault {object_kind} show --vault-name {vault} -n {object}"
_KV = "[KV]"

ANSWERS = (
    Cause(
        "forbidden_rbac",
        "the identity has no role on the vault",
        'Caller is not authorized to perform action on resource; "code": "ForbiddenByRbac"',
        "The vault goes by roles, and the caller has none that allows the action, or has had it for less than some ten "
        "minutes. An access policy has no effect here.",
        "Assign Key Vault Secrets User for secrets; Key Vault Certificate User for keys and certificates.",
        (
            "az role assignment create --role {role} --assignee-object-id {object_id} "
            "--assignee-principal-type ServicePrincipal --scope {vault_id}",
        ),
        ("az role assignment list --scope {vault_id} --assignee {object_id} --include-inherited",),
        page=GRANT_PAGE,
        source=_KV,
    ),
    Cause(
        "forbidden_policy",
        "no access policy allows it",
        'does not have secrets get permission on key vault; "code": "AccessDenied" or "ForbiddenByPolicy"',
        "The vault goes by access policies, and none gives the caller get on this type of object. A role has no effect "
        "here.",
        "Give the identity get.",
        ("az keyvault set-policy -n {vault} --object-id {object_id} {policy_option} get",),
        ("az keyvault show -n {vault} --query properties.accessPolicies",),
        page=POLICY_PAGE,
        source=_KV,
    ),
    Cause(
        "forbidden_firewall",
        "the vault's firewall does not let the node in",
        'Client address is not authorized and caller is not a trusted service; "code": "ForbiddenByFirewall"',
        "The vault's firewall is set to Deny and knows neither the address that the nodes come from nor "
        "their subnet. AKS "
        "nodes are no trusted service.",
        "Add the cluster's outgoing address or its subnet; or give the vault a private endpoint.",
        ("az keyvault network-rule add -n {vault} --ip-address {client_address}",),
        ("az keyvault network-rule list -n {vault}",),
        page=FIREWALL_PAGE,
        source=_KV,
    ),
    Cause(
        "forbidden_connection",
        "the vault is private and the node comes from outside",
        'Public network access is disabled and request is not from a trusted service; "code": "ForbiddenByConnection"',
        "The vault takes private connections only, and its name led the node to the public address: the "
        "private DNS zone "
        "is not linked to the nodes' network, or the networks are not peered.",
        "Repair the private link.",
        ("az aks kv fix-privatelink -g {group} -n {cluster} --vault {vault}",),
        (_POSTURE,),
        page=LINK_PAGE,
        provider_number=4,
        addon_number=4,
    ),
    Cause(
        "forbidden_unclear",
        "the vault refuses, and the text does not say why",
        "RESPONSE 403 without an inner code",
        "The vault answered 403. Whether a role, an access policy, the firewall or the private link is "
        "missing stands in "
        "a part of the answer that is not there.",
        "Read the log unshortened, and look at how the vault is set.",
        (_POSTURE,),
        page=VAULT_PAGE,
        candidates=("forbidden_rbac", "forbidden_policy", "forbidden_firewall", "forbidden_connection"),
        source=_KV,
    ),
    Cause(
        "wrong_principal",
        "the vault is asked by another identity than the one with the grant",
        "any 403 whose Caller has another oid than the identity that should ask",
        "The caller in the vault's answer is not the identity that was expected: another client id in the "
        "SecretProviderClass, or an object id and a client id of different identities.",
        "Put the client id of the identity with the grant into the SecretProviderClass, or grant to the caller.",
        ("kubectl edit secretproviderclass {spc} -n {namespace}",),
        ("az identity list --query \"[?principalId=='{object_id}'].id\" -o tsv",),
        page=IDENTITY_PAGE,
        source="[issues]",
    ),
    Cause(
        "kv_401",
        "the vault does not accept the token",
        "StatusCode=401; RESPONSE 401",
        "The request carries no token that the vault takes: wrong tenant, wrong audience, or a wrong or expired "
        "credential.",
        "Read what the answer adds (AADSTS and AKV numbers), then correct tenantID or the credential.",
        ("az keyvault show -n {vault} --query properties.tenantId -o tsv",),
        ("kubectl get secretproviderclass {spc} -n {namespace} -o yaml",),
        page=VAULT_PAGE,
        provider_number=8,
        addon_number=7,
    ),
    Cause(
        "throttled",
        "the vault is asked too often",
        'StatusCode=429; RESPONSE 429; "code": "Throttled"',
        "Pods times objects, again with each round of the rotation, are more requests than the vault takes in ten "
        "seconds.",
        "Rotate less often, put several values into one object, or spread them over several vaults.",
        ("az aks update -g {group} -n {cluster} --enable-secret-rotation --rotation-poll-interval 10m",),
        ("kubectl get secretproviderclasspodstatus -A",),
        page=THROTTLING_PAGE,
        provider_number=9,
        addon_number=8,
    ),
    Cause(
        "object_not_found",
        "the vault has no such object",
        "SecretNotFound; A secret with (name/id) was not found in this key vault",
        "The name is misspelt, it is another vault's, the version is not there, or the object is deleted (and perhaps "
        "recoverable).",
        "Correct objectName, or create or recover the object. The first one that fails hides the others: check each.",
        ("az keyvault {object_kind} list-deleted --vault-name {vault}",),
        (_SHOW, "az keyvault {object_kind} list --vault-name {vault} --query [].name -o tsv"),
        page=RECOVERY_PAGE,
        source=_KV,
    ),
    Cause(
        "wrong_object_type",
        "there is no key or certificate of that name",
        "CertificateNotFound; KeyNotFound",
        "The object is asked for as a key or a certificate. Often it is a secret; else it is not there at all.",
        "If a secret of that name is there, write objectType: secret; else create it or correct the name.",
        ("az keyvault secret show --vault-name {vault} -n {object} --query id -o tsv",),
        (_SHOW,),
        page=OPTIONS_PAGE,
        candidates=("object_not_found",),
        source=_KV,
    ),
    Cause(
        "object_disabled",
        "the object is disabled",
        'Operation get is not allowed on a disabled secret; "code": "SecretDisabled"',
        "The version that is asked for is disabled; or a certificate's signing request is still pending.",
        "Enable it.",
        ("az keyvault {object_kind} set-attributes --vault-name {vault} -n {object} --enabled true",),
        (_SHOW,),
        page=VAULT_PAGE,
        source=_KV,
    ),
    Cause(
        "object_expired",
        "the object has expired",
        'Operation get is not allowed on a expired secret; "code": "SecretExpired"',
        "The object is past its expiry date. Key Vault seldom refuses such a secret: mostly it only warns.",
        "Put a new version in, or a later date.",
        ("az keyvault {object_kind} list-versions --vault-name {vault} -n {object}",),
        (_SHOW,),
        page=VAULT_PAGE,
        source=_KV,
    ),
    Cause(
        "bad_parameter",
        "the vault does not take the request",
        "RESPONSE 400; BadParameter",
        "An object's name has letters, digits and hyphens only, and a version has 32 hexadecimal digits.",
        "Write the vault's own name into objectName; the file's name goes into objectAlias.",
        ("az keyvault {object_kind} list --vault-name {vault} --query [].name -o tsv",),
        page=OPTIONS_PAGE,
        source=_KV,
    ),
    Cause(
        "vault_failing",
        "the vault answers with an error of its own",
        "RESPONSE 500, 502, 503 or 504",
        "Key Vault, or something before it, is out of order for the moment.",
        "Wait; the mount is tried again by itself. If it stays, look at the vault's health.",
        ("az resource show --ids {vault_id} --query properties.provisioningState",),
        page=VAULT_PAGE,
        source=_KV,
    ),
    Cause(
        "object_conversion",
        "the object cannot be given out in that form",
        "unknown content type; key type currently not supported; illegal base64 data at input byte",
        "A certificate's content type, a key's type or curve, or a value that is not in the encoding that "
        "objectEncoding "
        "names.",
        "For a certificate with its private key write objectType: secret; correct objectFormat or objectEncoding.",
        (_SHOW,),
        page=OPTIONS_PAGE,
        source="[source] provider",
    ),
)

WAYS = (
    Cause(
        "egress_blocked",
        "no connection from the node",
        "StatusCode=0; dial tcp IP:443: i/o timeout; context deadline exceeded",
        "The provider's pod has the node's network, and what it asks (the vault, or Microsoft Entra) does "
        "not answer on "
        "443: firewall, network security group, route, or network policy.",
        "Let the nodes reach the vault and login.microsoftonline.com on 443.",
        ("az aks kv fix-privatelink -g {group} -n {cluster} --vault {vault} --dry-run",),
        ("nc -v -w 2 {host} 443",),
        page=EGRESS_PAGE,
        provider_number=2,
        addon_number=2,
    ),
    Cause(
        "dns_nxdomain",
        "the vault's name is not known",
        "dial tcp: lookup VAULT.vault.azure.net on IP:53: no such host",
        "The vault's name is misspelt or the vault is deleted; or the private zone has no record of it; or a "
        "DNS server "
        "of your own does not ask 168.63.129.16.",
        "Correct keyvaultName, recover the vault, or repair the name resolution.",
        ("az aks kv fix-privatelink -g {group} -n {cluster} --vault {vault} --dry-run",),
        ("az keyvault show -n {vault} --query properties.vaultUri -o tsv", "nslookup {host}"),
        page=LINK_PAGE,
        source="[source] provider",
    ),
    Cause(
        "dns_unreachable",
        "the DNS server does not answer",
        "dial tcp: lookup VAULT.vault.azure.net on IP:53: read udp: i/o timeout; server misbehaving",
        "The node's DNS server, or the cluster's, gives no answer.",
        "Check the DNS servers of the nodes' network and CoreDNS.",
        ("kubectl rollout restart deployment/coredns -n kube-system",),
        ("kubectl get pods -n kube-system -l k8s-app=kube-dns -o wide", "nslookup {host}"),
        page=EGRESS_PAGE,
        source="[inferred]",
    ),
    Cause(
        "tls_intercepted",
        "somebody else's certificate",
        "x509: certificate signed by unknown authority",
        "A firewall or proxy opens the connection and answers with a certificate that the provider does not know.",
        "Take the vault and login.microsoftonline.com out of the inspection.",
        ("openssl s_client -connect {host}:443 -servername {host} -showcerts",),
        page=EGRESS_PAGE,
        source="[issues]",
    ),
    Cause(
        "proxy_failure",
        "a proxy stands in the way",
        "proxyconnect tcp; response has no WWW-Authenticate header for challenge authentication",
        "The proxy does not answer, or something else than Key Vault does: a sign-in page, a filter.",
        "Correct the cluster's proxy settings, or put the vault into noProxy.",
        ("az aks show -g {group} -n {cluster} --query httpProxyConfig",),
        page=PROXY_PAGE,
        source="[source] provider",
    ),
    Cause(
        "mount_timeout",
        "the mount took too long, and the text does not say why",
        "rpc error: code = DeadlineExceeded desc = context deadline exceeded",
        "The kubelet gave up after two minutes. What the provider was waiting for stands in its own log on "
        "the same node.",
        "Read the provider's log on that node, three minutes back.",
        (
            "kubectl logs -n kube-system -l "
            "'app in (secrets-store-provider-azure,csi-secrets-store-provider-azure)' --since=1h --prefix",
        ),
        ("kubectl get pod {pod} -n {namespace} -o wide",),
        page=EGRESS_PAGE,
        state=State.UNKNOWN,
        candidates=("dns_nxdomain", "egress_blocked", "imds_unreachable", "throttled"),
        source="[issues]",
    ),
)
CAUSES = (*ANSWERS, *WAYS)
