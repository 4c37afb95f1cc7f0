"""What was most likely meant where the parser stumbled: a guess for the hint of a syntax error."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlglot.tokenizer_core import TokenType

from tailrace.model.errors import Place
from tailrace.sql.errors import Origin
from tailrace.sql.parse.cursor import nearest

STATEMENT_WORDS = ("CREATE", "APPLY", "USE", "ALTER", "DROP", "MERGE", "INSERT")
CLAUSE_WORDS = (
    *("SELECT", "DISTINCT", "FROM", "WHERE", "GROUP", "ORDER", "HAVING", "QUALIFY", "LIMIT", "OFFSET"),
    *("JOIN", "INNER", "LEFT", "RIGHT", "CROSS", "LATERAL", "USING", "UNION", "EXCEPT", "INTERSECT"),
    *("WHEN", "THEN", "ELSE", "BETWEEN", "LIKE", "PIVOT", "WINDOW", "PARTITION"),
)
_VALUE_STARTS = (TokenType.VAR, TokenType.IDENTIFIER, TokenType.STRING, TokenType.NUMBER)
_VALUE_ENDS = (*_VALUE_STARTS, TokenType.R_PAREN, TokenType.R_BRACKET, TokenType.STAR)


def likely(origin: Origin, tokens: Sequence[Any], place: Place) -> str | None:
    """What is most likely meant where the parser stumbled: a word misspelt, or left out, just before."""
    index = next((i for i, token in enumerate(tokens) if origin.at(token.start) == place), None)
    if index is None:
        return None
    token, before = tokens[index], tokens[max(0, index - 1)]
    if token.text.upper() in STATEMENT_WORDS:
        return "If a statement begins here, end the one before it with ;."
    for word in (token, before):
        found = nearest(word.text, CLAUSE_WORDS) if word.token_type == TokenType.VAR else None
        if found is not None:
            return found
    first, after = index, tokens[index - 1]
    if token.token_type == TokenType.DOT and index > 1:
        first, after = index - 1, tokens[index - 2]
    follows = after.token_type in _VALUE_ENDS and tokens[first].token_type in _VALUE_STARTS
    return f"Is there a comma missing before {tokens[first].text!r}?" if follows and first else None
