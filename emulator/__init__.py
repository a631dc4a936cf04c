"""An emulator of the Azure APIs that a KMS change on AKS touches. It shares no code with the extension."""
