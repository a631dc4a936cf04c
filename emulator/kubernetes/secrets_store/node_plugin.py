"""The driver on one node: what it does when the kubelet asks it to publish a volume, and what it writes. [SRC]"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from emulator.kubernetes import bound_roles, rbac
from emulator.kubernetes.authorization import Attributes
from emulator.kubernetes.encryption import TransformError
from emulator.kubernetes.kinds import CSI_DRIVERS, POD_STATUSES, SECRET_PROVIDER_CLASSES, SECRETS, SECRETS_STORE, Kind
from emulator.kubernetes.secrets_store.azure_side import Assertion, Origin
from emulator.kubernetes.secrets_store.daemon_sets import DRIVER, PROVIDER
from emulator.kubernetes.secrets_store.klog import quoted
from emulator.kubernetes.secrets_store.layout import DRIVER_NAME, TOKEN_AUDIENCE
from emulator.kubernetes.secrets_store.parameters import Given, MountError
from emulator.kubernetes.secrets_store.provider import Circumstances, Mounted, TimedOut, mount
from emulator.kubernetes.secrets_store.system_pods import SystemPod

if TYPE_CHECKING:
    from emulator.kubernetes.api_server import ApiServer

Object = dict[str, Any]
_UNKNOWN = "rpc error: code = Unknown desc = "
_LATE = "rpc error: code = DeadlineExceeded desc = context deadline exceeded"
_SOCKET = "/var/run/secrets-store-csi-providers/azure.sock"
_REFUSED = (
    'rpc error: code = Unavailable desc = connection error: desc = "transport: Error while dialing: dial unix '
    f'{_SOCKET}: connect: connection refused"'
)
_NOT_REGISTERED = (
    f"kubernetes.io/csi: mounter.SetUpAt failed to get CSI client: driver name {DRIVER_NAME} not found in the list of "
    "registered CSI drivers"
)
_TOKEN_LIFE = timedelta(hours=1)
_REMOUNTS = (1, 6)
"""Since this version the driver says whether it was a first time."""
_MOUNTED_IN = "512.401233ms"


class PublishError(Exception):
    """What the kubelet is told; `cause` is what the provider said, where it was asked, and `seconds` what it took."""

    def __init__(self, text: str, cause: str = "", seconds: float = 0.0) -> None:
        super().__init__(text)
        self.cause, self.seconds = cause, seconds


@dataclass(frozen=True)
class Volume:
    """An inline volume of a pod on a node."""

    pod: Object
    name: str
    csi: Mapping[str, Any]
    origin: Origin

    @property
    def namespace(self) -> str:
        return str(self.pod["metadata"]["namespace"])

    @property
    def whose(self) -> str:
        """`namespace/pod`."""
        return f"{self.namespace}/{self.pod['metadata']['name']}"

    @property
    def class_name(self) -> str:
        return str((self.csi.get("volumeAttributes") or {}).get("secretProviderClass") or "")

    @property
    def status_name(self) -> str:
        """Of the PodStatus."""
        return f"{self.pod['metadata']['name']}-{self.namespace}-{self.class_name}"

    @property
    def target(self) -> str:
        root = f"/var/lib/kubelet/pods/{self.pod['metadata']['uid']}/volumes"
        return f"{root}/kubernetes.io~csi/{self.name}/mount"

    @property
    def secret_name(self) -> str:
        return str((self.csi.get("nodePublishSecretRef") or {}).get("name") or "")


class NodePlugin:
    """For every node of one cluster."""

    def __init__(self, server: ApiServer) -> None:
        self._server = server

    def publish(self, volume: Volume, at: datetime, *, again: bool = False) -> Mounted:
        """What the kubelet does and the driver behind it; `again` for rotation.

        Raises PublishError.
        """
        if not self._server.system.registered(volume.origin.node):
            raise PublishError(_NOT_REGISTERED)
        secret = self._publish_secret(volume)
        if not volume.csi.get("readOnly"):
            raise PublishError("rpc error: code = InvalidArgument desc = Readonly is not true in request")
        found = self.class_of(volume)
        driver = self._server.system.on_node(volume.origin.node, DRIVER)
        assert driver is not None
        try:
            mounted = self._from_provider(volume, found["spec"], secret, at)
            if not mounted.versions:
                raise MountError("missing object versions")
        except MountError as error:
            raise self._failed(volume, driver, error, at, again) from error
        self._note(volume, mounted)
        if not again:
            driver.write(
                at,
                ("I", "nodeserver.go", 146),
                "Using gRPC client",
                provider="azure",
                pod=volume.whose.rpartition("/")[2],
            )
        done = {"targetPath": volume.target, "pod": volume.whose, "time": _MOUNTED_IN}
        driver.write(at, ("I", "nodeserver.go", 268), "node publish volume complete", **done)
        return mounted

    def class_of(self, volume: Volume) -> Object:
        """The SecretProviderClass, in the pod's own namespace. Raises PublishError."""
        named = f"{volume.namespace}/{volume.class_name}"
        if not volume.class_name:
            raise PublishError(f"{_UNKNOWN}secretProviderClass is not set")
        lost = f"{_UNKNOWN}failed to get secretproviderclass {named}, error: "
        if not self._server.serves(SECRET_PROVIDER_CLASSES):
            raise PublishError(f'{lost}no matches for kind "SecretProviderClass" in version "{SECRETS_STORE}/v1"')
        found = self._read(SECRET_PROVIDER_CLASSES, volume.namespace, volume.class_name)
        if found is None:
            raise PublishError(f'{lost}SecretProviderClass.{SECRETS_STORE} "{volume.class_name}" not found')
        spec = found.get("spec") or {}
        for field in ("provider", "parameters"):
            if not spec.get(field):
                raise PublishError(f"{_UNKNOWN}{field} not set in {named}")
        return found

    def may(self, volume: Volume, verb: str, kind: Kind) -> str:
        """Whether the driver's account may do something in a pod's namespace: the API server's refusal, or nothing."""
        driver = self._server.system.on_node(volume.origin.node, DRIVER)
        assert driver is not None
        account = driver.content["spec"]["serviceAccountName"]
        user = bound_roles.account(driver.content["metadata"]["namespace"], account)
        wanted = Attributes(verb, kind.group, kind.plural, volume.namespace)
        if any(rbac.allows(rule, wanted) for rule in rbac.rules_of(self._server, user)):
            return ""
        where = f'in API group "{kind.group}" in the namespace "{volume.namespace}"'
        return f'{kind.qualified} is forbidden: User "{user.name}" cannot {verb} resource "{kind.plural}" {where}'

    def _read(self, kind: Kind, namespace: str, name: str) -> Object | None:
        key = kind.key(namespace, name)
        entry = self._server.registry.storage.get(key)
        return self._server.registry.content(kind, key, entry) if entry else None

    def _publish_secret(self, volume: Volume) -> Mapping[str, str] | None:
        """[SRC] The kubelet itself reads it."""
        name = volume.secret_name
        if not name:
            return None
        problem = f'secrets "{name}" not found'
        try:
            found = self._read(SECRETS, volume.namespace, name)
        except TransformError as error:
            found, problem = None, f"Internal error occurred: {error}"
        if found is None:
            where = f"failed to find the secret {name} in the namespace {volume.namespace} with error: "
            text = f"kubernetes.io/csi: {where}{problem}"
            raise PublishError(f"fetching NodePublishSecretRef {volume.namespace}/{name} failed: {text}")
        data = found.get("data") or {}
        return {key: base64.b64decode(value).decode(errors="replace") for key, value in data.items()}

    def _from_provider(self, volume: Volume, spec: Object, secret: Mapping[str, str] | None, at: datetime) -> Mounted:
        """Raises MountError with what the driver says of it."""
        asked = str(spec["provider"])
        provider = self._server.system.on_node(volume.origin.node, PROVIDER)
        if asked != "azure" or provider is None:
            known = f"provider not found: provider {quoted(asked)}"
            raise MountError(f"error connecting to provider {quoted(asked)}: {known}")
        if not provider.ready:
            raise MountError(_REFUSED)
        given = Given(spec["parameters"], self._has_tokens(), secret)
        azure, version = self._server.world.azure, provider.version
        around = Circumstances(azure, volume.origin, version, lambda: self._assertion(volume, at))
        try:
            return mount(given, around)
        except MountError as error:
            provider.write(at, ("E", "server.go", 60), "failed to process mount request", err=str(error))
            if isinstance(error, TimedOut):
                raise
            raise MountError(f"{_UNKNOWN}failed to mount objects, error: {error}") from error

    def _failed(self, volume: Volume, driver: SystemPod, error: MountError, at: datetime, again: bool) -> PublishError:
        late = isinstance(error, TimedOut)
        text = _LATE if late else str(error)
        values = {"err": text, "pod": volume.whose}
        if driver.version >= _REMOUNTS:
            values["isRemountRequest"] = "true" if again else "false"
        if not again or driver.version >= _REMOUNTS:
            driver.write(at, ("E", "nodeserver.go", 241), "failed to mount secrets store object content", **values)
        if not again:
            what = "unmounting target path as node publish volume failed"
            driver.write(at, ("I", "nodeserver.go", 94), what, targetPath=volume.target, pod=volume.whose)
        if late:
            return PublishError(_LATE, _LATE, 120.0)
        return PublishError(
            f"{_UNKNOWN}failed to mount secrets store objects for pod {volume.whose}, err: {text}", text
        )

    def _note(self, volume: Volume, mounted: Mounted) -> None:
        """The PodStatus. Raises PublishError where the driver may not write it."""
        if refused := self.may(volume, "create", POD_STATUSES):
            text = f"failed to create secret provider class pod status for pod {volume.whose}, err: {refused}"
            raise PublishError(_UNKNOWN + text)
        metadata, registry = volume.pod["metadata"], self._server.registry
        key = POD_STATUSES.key(volume.namespace, volume.status_name)
        owner = {"apiVersion": "v1", "kind": "Pod", "name": metadata["name"], "uid": metadata["uid"]}
        objects = [{"id": one, "version": version} for one, version in mounted.versions.items()]
        status = {"mounted": True, "podName": metadata["name"], "secretProviderClassName": volume.class_name}
        status |= {"targetPath": volume.target, "objects": objects}
        entry = registry.storage.get(key)
        old = registry.content(POD_STATUSES, key, entry) if entry else None
        labels = {"internal.secrets-store.csi.k8s.io/node-name": volume.origin.node}
        made = {"name": volume.status_name, "namespace": volume.namespace, "labels": labels, "ownerReferences": [owner]}
        given = old["metadata"] if old else {**made, **registry.stamp(key)}
        if old is None or old["status"] != status:
            registry.restore(POD_STATUSES, {"metadata": given, "status": status})

    def _has_tokens(self) -> bool:
        """[SRC] The kubelet sends them where the CSIDriver asks for them."""
        key = CSI_DRIVERS.key(None, DRIVER_NAME)
        entry = self._server.registry.storage.get(key)
        found = self._server.registry.content(CSI_DRIVERS, key, entry) if entry else {"spec": {}}
        asked = {str(one.get("audience")) for one in found["spec"].get("tokenRequests") or []}
        return TOKEN_AUDIENCE in asked

    def _assertion(self, volume: Volume, at: datetime) -> Assertion:
        account = volume.pod["spec"].get("serviceAccountName") or "default"
        subject = f"{bound_roles.ACCOUNT}{volume.namespace}:{account}"
        return Assertion(self._server.issuer, subject, TOKEN_AUDIENCE, at, at + _TOKEN_LIFE)
