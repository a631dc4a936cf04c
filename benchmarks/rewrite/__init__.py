"""How fast every secret is rewritten, ours beside what people use now, against a real API server: `make bench`."""
