"""The wheel of the extension: `az extension add --source` takes it."""

from pathlib import Path

from setuptools import find_packages, setup

VERSION = "0.1.0"
# az ships the other SDKs, and its own copies always win over an extension's: only what it lacks is named here [CLI].
DEPENDENCIES = ["azure-mgmt-network~=33.1"]
HERE = Path(__file__).parent

setup(
    name="akskv",
    version=VERSION,
    description="AKS clusters whose secrets depend on Azure Key Vault: encryption on, off, rotated, proved.",
    long_description="\n\n".join((HERE / page).read_text(encoding="utf-8") for page in ("README.rst", "HISTORY.rst")),
    long_description_content_type="text/x-rst",
    license="MIT",
    license_files=["LICENSE"],
    author="akskv contributors",
    python_requires=">=3.10",
    classifiers=[
        "Development Status :: 4 - Beta",
        "Environment :: Console",
        "Intended Audience :: System Administrators",
        "Programming Language :: Python :: 3 :: Only",
        "Topic :: System :: Systems Administration",
    ],
    packages=find_packages(include=["azext_akskv", "azext_akskv.*"]),
    package_data={"azext_akskv": ["azext_metadata.json"]},
    install_requires=DEPENDENCIES,
)
