"""Pipeline SQL text to statements: split, read the heads, leave the queries as text.

Pure: text in, frozen values out. Whatever is not understood is a `ProjectError` with line and column;
no word of a head is skipped. The steps are `scan` (tokens), `split` (statements), `heads` with `clauses`,
`columns`, `types` and `cdc` (one statement), `printing` (back to text).
"""
