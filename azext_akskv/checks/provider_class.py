"""Checks of what the SecretProviderClasses themselves say, before anything is asked over the network."""

from __future__ import annotations

import re
from collections.abc import Iterator

from azext_akskv.checks.declare import PROVIDER, check
from azext_akskv.checks.provider_classes import VAULT_NAME, class_by_class, edit, its_vault, patch
from azext_akskv.model.cluster import Cluster
from azext_akskv.model.finding import Problem, State
from azext_akskv.model.ids import in_short
from azext_akskv.model.mounts.behind import ProviderView
from azext_akskv.model.mounts.secret_class import SecretProviderClass
from azext_akskv.model.mounts.worker import FLAGS, POD, TRUE
from azext_akskv.model.observed import NotObserved
from azext_akskv.model.snapshot import Snapshot

VAULT, TENANT, OLD_TENANT, OBJECTS, CLOUD = "keyvaultName", "tenantID", "tenantId", "objects", "cloudName"
KNOWN = (VAULT, TENANT, OBJECTS, CLOUD, *FLAGS, "userAssignedIdentityID", "clientID", "cloudEnvFileName")
"""To the letter: the provider takes a parameter of another letter case for none. [SRC]"""
BOOLEANS = frozenset({"1", "t", "T", "TRUE", "true", "True", "0", "f", "F", "FALSE", "false", "False"})
"""What Go's ParseBool takes."""
PUBLIC, GOVERNMENT, CHINA, GERMAN = "AzurePublicCloud", "AzureUSGovernmentCloud", "AzureChinaCloud", "AzureGermanCloud"
CLOUDS = {
    **{each.lower(): each for each in (PUBLIC, GOVERNMENT, CHINA, GERMAN)},
    "azurecloud": PUBLIC,
    "azureusgovernment": GOVERNMENT,
}
"""The names that the provider takes, in whatever letter case. [SRC autorest]"""
BEFORE_ANY = "the provider refuses the class before it asks anybody, and no pod that names it starts"

_ADDRESS = re.compile(r"(?:https?://)?([-A-Za-z0-9]{3,24})(?:\.[-A-Za-z0-9.]+)?(?::443)?/?", re.ASCII | re.I)


def written(one: SecretProviderClass, name: str) -> str:
    """As the provider reads a parameter: by its exact name, without blanks around. [SRC]"""
    return one.parameters.get(name, "").strip()


@check("class-parameters", PROVIDER, State.ERROR, "the classes' parameters are complete and can be read")
def class_parameters(snapshot: Snapshot) -> Iterator[Problem]:
    def examine(view: ProviderView, one: SecretProviderClass) -> Iterator[Problem]:
        yield from _misspelt(one)
        yield from _vault_name(one)
        yield from _tenant(view, one)
        if not written(one, OBJECTS) and not _meant(one, OBJECTS):
            yield Problem(f"{one} has no {OBJECTS}", f"what to fetch is not said; {BEFORE_ANY}", edit(one))
        yield from _flags(one)
        yield from _cloud(one, snapshot.cluster.value)

    yield from class_by_class(snapshot, examine)


def _meant(one: SecretProviderClass, name: str) -> str:
    """The parameter that differs from this one by letter case alone; empty: there is none."""
    accepted = {name, OLD_TENANT} if name == TENANT else {name}
    return next((each for each in one.parameters if each.lower() == name.lower() and each not in accepted), "")


def _misspelt(one: SecretProviderClass) -> Iterator[Problem]:
    for name in KNOWN:
        other = _meant(one, name)
        if other and not written(one, name) and not (name == TENANT and written(one, OLD_TENANT)):
            yield Problem(
                f"{one} has a parameter {in_short(other, 60)}, which is written {name}",
                "the provider knows parameters by their exact names and passes over this one",
                patch(one, {name: one.parameters[other].strip(), other: None}),
            )


