"""Texts with what they mean, to measure what the extension makes of them."""
