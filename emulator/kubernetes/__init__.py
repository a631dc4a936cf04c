"""The Kubernetes API of each cluster: its storage, its encryption at rest, and who may read it."""
