"""The objects of Kubernetes by which a pod mounts what is in a vault: what they say, how others differ."""
