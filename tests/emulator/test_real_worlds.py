"""Which worlds can have a real API server, and its KMS plugin as a gRPC client sees it. Neither needs the programs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import grpc
import pytest

from emulator.__main__ import main
from emulator.kubernetes.encryption import KeySlot
from emulator.real.envelope import Unreadable, opened
from emulator.real.kms_plugin import KmsPlugin, message_types
from emulator.real.translation import VERSION, NotReal, translated
from emulator.worlds import catalogue
from emulator.worlds.cluster_access import AdmissionRule
from emulator.worlds.spec import Cluster
from tests.emulator.data_planes import grant, new_key_version, slot, small_world

SERVICE = "/v1beta1.KeyManagementService"


def test_every_cluster_gets_the_version_that_is_built_and_arm_offers_it() -> None:
    world = translated(catalogue.load("two-clusters-one-key"))
    assert {cluster.kubernetes_version for cluster in world.clusters} == {VERSION}
    assert world.kubernetes_versions[0] == VERSION and len(world.kubernetes_versions) > 1


@pytest.mark.parametrize(
    ("world", "why"),
    [("automatic", "AKS Automatic"), ("modern-platform", "new KMS"), ("modern-customer", "new KMS")],
)
def test_what_the_real_server_does_not_have_is_refused(
    world: str, why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(NotReal, match=why):
        translated(catalogue.load(world))
    assert main(["exec", "--world", world, "--kubernetes", "real", "--", "true"]) == 1
    assert why in capsys.readouterr().err


def test_an_admission_rule_must_be_a_webhooks() -> None:
    world = catalogue.load("demo")
    policy = (AdmissionRule("a policy says no"),)
    with pytest.raises(NotReal, match="no webhook"):
        translated(replace(world, clusters=(Cluster(admission=policy),)))
    assert translated(catalogue.load("admission-refuses"))


class Plugin:
    """A running plugin and a client of it."""

    def __init__(self, socket: Path) -> None:
        self.world = small_world()
        grant(self.world, "shop-id", "Key Vault Crypto User")
        self.first = slot(self.world)
        self._socket = socket
        self._plugin = KmsPlugin(self.world, [self.first], socket)

    def use(self, *slots: KeySlot) -> None:
        self._plugin.stop()
        self._plugin = KmsPlugin(self.world, slots, self._socket)

    def __call__(self, method: str, **fields: bytes) -> bytes:
        types = message_types()
        with grpc.insecure_channel(f"unix:{self._socket}") as channel:
            call = channel.unary_unary(
                f"{SERVICE}/{method}",
                request_serializer=types[f"{method}Request"].SerializeToString,
                response_deserializer=types[f"{method}Response"].FromString,
            )
            answer = call(types[f"{method}Request"](version="v1beta1", **fields), timeout=10)
        return bytes(answer.version.encode() if method == "Version" else getattr(answer, "cipher", b"") or answer.plain)

    def stop(self) -> None:
        self._plugin.stop()


@pytest.fixture
def plugin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Plugin]:
    made = Plugin(tmp_path_factory.mktemp("kms") / "s")
    yield made
    made.stop()


def test_the_plugin_wraps_keys_with_the_key_of_its_slot(plugin: Plugin) -> None:
    assert plugin("Version") == b"v1beta1"
    several = [plugin("Encrypt", plain=bytes(range(32))) for _ in range(100)]
    wrapped = several[0]
    assert plugin("Decrypt", cipher=wrapped) == bytes(range(32))
    second = slot(plugin.world, kid=new_key_version(plugin.world))
    plugin.use(second, plugin.first)
    assert {plugin("Decrypt", cipher=each) for each in several} == {bytes(range(32))}
    assert plugin("Encrypt", plain=bytes(32)) != wrapped


def test_the_plugin_refuses_in_the_vaults_words(plugin: Plugin) -> None:
    version = plugin.world.keyvault.find(plugin.first.kid)
    assert version is not None
    version.exp = 1
    with pytest.raises(grpc.RpcError) as caught:
        plugin("Encrypt", plain=bytes(32))
    assert caught.value.code() is grpc.StatusCode.UNKNOWN
    assert caught.value.details().startswith("failed to encrypt, error: Service returned an error. Status=403")
    assert 'InnerError={"code":"KeyExpired"}' in caught.value.details()


def test_a_value_that_no_key_opens_is_unreadable(plugin: Plugin) -> None:
    version = plugin.world.keyvault.find(plugin.first.kid)
    assert version is not None
    for value in (b"k8s:enc:kms:v1:one:", b"k8s:enc:kms:v1:one:" + (256).to_bytes(2, "big") + bytes(320)):
        with pytest.raises(Unreadable):
            opened(value, version)
