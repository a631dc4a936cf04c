"""Azure's resource providers, as far as Azure Resource Manager shows them.

They meet through the world object. AKS alone makes resources of others (a resource group, an identity, a private
endpoint connection), with the functions that those providers have for it.
"""
