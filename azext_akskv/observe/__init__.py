"""Looking: what ports answer becomes one frozen snapshot."""
