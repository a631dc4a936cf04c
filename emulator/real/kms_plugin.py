"""The KMS plugin that a real API server asks: gRPC v1beta1 over a unix socket, the emulated Key Vault behind it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import grpc
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

from emulator.core.http import Refusal
from emulator.kubernetes.encryption import KeySlot, told

if TYPE_CHECKING:
    from emulator.world import EmulatedWorld

_SERVICE = "v1beta1.KeyManagementService"
_MESSAGES = {
    "VersionRequest": {"version": "string"},
    "VersionResponse": {"version": "string", "runtime_name": "string", "runtime_version": "string"},
    "DecryptRequest": {"version": "string", "cipher": "bytes"},
    "DecryptResponse": {"plain": "bytes"},
    "EncryptRequest": {"version": "string", "plain": "bytes"},
    "EncryptResponse": {"cipher": "bytes"},
}
"""[SRC] k8s.io/apiserver, value/encrypt/envelope/v1beta1/service.proto: the fields in the order of their numbers."""
_THREADS = 8
_STOP_SECONDS = 2.0
Answering = Callable[[Any, grpc.ServicerContext], Any]


@cache
def message_types() -> dict[str, Any]:
    """The message classes by name, without generated code."""
    file = descriptor_pb2.FileDescriptorProto(name="emulator/kms.proto", package="v1beta1", syntax="proto3")
    for name, fields in _MESSAGES.items():
        message = file.message_type.add(name=name)
        for number, (field, kind) in enumerate(fields.items(), start=1):
            of_type = getattr(descriptor_pb2.FieldDescriptorProto, f"TYPE_{kind.upper()}")
            optional = descriptor_pb2.FieldDescriptorProto.LABEL_OPTIONAL
            message.field.add(name=field, number=number, type=of_type, label=optional)
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return {name: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"v1beta1.{name}")) for name in _MESSAGES}


_TYPES = message_types()


class KmsPlugin:
    """Listens on `socket` from its making to `stop`. The first of the slots encrypts, any of them decrypts: they are
    the keys of one provider. What the vault refuses is refused in its words."""

    def __init__(self, world: EmulatedWorld, slots: Sequence[KeySlot], socket: Path) -> None:
        self._world = world
        self._slots = slots
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="kms")
        self._server = grpc.server(self._threads)
        answers: dict[str, Answering] = {"Version": self._version, "Encrypt": self._encrypt, "Decrypt": self._decrypt}
        self._server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(_SERVICE, _handlers(answers)),))
        self._server.add_insecure_port(f"unix:{socket}")
        self._server.start()

    def stop(self) -> None:
        """Breaks off what is under way. A call that waits for its turn is not waited for: it may be the caller's."""
        self._server.stop(None).wait(_STOP_SECONDS)
        self._threads.shutdown(wait=False)

    def _version(self, _: Any, __: grpc.ServicerContext) -> Any:
        return _TYPES["VersionResponse"](version="v1beta1", runtime_name="emulator", runtime_version="0")

    def _encrypt(self, request: Any, context: grpc.ServicerContext) -> Any:
        return _TYPES["EncryptResponse"](cipher=self._use("encrypt", self._slots[0], request.plain, context))

    def _decrypt(self, request: Any, context: grpc.ServicerContext) -> Any:
        slot = self._slots[0]
        if len(self._slots) > 1:
            slot = next((each for each in self._slots if self._is_for(each, request.cipher)), slot)
        return _TYPES["DecryptResponse"](plain=self._use("decrypt", slot, request.cipher, context))

    def _use(self, operation: str, slot: KeySlot, value: bytes, context: grpc.ServicerContext) -> bytes:
        """Raises what ends the call with the vault's refusal."""
        vault = self._world.keyvault
        try:
            with self._world.turn:
                return vault.use(slot.kid, operation, value, algorithm="RSA1_5", caller=slot.caller)
        except Refusal as refusal:
            context.abort(grpc.StatusCode.UNKNOWN, told(operation, refusal))
            raise AssertionError("abort raises") from refusal

    def _is_for(self, slot: KeySlot, wrapped: bytes) -> bool:
        """[RFC 8017] Whether the key decrypts it to something padded: for what another key encrypted RSA1_5 itself
        gives noise of any length, now and then of the right one."""
        with self._world.turn:
            version = self._world.keyvault.find(slot.kid)
        if version is None or not isinstance(version.private_key, RSAPrivateKey):
            return False
        numbers = version.private_key.private_numbers()
        modulus = numbers.public_numbers.n
        padded = pow(int.from_bytes(wrapped, "big"), numbers.d, modulus).to_bytes(
            (modulus.bit_length() + 7) // 8, "big"
        )
        return padded.startswith(b"\0\2")


def _handlers(answers: dict[str, Answering]) -> dict[str, grpc.RpcMethodHandler]:
    return {
        name: grpc.unary_unary_rpc_method_handler(
            answer,
            request_deserializer=_TYPES[f"{name}Request"].FromString,
            response_serializer=_TYPES[f"{name}Response"].SerializeToString,
        )
        for name, answer in answers.items()
    }
