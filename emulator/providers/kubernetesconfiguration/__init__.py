"""Microsoft.KubernetesConfiguration: what Arc installs in connected clusters."""
