"""A file to its statements.

A statement ends at a semicolon, at a notebook's cell border (`-- COMMAND ----------`) or at the end of
the file. Semicolons inside strings, names and comments do not count. Empty statements are left out.
"""

from __future__ import annotations

from dataclasses import dataclass

from tailrace.sql.parse.scan import Source, Token, scan


@dataclass(frozen=True)
class Piece:
    """The tokens of one statement, closed by an `end` token that stands where the statement ends."""

    tokens: tuple[Token, ...]

    @property
    def start(self) -> int:
        return self.tokens[0].start


def split(source: Source) -> list[Piece]:
    """The statements of a file in their order, none of them empty."""
    pieces: list[Piece] = []
    tokens: list[Token] = []

    def close() -> None:
        if tokens:
            end = tokens[-1].end
            pieces.append(Piece((*tokens, Token("end", "", end, end))))
            tokens.clear()

    for token in scan(source):
        if token.kind == "cell" or token.text == ";":
            close()
        else:
            tokens.append(token)
    close()
    return pieces
