"""The wheel of the extension: `az extension add --source` takes it."""

from setuptools import find_packages, setup

VERSION = "0.1.0"

setup(
    name="akskv",
    version=VERSION,
    description="AKS clusters whose secrets depend on Azure Key Vault: encryption on, off, rotated, proved.",
    # Not the README: az 2.91 parses a wheel's metadata eight times in each `az aks`, all of it [run].
    long_description="See README.rst in the source.",
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
    package_data={
        "azext_akskv": ["azext_metadata.json"],
        "azext_akskv.gateways": ["inside/*.sh", "manifests/*.sh", "mounts/*.sh", "probe/*.sh"],
    },
    # No install_requires: az ships every SDK that is used, and its copies win over an extension's anyway. [CLI]
)
