"""Measurements, each with a target in the Makefile."""
