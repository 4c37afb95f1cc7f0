"""Walking over the tokens of one statement, and the errors that name what stands there."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from difflib import get_close_matches
from typing import TypeVar

from tailrace.model.errors import ProjectError
from tailrace.sql.parse.scan import Position, Source, Token, name_value, string_value, unclosed
from tailrace.sql.parse.statement import Name, Span

T = TypeVar("T")

_OPEN = {"(": ")", "[": "]", "{": "}"}
_CLOSE = frozenset(_OPEN.values())
_NAME_KINDS = ("word", "backtick", "dquoted")


class Cursor:
    """A position in a statement's tokens. `take_*` moves on, `at_*` only looks."""

    def __init__(self, source: Source, tokens: tuple[Token, ...]) -> None:
        self.source = source
        self.tokens = tokens
        self.index = 0

    # Looking

    @property
    def token(self) -> Token:
        return self.tokens[self.index]

    @property
    def here(self) -> Position:
        return self.source.position(self.token.start)

    def ahead(self, count: int) -> Token:
        """The token that many places on; the end token beyond the end."""
        return self.tokens[min(self.index + count, len(self.tokens) - 1)]

    def at_words(self, *words: str) -> bool:
        return all(self.ahead(i).upper == word for i, word in enumerate(words))

    def at_sign(self, sign: str) -> bool:
        return self.token.kind == "sign" and self.token.text == sign

    @property
    def at_end(self) -> bool:
        return self.token.kind == "end"

    # Errors

    def error(self, message: str, *, hint: str | None = None, token: Token | None = None) -> ProjectError:
        where = token or self.token
        if where.kind == "broken":
            return unclosed(self.source, where)
        return ProjectError(message, place=self.source.place(where.start), hint=hint)

    def expected(self, what: str, known: Iterable[str] = (), *, hint: str | None = None) -> ProjectError:
        """`Expected what, found this.`, with the nearest of `known` if the token looks like one."""
        token = self.token
        if token.text in "{}" and token.text:
            return self.error(
                "A template '{{ }}' is not filled in.", hint="Render the template first, or use ${name}."
            )
        return self.error(f"Expected {what}, found {token.shown}.", hint=nearest(token.text, known) or hint)

    # Moving

    def take(self) -> Token:
        token = self.token
        if token.kind == "broken":
            raise unclosed(self.source, token)
        if token.kind != "end":
            self.index += 1
        return token

    def try_words(self, *words: str) -> bool:
        if not self.at_words(*words):
            return False
        self.index += len(words)
        return True

    def take_words(self, *words: str) -> None:
        for i, word in enumerate(words):
            if self.token.upper != word:
                before = f" after {' '.join(words[:i])}" if i else ""
                raise self.expected(f"{' '.join(words[i:])}{before}", [word])
            self.index += 1

    def take_one_of(self, words: Iterable[str]) -> str:
        known = tuple(words)
        if self.token.upper not in known:
            raise self.expected(" or ".join(known), known)
        return self.take().upper

    def try_sign(self, sign: str) -> bool:
        if not self.at_sign(sign):
            return False
        self.index += 1
        return True

    def take_sign(self, sign: str, what: str | None = None) -> None:
        if not self.try_sign(sign):
            raise self.expected(what or f"'{sign}'")

    def take_string(self, what: str) -> str:
        """A string; neighbours without a comma are one string, as in Spark."""
        if self.token.kind not in ("string", "dquoted"):
            raise self.expected(what, hint="Put it in single quotes.")
        value = string_value(self.take().text)
        while self.token.kind in ("string", "dquoted"):
            value += string_value(self.take().text)
        return value

    def take_integer(self, what: str) -> int:
        negative = self.try_sign("-")
        if not re.fullmatch(r"\d+", self.token.text):
            raise self.expected(what)
        value = int(self.take().text)
        return -value if negative else value

    def take_part(self, what: str) -> str:
        """One part of a name."""
        if self.token.kind == "string":
            raise self.expected(what, hint="Write names without quotes or in backticks.")
        if self.token.kind not in _NAME_KINDS or self.token.upper == "AS":
            raise self.expected(what)
        value = name_value(self.take())
        if not value:
            self.index -= 1
            raise self.error(f"Expected {what}, found an empty name.")
        if self.at_sign("-") and self.tokens[self.index - 1].end == self.token.start:
            raise self.error(
                f"The name '{value}' is followed by '-'.", hint="Write names with a hyphen in backticks."
            )
        return value

    def take_dotted(self, what: str) -> str:
        """A name with any number of parts, such as a nested column or the key of a property."""
        parts = [self.take_part(what)]
        while self.try_sign("."):
            parts.append(self.take_part(what))
        return ".".join(parts)

    def take_name(self, what: str) -> Name:
        """A name of one to three parts, `LIVE.` in front taken off."""
        at, first = self.here, self.token
        if self.at_words("IDENTIFIER") and self.ahead(1).text == "(":
            return self._identifier(at)
        parts = [self.take_part(what)]
        while self.try_sign("."):
            parts.append(self.take_part(f"a part of the name after '{'.'.join(parts)}.'"))
        live = len(parts) > 1 and first.upper == "LIVE"
        if live:
            parts = parts[1:]
        if len(parts) > 3:
            raise self.error(
                f"The name '{'.'.join(parts)}' has {len(parts)} parts.",
                token=first,
                hint="Names are name, schema.name or catalog.schema.name.",
            )
        return Name(tuple(parts), at, live)

    def _identifier(self, at: Position) -> Name:
        self.take()
        inner = self.take_group("the name in brackets after IDENTIFIER")
        token = self.tokens[self.index - 2]
        if token.kind in ("string", "dquoted") and inner.text == token.text:
            return Name(tuple(string_value(token.text).split(".")), at)
        return Name((), at, identifier=inner.text)

    def take_group(self, what: str) -> Span:
        """What stands between brackets, which must not be empty."""
        opening = self.token
        self.take_sign("(", what)
        span = self.take_until(lambda: self.at_sign(")"), what)
        if not self.try_sign(")"):
            raise self.error("This bracket is never closed.", token=opening, hint="Close it with ) .")
        return span

    def take_until(self, stop: Callable[[], bool], what: str) -> Span:
        """Text up to where `stop` holds outside of brackets, or the end."""
        first, open_ = self.token, list[Token]()
        while not self.at_end and (open_ or not stop()):
            token = self.take()
            if token.kind == "sign" and token.text in _OPEN:
                open_.append(token)
            elif token.kind == "sign" and token.text in _CLOSE:
                if not open_ or _OPEN[open_[-1].text] != token.text:
                    raise self.error(f"This '{token.text}' closes nothing.", token=token)
                open_.pop()
        if open_:
            raise self.error("This bracket is never closed.", token=open_[-1])
        if self.token is first:
            raise self.expected(what)
        return self.span(first)

    def span(self, first: Token) -> Span:
        """The text from `first` to the token before this one."""
        end = self.tokens[self.index - 1].end
        return Span(self.source.text[first.start : end], self.source.position(first.start))

    def take_list(self, item: Callable[[], T], what: str) -> tuple[T, ...]:
        """`(item, item, ...)`, not empty, no comma at the end."""
        opening = self.token
        self.take_sign("(", what)
        if self.at_sign(")"):
            raise self.error(f"Expected {what}, found empty brackets.", token=opening)
        items = [item()]
        while self.try_sign(","):
            if self.at_sign(")"):
                raise self.error("There is a comma before ')'.", hint="Take the comma away.")
            items.append(item())
        if not self.try_sign(")"):
            if self.at_end:
                raise self.error("This bracket is never closed.", token=opening, hint="Close it with ) .")
            raise self.expected("',' or ')'")
        return tuple(items)

    def take_names(self, what: str) -> tuple[str, ...]:
        """`(a, b.c)`, each name once."""
        seen: set[str] = set()

        def one() -> str:
            token = self.token
            name = self.take_dotted(f"a column in {what}")
            if name.lower() in seen:
                raise self.error(f"'{name}' stands twice in {what}.", token=token)
            seen.add(name.lower())
            return name

        return self.take_list(one, f"column names in brackets for {what}")


def nearest(text: str, known: Iterable[str]) -> str | None:
    """`Did you mean X?` for the known word most like `text`, if one is."""
    if len(text) < 3:
        return None
    found = get_close_matches(text.upper(), list(known), n=1, cutoff=0.7)
    return f"Did you mean {found[0]}?" if found and found[0] != text.upper() else None
