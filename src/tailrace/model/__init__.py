"""The nouns of Tailrace: types, errors, batches, accounts, clock, fault points.

This room imports nothing of ours and does no I/O.
"""
