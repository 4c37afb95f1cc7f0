"""Measurements: `python -m benchmarks` (or `make bench`). Nothing here is a test."""
