"""The wheel: `extension.py wheel FOLDER` builds it, `extension.py install` also gives it to the az of .venv.

The installation is done by `az extension add`, as a user does it, into .venv/extensions with an az configuration of
its own; nothing is done when no source changed since the last one.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent
VENV = CHECKOUT / ".venv"
EXTENSIONS = VENV / "extensions"
PAPERS = ("setup.py", "LICENSE")


def fingerprint() -> str:
    """Changes when a file that the installation depends on changes, appears or goes."""
    sources = sorted(p for p in (CHECKOUT / "azext_akskv").rglob("*") if p.suffix in (".py", ".json", ".sh"))
    digest = hashlib.sha256()
    for path in [*sources, *(CHECKOUT / paper for paper in PAPERS)]:
        digest.update(f"{path.relative_to(CHECKOUT)}\0".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def run(command: list[str | Path], **environment: str) -> None:
    """Runs quietly; on failure shows what the program said and ends.

    Raises SystemExit with the program's exit code.
    """
    done = subprocess.run(
        command,
        cwd=CHECKOUT,
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        print(done.stdout, file=sys.stderr)
        print(f"failed with exit code {done.returncode}: {' '.join(map(str, command))}", file=sys.stderr)
        raise SystemExit(done.returncode)


def build_wheel(folder: Path) -> Path:
    """Builds in a folder of its own, so that a module deleted since the last time cannot slip in."""
    with tempfile.TemporaryDirectory() as scratch:
        built = f"egg_info --egg-base {scratch} build --build-base {scratch} bdist_wheel --dist-dir {folder}"
        run([sys.executable, "setup.py", "--quiet", *built.split(" ")])
        [wheel] = folder.glob("akskv-*.whl")
    return wheel


def install() -> None:
    """`az extension add --source WHEEL` into a new folder, which then takes the old one's place."""
    with stage("building the wheel"), tempfile.TemporaryDirectory() as scratch:
        wheel = build_wheel(Path(scratch))
        shutil.rmtree(VENV / "wheel", ignore_errors=True)
        (VENV / "wheel").mkdir()
        wheel = Path(shutil.move(wheel, VENV / "wheel"))
    fresh = VENV / "extensions.new"
    shutil.rmtree(fresh, ignore_errors=True)
    with stage("az extension add --source " + wheel.name):
        run(
            [VENV / "bin" / "az", "extension", "add", "--source", wheel, "--yes", "--only-show-errors"],
            AZURE_CONFIG_DIR=str(VENV / "azure"),
            AZURE_EXTENSION_DIR=str(fresh),
            AZURE_CORE_COLLECT_TELEMETRY="no",
            PIP_NO_INDEX="1",  # the wheel depends on nothing, and the installation shows it
            PIP_COMPILE="0",
        )
        run([sys.executable, "-m", "compileall", "-q", fresh / "akskv" / "azext_akskv"])
    shutil.rmtree(EXTENSIONS, ignore_errors=True)
    fresh.rename(EXTENSIONS)


@contextmanager
def stage(title: str) -> Iterator[None]:
    """One line on stdout when the block is through, with its seconds."""
    start = time.monotonic()
    yield
    print(f"  ok      {time.monotonic() - start:4.0f} s  {title}", flush=True)


def install_when_changed() -> None:
    """Two `make` at once wait for each other here."""
    stamp = VENV / "extension.sha256"
    with (VENV / "extension.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        current = fingerprint()
        if EXTENSIONS.exists() and stamp.exists() and stamp.read_text() == current:
            return
        install()
        stamp.write_text(current)


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["wheel", folder]:
            shutil.rmtree(folder, ignore_errors=True)
            print(build_wheel(Path(folder).resolve()))
        case ["install"]:
            install_when_changed()
        case _:
            sys.exit(__doc__)
