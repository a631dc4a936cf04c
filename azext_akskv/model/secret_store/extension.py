"""A cluster extension as ARM has it, the Secret Store extension above all, and the bodies that install and set it.

Recorded bodies of other extensions of Arc-enabled clusters have the same shape. [REC]
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum

from azext_akskv.model.ids import BadInput, ResourceId, in_short
from azext_akskv.model.members import Json, child, children, flag, labels, text, whole
from azext_akskv.model.times import parse_time
from azext_akskv.model.upgrade import numbers

SECRET_STORE = "microsoft.azure.secretstore"
ONLINE_PROVIDER = "Microsoft.AzureKeyVaultSecretsProvider"
"""The older extension, which copies nothing; never to run beside the other: both write the same kind of objects. [D]"""
CERT_MANAGER = "microsoft.certmanagement"
NAME = "ssarcextension"
"""What the documents call it; any name will do, so it is found by its type. [SEED, D]"""
NAMESPACE = "azure-secret-store"
SEGMENT = "providers/Microsoft.KubernetesConfiguration/extensions"

POLL, JITTER, PARTIAL = "rotationPollIntervalInSeconds", "jitterSeconds", "enablePartialSecretSync"
DEFAULTS = {POLL: "3600", JITTER: "0", PARTIAL: "true"}
"""[D] All settings are texts. [REC]"""
OVERDUE = timedelta(minutes=10)
"""An installation that takes longer waits for something: cert-manager, an image, an architecture that the version does
not have, an admission policy. [D, ISS]"""
ENDED = frozenset({"succeeded", "failed", "canceled"})

FIRST_STABLE, FIRST_JITTER, FIRST_PARTIAL = (1, 0), (1, 1, 5), (0, 10)
"""[D: release notes]"""


class Family(str, Enum):
    """Whose names the reasons of its statuses have. None of them is relied on: names changed three times."""

    PREVIEW = "preview"
    STABLE = "stable"


@dataclass(frozen=True)
class ExtensionStatus:
    """What the agents tell of an installation. `level`: Information, Warning or Error. [SPEC]"""

    code: str
    message: str = ""
    level: str = ""
    at: datetime | None = None


@dataclass(frozen=True)
class Settings:
    """Times are seconds. `unread`: the names of settings that are there, and are not what they should be; for them the
    default stands here."""

    poll: int = 3600
    jitter: int = 0
    partial: bool = True
    unread: tuple[str, ...] = ()


@dataclass(frozen=True)
class Extension:
    """`version` is the one that was asked for, empty for the newest; `current` the one that runs. `settings` has what
    anybody set; protected ones have no values in ARM's answers [REC], here only their names."""

    id: ResourceId
    type: str
    state: str = ""
    train: str = ""
    version: str = ""
    current: str = ""
    auto_upgrade: bool = False
    namespace: str = ""
    """Of a scope that is the whole cluster."""
    target_namespace: str = ""
    """Of a scope that is one namespace."""
    settings: Mapping[str, str] = field(default_factory=dict)
    protected: tuple[str, ...] = ()
    statuses: tuple[ExtensionStatus, ...] = ()
    error: str = ""
    """Code and message of what went wrong, in ARM's words."""
    principal_id: str = ""
    created: datetime | None = None

    @property
    def ended(self) -> bool:
        """No change of it is running."""
        return self.state.lower() in ENDED

    @property
    def installed(self) -> bool:
        return self.state.lower() == "succeeded"

    @property
    def runs(self) -> str:
        """The version, as far as it is told."""
        return self.current or self.version

    def overdue(self, now: datetime) -> bool:
        """Its installation should have ended. `now` is in UTC."""
        creating = self.state.lower() == "creating"
        return creating and self.created is not None and now - self.created > OVERDUE

    def is_a(self, extension_type: str) -> bool:
        return self.type.lower() == extension_type.lower()