def _vault_name(one: SecretProviderClass) -> Iterator[Problem]:
    name = written(one, VAULT)
    if VAULT_NAME.fullmatch(name) or (not name and _meant(one, VAULT)):
        return
    if not name:
        yield Problem(f"{one} has no {VAULT}", BEFORE_ANY, edit(one))
        return
    address = _ADDRESS.fullmatch(name)
    yield Problem(
        f"{VAULT} of {one} is {in_short(name, 80)}, which is {'an address' if address else 'no name of a vault'}",
        f"it is the short name: 3 to 24 letters, digits and hyphens; {BEFORE_ANY}",
        patch(one, {VAULT: address[1]}) if address else edit(one),
    )


def _tenant(view: ProviderView, one: SecretProviderClass) -> Iterator[Problem]:
    if written(one, TENANT) or written(one, OLD_TENANT) or _meant(one, TENANT):
        return
    try:
        vault = its_vault(view, one)
    except NotObserved:
        vault = None  # only the remedy would have named its tenant
    yield Problem(
        f"{one} has no {TENANT}",
        f"the errors name it tenantId, whichever was meant; it is the vault's tenant. Without it {BEFORE_ANY}",
        patch(one, {TENANT: vault.tenant}) if vault and vault.tenant else edit(one),
    )


def _flags(one: SecretProviderClass) -> Iterator[Problem]:
    said = {flag: written(one, flag) for flag in FLAGS}
    for flag, value in said.items():
        if value and value not in BOOLEANS:
            yield Problem(
                f'{flag} of {one} is {in_short(value, 60)}; expected "true" or "false"',
                BEFORE_ANY,
                patch(one, {flag: value.lower()}) if value.lower() in ("true", "false") else edit(one),
            )
    on = [flag for flag, value in said.items() if value.lower() in TRUE]
    if len(on) > 1:
        yield Problem(
            f"{one} sets {' and '.join(on)}",
            f"one of them at a time says as whom the provider reads; with several {BEFORE_ANY}"
            f"{'. Pod identity is retired' if POD in on else ''}",
            patch(one, {POD: "false"}) if POD in on and len(on) == 2 else edit(one),
        )


def _cloud(one: SecretProviderClass, cluster: Cluster | None) -> Iterator[Problem]:
    said = written(one, CLOUD)
    if written(one, "cloudEnvFileName"):
        return  # a file on the nodes says what the name means
    named, own = CLOUDS.get(said.lower(), "") if said else PUBLIC, _cloud_of(cluster)
    right = patch(one, {CLOUD: own}) if own else edit(one)
    if not named:
        yield Problem(f"{CLOUD} of {one} is {in_short(said, 60)}, which is no cloud", BEFORE_ANY, right)
    elif own and named != own:
        yield Problem(
            f"{one} is for {named}{'' if said else f' ({CLOUD} is not set)'}, and the cluster is in {own}",
            "vaults have other addresses there, and tokens come from elsewhere: the vault's name leads nowhere",
            right,
        )


def _cloud_of(cluster: Cluster | None) -> str:
    """By the names of regions. [INF] Empty: not known."""
    if cluster is None or not cluster.location:
        return ""
    region = cluster.location.lower()
    if region.startswith(("usgov", "usdod")):
        return GOVERNMENT
    return CHINA if region.startswith("china") else PUBLIC


@check("class-deprecated", PROVIDER, State.WARNING, "the classes use no deprecated parameters")
def class_deprecated(snapshot: Snapshot) -> Iterator[Problem]:
    def examine(_: ProviderView, one: SecretProviderClass) -> Iterator[Problem]:
        tenant = written(one, OLD_TENANT)
        if tenant and not written(one, TENANT):
            yield Problem(
                f"{one} has {OLD_TENANT}, which is now written {TENANT}",
                "the provider still reads it, and has said that a later version will not",
                patch(one, {TENANT: tenant, OLD_TENANT: None}),
            )
        if written(one, POD).lower() in TRUE:
            yield Problem(
                f"{one} sets {POD}",
                "pod identity is retired; workload identity and the nodes' managed identity have taken its place",
                edit(one),
            )

    yield from class_by_class(snapshot, examine)
