"""The Secret Store extension: what it installs, and the controller that copies secrets of vaults into Secrets."""
