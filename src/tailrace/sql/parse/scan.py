"""Text to tokens, as Spark's lexer sees them.

Comments (`--` to the end of the line, `/* */` nested) and blanks are left out. Strings know Spark's
escapes, `''` and `""` inside of their own kind, and the raw form `r'...'`. `${name}` and `$name` count
as part of a word. Every other sign is a token of its own, so `>>` of nested types needs no care.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass, field
from typing import Literal

from tailrace.model.errors import Place, ProjectError

TokenKind = Literal["word", "number", "string", "dquoted", "backtick", "sign", "cell", "broken", "end"]
"""`string` is '...', `dquoted` is "...", `cell` a notebook's cell border, `broken` is never closed."""


@dataclass(frozen=True, order=True)
class Position:
    """A place in one file; line and column count from 1, the offset from 0 in characters."""

    line: int
    column: int
    offset: int


@dataclass(frozen=True)
class Token:
    """One token: `text` as written, from `start` to `end` of the file's text."""

    kind: TokenKind
    text: str
    start: int
    end: int

    @property
    def upper(self) -> str:
        """Words in capitals, for comparison with keywords; other tokens give no keyword."""
        return self.text.upper() if self.kind == "word" else ""

    @property
    def shown(self) -> str:
        """How an error names it."""
        if self.kind == "end":
            return "the end of the statement"
        text = self.text if len(self.text) <= 40 else self.text[:37] + "..."
        return f"'{text}'" if "'" not in text else text


@dataclass(frozen=True)
class Source:
    """The text of a file with its line borders."""

    file: str
    text: str
    _starts: tuple[int, ...] = field(default=(), compare=False, repr=False)

    @staticmethod
    def of(text: str, file: str = "<sql>") -> Source:
        starts = (0, *(match.end() for match in re.finditer("\n", text)))
        return Source(file, text, starts)

    def position(self, offset: int) -> Position:
        line = bisect_right(self._starts, offset)
        return Position(line, offset - self._starts[line - 1] + 1, offset)

    def place(self, offset: int) -> Place:
        position = self.position(offset)
        return Place(self.file, position.line, position.column)


_TOKEN = re.compile(
    r"""
    (?P<cell>(?m:^)[ \t]*--[ ]COMMAND[ ]-{3,}[ \t]*(?=\r?$|\r?\n|\Z))
  | (?P<blank>[\s\ufeff]+ | --[^\n]*)
  | (?P<comment>/\*)
  | (?P<string>r?'(?:[^'\\]|\\.|'')*')
  | (?P<dquoted>r?"(?:[^"\\]|\\.|"")*")
  | (?P<backtick>`(?:[^`]|``)*`)
  | (?P<number>\d+(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w$]))
  | (?P<word>(?:\w|\$\{[^}\n]*\}|\$(?=\w))+)
  | (?P<broken>r?['"`])
  | (?P<sign>.)
    """,
    re.VERBOSE | re.DOTALL | re.IGNORECASE,
)
_COMMENT_EDGE = re.compile(r"/\*|\*/")


def scan(source: Source) -> list[Token]:
    """All tokens of a file, without an end token. Never raises: what is not closed is a `broken` token."""
    text, at, tokens = source.text, 0, []
    while at < len(text):
        match = _TOKEN.match(text, at)
        assert match is not None, "every character begins some token"
        kind = match.lastgroup
        if kind == "comment":
            end = _comment_end(text, at)
            if end is None:
                tokens.append(Token("broken", text[at : at + 2], at, len(text)))
                return tokens
            at = end
            continue
        if kind == "broken":
            tokens.append(Token("broken", match.group(), at, len(text)))
            return tokens
        if kind != "blank":
            tokens.append(Token(kind, match.group(), at, match.end()))  # type: ignore[arg-type]
        at = match.end()
    return tokens


def _comment_end(text: str, start: int) -> int | None:
    depth = 0
    for edge in _COMMENT_EDGE.finditer(text, start):
        depth += 1 if edge.group() == "/*" else -1
        if depth == 0:
            return edge.end()
    return None


_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "0": "\0", "Z": "\x1a", "%": "\\%", "_": "\\_"}
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[0-3][0-7]{2}|.)", re.DOTALL)


def string_value(text: str) -> str:
    """What a string token stands for: `'it''s'` is `it's`, a backslash escapes unless the string is raw."""
    raw = text[0] in "rR"
    quote = text[1 if raw else 0]
    body = text[2 if raw else 1 : -1]
    if raw:
        return body
    return _ESCAPE.sub(_unescape, body.replace(quote * 2, quote))


def _unescape(match: re.Match[str]) -> str:
    mark = match.group(1)
    if mark[0] in "uU" and len(mark) > 1:
        return chr(int(mark[1:], 16))
    if len(mark) == 3:
        return chr(int(mark, 8))
    return _ESCAPES.get(mark, mark)


def name_value(token: Token) -> str:
    """A name token without its quotes: a word as it is, `` `a``b` `` as ``a`b``."""
    if token.kind == "word":
        return token.text
    if token.kind == "backtick":
        return token.text[1:-1].replace("``", "`")
    return string_value(token.text)


def unclosed(source: Source, token: Token) -> ProjectError:
    """The error for a `broken` token."""
    what = {"/*": "This comment", "`": "This name"}.get(token.text, "This string")
    ending = {"/*": "*/"}.get(token.text, token.text[-1])
    return ProjectError(
        f"{what} is never closed.", place=source.place(token.start), hint=f"Close it with {ending} ."
    )
