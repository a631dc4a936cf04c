"""Microsoft.Kubernetes: clusters that are connected to Azure Arc."""
