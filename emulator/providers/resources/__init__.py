"""Microsoft.Resources: subscriptions, resource groups, tags, the list of providers."""