def parse_extension(raw: Json) -> Extension:
    """Raises BadInput when the JSON is not a cluster extension."""
    properties = child(whole(raw), "properties")
    scope = child(properties, "scope")
    if not text(properties, "extensionType"):
        raise BadInput(f"not a cluster extension: {in_short(text(raw, 'id'))}")
    return Extension(
        id=ResourceId.parse(text(raw, "id")),
        type=text(properties, "extensionType"),
        state=text(properties, "provisioningState"),
        train=text(properties, "releaseTrain"),
        version=text(properties, "version"),
        current=text(properties, "currentVersion"),
        auto_upgrade=flag(properties, "autoUpgradeMinorVersion") is True,
        namespace=text(child(scope, "cluster"), "releaseNamespace"),
        target_namespace=text(child(scope, "namespace"), "targetNamespace"),
        settings=labels(properties, "configurationSettings"),
        protected=tuple(child(properties, "configurationProtectedSettings")),
        statuses=tuple(_status(each) for each in children(properties, "statuses")),
        error=_error(child(properties, "errorInfo")),
        principal_id=text(child(raw, "identity"), "principalId"),
        created=parse_time(text(child(raw, "systemData"), "createdAt")),
    )


def extension_id(cluster: ResourceId, name: str) -> ResourceId:
    """Raises BadInput for a name that no id can hold."""
    return ResourceId.parse(f"{cluster}/{SEGMENT}/{name}")


def of_type(extensions: Collection[Extension], extension_type: str) -> Extension | None:
    """By its type, in any letter case: names are free. Of several the one for the whole cluster comes first."""
    found = [each for each in extensions if each.is_a(extension_type)]
    return min(found, key=lambda each: bool(each.target_namespace), default=None)


def settings_of(extension: Extension) -> Settings:
    """What holds: as set, else the defaults."""
    told = {name: _setting(extension, name) for name in DEFAULTS}
    numbers_read = {name: _seconds(told[name]) for name in (POLL, JITTER)}
    partial = told[PARTIAL].strip().lower()
    unread = [name for name, value in numbers_read.items() if value is None]
    unread += [PARTIAL] if partial not in ("true", "false") else []
    poll, jitter = numbers_read[POLL], numbers_read[JITTER]
    return Settings(
        int(DEFAULTS[POLL]) if poll is None else poll,
        int(DEFAULTS[JITTER]) if jitter is None else jitter,
        partial != "false",
        tuple(unread),
    )


def family_of(version: str) -> Family | None:
    """None: no version is told, so that nothing is to be expected."""
    told = numbers(version)
    if not told:
        return None
    return Family.STABLE if told >= FIRST_STABLE else Family.PREVIEW


def knows_jitter(version: str) -> bool | None:
    """Whether this version has jitterSeconds; None: no version is told. [D: release notes]"""
    told = numbers(version)
    return told >= FIRST_JITTER if told else None


def new_extension(settings: Mapping[str, str], train: str = "", version: str = "") -> Json:
    """The body of the PUT that installs it. Without a train it is the stable one, which is right since 1.0.2 [D]; the
    namespace is left to the service, as `az k8s-extension create` does [CLI]. A version is only kept where upgrades are
    off. [CLI]"""
    properties: Json = {"extensionType": SECRET_STORE, "autoUpgradeMinorVersion": not version}
    if train:
        properties["releaseTrain"] = train
    if version:
        properties["version"] = version
    properties["scope"] = {"cluster": {}}
    properties["configurationSettings"] = dict(settings)
    properties["configurationProtectedSettings"] = {}
    return {"identity": {"type": "SystemAssigned"}, "properties": properties}


def changed_settings(extension: Extension, settings: Mapping[str, str]) -> Json:
    """The body of a PATCH. It names every setting that is there, so that nothing is lost whether the service adds or
    replaces, which no document tells; and no protected one: their values come back empty [REC], and would be emptied.
    """
    names = {name.lower(): name for name in extension.settings}
    ours = {names.get(name.lower(), name): value for name, value in settings.items()}
    return {"properties": {"configurationSettings": {**extension.settings, **ours}}}


def has_settings(extension: Extension, settings: Mapping[str, str]) -> bool:
    """Whether these hold already, set or by default."""
    return all(_setting(extension, name).strip().lower() == value.lower() for name, value in settings.items())


def _setting(extension: Extension, name: str) -> str:
    known = {each.lower(): value for each, value in extension.settings.items()}
    return known.get(name.lower(), "") or DEFAULTS.get(name, "")


def _seconds(told: str) -> int | None:
    told = told.strip()
    return int(told) if told.isascii() and told.isdecimal() and len(told) < 10 else None


def _status(raw: Json) -> ExtensionStatus:
    return ExtensionStatus(
        text(raw, "code") or text(raw, "displayStatus"),
        text(raw, "message"),
        text(raw, "level"),
        parse_time(text(raw, "time")),
    )


def _error(raw: Json) -> str:
    return ": ".join(filter(None, (text(raw, "code"), text(raw, "message"))))
