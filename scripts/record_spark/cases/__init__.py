"""What Spark is asked: one module a category, each with `SETS` (rows) and `CASES` (expressions on them)."""
