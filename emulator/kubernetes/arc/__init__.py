"""Clusters outside Azure: K3s, the agents of Arc in it, and what they install."""
