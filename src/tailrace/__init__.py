"""Tailrace: real-time lakehouse pipelines in SQL."""
