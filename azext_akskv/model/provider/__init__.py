"""From texts of the Key Vault provider for the Secrets Store CSI driver to causes. Pure: it reads lines, asks nobody.

`reading.read_texts` is the way in; `catalogue.CATALOGUE` holds the causes, each with its page in docs/causes.
"""
