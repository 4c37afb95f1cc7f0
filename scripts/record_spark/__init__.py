"""Spark's answers, recorded: `make record-spark` (needs a JDK 17).

`cases/` says what is asked, `answer.py` asks Spark, `fixtures.py` writes what it said as JSON lines
under `tests/`. Tests replay the lines without a JDK.
"""
