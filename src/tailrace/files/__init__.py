"""Files outside: options, listing, identity, hashing, unpacking, records.

Gives listed files with identity and content hash, and plain copies to read. Knows no executor and parses
no SQL. `duck/` reads what this room opens.
"""
