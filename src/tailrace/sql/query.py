"""Text of a query or an expression -> sqlglot's tree, with positions.

Functions stay calls by the name that was written: nothing is renamed or reordered by the parser, so the
function table alone says what a name means. The patch of the dialect is this file and nothing else:
plain calls, `window(...)`, a bare `STREAM t`, `WATERMARK c DELAY OF INTERVAL ...` and `WITH (options)` between
a relation and its alias.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from sqlglot import exp
from sqlglot.dialects.databricks import Databricks
from sqlglot.errors import SqlglotError
from sqlglot.tokenizer_core import Token, TokenType

from tailrace.model.errors import Place, ProjectError, Refused
from tailrace.sql.errors import Origin
from tailrace.sql.interval_literals import UNITS
from tailrace.sql.likely import likely
from tailrace.sql.parse.cursor import nearest
from tailrace.sql.parse.cut_off import cut_off, plain_complaint
from tailrace.sql.parse.heads import QUERY_WORDS

_BASE: Any = Databricks.parser_class
_KEPT = ("CAST", "TRY_CAST", "EXTRACT", "TRIM")


class _Parser(_BASE):  # type: ignore[misc]
    """Databricks' parser, with every function call left as it was written."""

    FUNCTIONS: dict[str, Any] = {}  # noqa: RUF012
    FUNCTION_PARSERS = {  # noqa: RUF012
        name: parser for name, parser in _BASE.FUNCTION_PARSERS.items() if name in _KEPT
    }
    FUNCTION_PARSERS |= {
        "STACK": lambda self: self._parse_stack(),
        "JSON_TUPLE": lambda self: self._parse_json_tuple(),
        "POSITION": lambda self: self._parse_position_words(),
        "SUBSTRING": lambda self: self._parse_words(("FROM", "FOR")),
        "SUBSTR": lambda self: self._parse_words(("FROM", "FOR")),
        "OVERLAY": lambda self: self._parse_words(("PLACING", "FROM", "FOR")),
    }
    NO_PAREN_FUNCTION_PARSERS = {  # noqa: RUF012
        name: parser for name, parser in _BASE.NO_PAREN_FUNCTION_PARSERS.items() if name == "CASE"
    }
    UNARY_PARSERS = {  # noqa: RUF012
        **_BASE.UNARY_PARSERS,
        TokenType.PLUS: lambda self: self._parse_plus(),
    }
    ARRAY_CONSTRUCTORS: dict[str, Any] = {}  # noqa: RUF012
    FUNC_TOKENS = {*_BASE.FUNC_TOKENS, TokenType.WINDOW, TokenType.STREAM}  # noqa: RUF012

    def _parse_table(self, *args: Any, **kwargs: Any) -> Any:
        table = super()._parse_table(*args, **kwargs)
        if table is not None and self._curr and self._curr.text.upper() == "WATERMARK":
            self._parse_watermark(table)
        return table

    def _parse_table_alias(self, alias_tokens: Any = None) -> Any:
        if self._curr and self._curr.text.upper() == "WITH":
            self._parse_options()
        if (
            self._curr
            and self._curr.text.upper() == "WATERMARK"
            and self._next is not None
            and (self._next.text.upper() not in (",", ")", "ON", "WHERE", "GROUP", "ORDER", "JOIN"))
        ):
            start = self._curr
            self._advance()
            column = self._parse_assignment()
            if not (self._match_text_seq("DELAY", "OF")):
                self.raise_error("Expected DELAY OF after WATERMARK's column")
            delay = self._parse_interval()
            self._watermarks.append((start.start, column, delay))
        return super()._parse_table_alias(alias_tokens=alias_tokens)

    def _parse_options(self) -> None:
        """`WITH ('name' = 'value', ...)` behind the name of a table, which is noted to be refused by name."""
        start, second, third = self._index, self._next, self._tokens[self._index + 2 : self._index + 3]
        named = third and third[0].token_type in (TokenType.STRING, TokenType.VAR)
        if second is None or second.token_type != TokenType.L_PAREN or not named:
            return
        self._advance(2)
        while not self._match(TokenType.R_PAREN):
            if self._curr is None:
                self._retreat(start)
                return
            self._advance()
        self._options.append((self._tokens[start].start, third[0].text))

    def _match_pair(self, token_type_a: Any, token_type_b: Any, advance: bool = True) -> Any:
        """`>>>` as well, of which the parser knows two: its right side is marked."""
        made = super()._match_pair(token_type_a, token_type_b, advance)
        third = self._curr if made and advance and token_type_a == token_type_b == TokenType.GT else None
        if third is not None and third.token_type == TokenType.GT and third.start == self._prev.end + 1:
            self._advance()
            self._is_unsigned = True
        return made

    def _parse_term(self, *args: Any, **kwargs: Any) -> Any:
        marked, self._is_unsigned = self._is_unsigned, False
        made = super()._parse_term(*args, **kwargs)
        if marked and made is not None:
            made.meta["unsigned"] = True
        return made

    def _parse_plus(self) -> Any:
        """`+x` is a call in Spark, by which its column is named; the number of an interval has a sign."""
        after = self._tokens[self._index - 2].text.upper() if self._index > 1 else ""
        inner = self._parse_unary()
        if inner is None or after == "INTERVAL":
            return inner
        return exp.Anonymous(this="positive", expressions=[inner])

    def _called(self, words: str | None = None) -> Any:
        """A call of the function before the bracket, by its name as written or another."""
        name = self._tokens[self._index - 2]
        made = exp.Anonymous(this=words or name.text, expressions=[])
        made.update_positions(name)
        return made

    def _parse_words(self, words: tuple[str, ...]) -> Any:
        """`substring(x FROM 2 FOR 3)`: words in place of commas."""
        made = self._called()
        made.set("expressions", self._parse_csv(self._parse_lambda))
        for word in words:
            if len(made.expressions) in (1, 2, 3) and self._match_text_seq(word):
                if words[0] == "FROM":
                    made.set("this", "substring")
                made.append("expressions", self._parse_bitwise())
        return made

    def _parse_stack(self) -> Any:
        """`stack(2, a, b, c, d)` is the rows (a, b) and (c, d): an array of structs, taken apart."""
        made, rows = self._called(), self._called("inline")
        values = self._parse_csv(self._parse_lambda)
        count = values[0] if values else None
        if not (isinstance(count, exp.Literal) and count.name.isdigit() and 0 < int(count.name) <= 1000):
            made.set("expressions", values)
            return made
        values, width = values[1:], -(-(len(values) - 1) // int(count.name))
        structs = []
        for row in range(int(count.name)):
            parts: list[Any] = []
            for place in range(width):
                at = row * width + place
                parts.append(exp.Literal.string(f"col{place}"))
                parts.append(values[at] if at < len(values) else exp.Null())
            structs.append(exp.Anonymous(this="named_struct", expressions=parts))
        rows.set("expressions", [exp.Anonymous(this="__stacked", expressions=structs)])
        return rows if width else made

    def _parse_json_tuple(self) -> Any:
        """`json_tuple(x, 'a', 'b')` is one row of a column for each name."""
        rows, made = self._called("inline"), self._called()
        values = self._parse_csv(self._parse_lambda)
        if len(values) < 2:
            made.set("expressions", values)
            return made
        parts: list[Any] = []
        for place, name in enumerate(values[1:]):
            field = exp.Anonymous(this="__json_field", expressions=[values[0].copy(), name])
            parts += [exp.Literal.string(f"c{place}"), field]
        struct = exp.Anonymous(this="named_struct", expressions=parts)
        rows.set("expressions", [exp.Anonymous(this="array", expressions=[struct])])
        return rows

    def _parse_position_words(self) -> Any:
        """`position(x IN y)`, which Spark calls locate."""
        made, other = self._called(), self._called("locate")
        first = self._parse_bitwise()
        if self._match(TokenType.IN):
            other.set("expressions", [first, self._parse_bitwise()])
            return other
        rest = self._parse_csv(self._parse_lambda) if self._match(TokenType.COMMA) else []
        made.set("expressions", [first, *rest])
        return made

    COLUMN_OPERATORS = {  # noqa: RUF012
        **_BASE.COLUMN_OPERATORS,
        TokenType.DCOLON: lambda self, this, to: self._double_colon(this, to),
    }

    def _parse_function_args(self, alias: bool = False) -> Any:
        """Only the values of `struct` take a name behind them."""
        name = self._tokens[self._index - 2].text.upper() if self._index > 1 else ""
        return super()._parse_function_args(name == "STRUCT")

    def _parse_lambda(self, alias: bool = False) -> Any:
        made = super()._parse_lambda(alias)
        if made is None and self._prev.token_type == TokenType.COMMA:
            self.raise_error("Expected an argument after the comma")
        return made

    def _parse_select_or_expression(self, alias: bool = False) -> Any:
        made = super()._parse_select_or_expression(alias=alias)
        if alias and made is None and self._prev.token_type == TokenType.ALIAS:
            self.raise_error("Expected a value before AS; a column of this name is written `as`")
        if not alias or isinstance(made, exp.Alias) or self._next is None:
            return made
        ends = self._next.token_type in (TokenType.COMMA, TokenType.R_PAREN)
        return self._parse_alias(made) if ends else made

    def _double_colon(self, this: Any, to: Any) -> Any:
        """`x::type`; the tokenizer also puts one, spelled otherwise, between `1` and its suffix `L`."""
        made = self.build_cast(strict=self.STRICT_CAST, this=this, to=to)
        last = self._prev
        if last.end - last.start + 1 == len(last.text):
            made.meta["explicit"] = True
        return made

    def _parse_is(self, this: Any) -> Any:
        made = super()._parse_is(this)
        if isinstance(made, exp.Not):
            made.meta["is_not"] = True
        return made

    def _parse_paren(self) -> Any:
        made = super()._parse_paren()
        if isinstance(made, exp.Paren):
            made.meta["explicit"] = True
        return made

    def _parse_extract(self) -> Any:
        word = self._curr.text
        made = super()._parse_extract()
        made.meta["word"] = word
        return made

    def _parse_interval(self, *args: Any, **kwargs: Any) -> Any:
        made = super()._parse_interval(*args, **kwargs)
        if isinstance(made, exp.Add):
            made.meta["fields"] = True
        while isinstance(made, (exp.Interval, exp.Add)) and self._match_less():
            value = exp.Neg(this=exp.Literal.string(self._prev.text))
            self._advance()
            made = exp.Add(this=exp.Interval(this=value, unit=exp.var(self._prev.text)), expression=made)
            made.meta["fields"] = True
        return made

    def _match_less(self) -> bool:
        """`-2 HOURS` after `INTERVAL 1 DAY`, of which it is a part."""
        ahead = self._tokens[self._index : self._index + 3]
        if len(ahead) < 3 or ahead[0].token_type != TokenType.DASH:
            return False
        if ahead[1].token_type not in (TokenType.NUMBER, TokenType.STRING):
            return False
        if ahead[2].text.upper().removesuffix("S") not in UNITS:
            return False
        self._advance(2)
        return True

    def _parse_cast(self, *args: Any, **kwargs: Any) -> Any:
        made = super()._parse_cast(*args, **kwargs)
        if made is not None:
            made.meta["explicit"] = True
        return made

    def _parse_type(self, *args: Any, **kwargs: Any) -> Any:
        first, second = self._curr, self._next
        made = super()._parse_type(*args, **kwargs)
        if isinstance(made, exp.Cast) and second is not None and second.token_type == TokenType.STRING:
            made.meta["prefix"] = first.text.upper()
        return made

    def reset(self) -> None:
        super().reset()
        self._watermarks: list[Any] = []
        self._options: list[tuple[int, str]] = []
        self._is_unsigned = False


class Dialect(Databricks):
    """The project's dialect."""

    parser_class = _Parser
    Parser = _Parser


@dataclass(frozen=True)
class Query:
    """A parsed query, its text and where it stands."""

    tree: Any
    origin: Origin
    watermarks: tuple[tuple[int, Any, Any], ...] = ()
    """`(offset, column or expression, delay)` of each WATERMARK clause."""


def parse_query(text: str, place: Place) -> Query:
    """The query in `text`, which begins at `place`. Syntax errors are ProjectErrors with their place."""
    origin = Origin(text, place)
    return _parse(origin, query=True)


def parse_expression(text: str, place: Place) -> Query:
    """One expression, such as the condition of an EXPECT."""
    return _parse(Origin(text, place), query=False)


def _parse(origin: Origin, query: bool) -> Query:
    dialect = Dialect()
    tokens: list[Any] = []
    try:
        tokens = _spelled(dialect.tokenize(origin.text), origin)
        _check_beginning(tokens, origin, query)
        short = cut_off(tokens)
        parser = _Parser(dialect=dialect)
        if query:
            trees = parser.parse(tokens, origin.text)
        else:
            trees = parser._parse(lambda self: self._parse_expression(), tokens, origin.text)
    except SqlglotError as error:
        raise _syntax_error(origin, error, tokens) from None
    except RecursionError:
        raise Refused("The query is nested too deeply.", place=origin.place) from None
    if short is not None:
        place, word = origin.at(tokens[short[0]].start), tokens[short[0]].text
        raise ProjectError(f"[PARSE_SYNTAX_ERROR] Syntax error at or near {word!r}: {short[1]}.", place=place)
    if parser._options:
        start, option = parser._options[0]
        message = f"The option {option!r} of a table, as WITH ({option!r} = ...), is not answered."
        raise Refused(message, place=origin.at(start), hint="Leave WITH (...) out.")
    trees = [tree for tree in trees if tree is not None]
    if len(trees) != 1:
        what = "a query" if query else "an expression"
        raise ProjectError(f"Expected {what}, found {len(trees) or 'nothing'}.", place=origin.place)
    tree = _with_orders(_unnamed(trees[0]))
    if query and not isinstance(tree, (exp.Query, exp.Values)):
        if tokens and tokens[0].text.upper() == "TABLE":
            raise origin.refused("TABLE is not answered; SELECT * FROM is.", tree)
        raise origin.wrong(f"Expected a query, found {tree.key.upper()}.", tree)
    return Query(tree, origin, tuple(parser._watermarks))


def _check_beginning(tokens: Sequence[Any], origin: Origin, query: bool) -> None:
    """Raise for a parameter that nobody filled in, and for a query whose first word begins none."""
    for token, brace in pairwise(tokens):
        if token.token_type == TokenType.PARAMETER and brace.token_type == TokenType.L_BRACE:
            end = origin.text.find("}", brace.end)
            raise ProjectError(
                f"The parameter '{origin.text[brace.end + 1 : end].strip()}' has no value.",
                place=origin.at(token.start),
                hint="Give it one under `parameters:` in tailrace.yaml, or write the value itself.",
            )
    first = tokens[0] if tokens else None
    if (
        not query
        or first is None
        or first.token_type == TokenType.L_PAREN
        or first.text.upper() in QUERY_WORDS
    ):
        return
    raise ProjectError(
        f"[PARSE_SYNTAX_ERROR] Syntax error at or near {first.text!r}: Expected a query.",
        place=origin.at(first.start),
        hint=nearest(first.text, QUERY_WORDS) or "A query begins with SELECT, WITH or FROM.",
    )


_CALLABLE = (TokenType.WINDOW, TokenType.ARRAY, TokenType.MAP, TokenType.STRUCT)
_ESCAPES = {"0": "\0", "b": "\b", "n": "\n", "r": "\r", "t": "\t", "Z": "\x1a", "%": "\\%", "_": "\\_"}
_ESCAPE = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|([01][0-7]{2})|(.))", re.DOTALL)


def _spelled(tokens: list[Any], origin: Origin) -> list[Any]:
    """The tokens with string literals read as Spark reads them: a doubled quote is one, `\\d` is `d`."""
    result: list[Any] = []
    for token, following in zip(tokens, [*tokens[1:], None], strict=False):
        called = following is not None and following.token_type == TokenType.L_PAREN
        if token.token_type in _CALLABLE and called:  # the function, not the clause or the type
            token.token_type = TokenType.VAR
        if token.token_type == TokenType.PIPE_GT:
            raise Refused("The pipe syntax |> is not answered.", place=origin.at(token.start))
        quote = origin.text[token.start : token.start + 1]
        if token.token_type == TokenType.STRING and quote in ("'", '"'):
            previous = result[-1] if result else None
            value = _unescaped(origin.text[token.start + 1 : token.end])
            start = token.start
            if (
                previous is not None
                and previous.token_type == TokenType.STRING
                and previous.end + 1 == token.start
                and origin.text[previous.end] == quote
            ):
                start, value = previous.start, f"{previous.text}{quote}{value}"
                result.pop()
            token = Token(TokenType.STRING, value, line=token.line, col=token.col, start=start, end=token.end)
        result.append(token)
    return result


def _unescaped(raw: str) -> str:
    def one(match: re.Match[str]) -> str:
        if match[1] or match[2]:
            return chr(int(match[1] or match[2], 16))
        if match[3]:
            return chr(int(match[3], 8))
        return _ESCAPES.get(match[4], match[4])

    return _ESCAPE.sub(one, raw) if "\\" in raw else raw


_NAMED = {
    "collection": ("explode", "explode_outer", "posexplode", "posexplode_outer"),
    "input": ("inline", "inline_outer"),
}


def _unnamed(tree: Any) -> Any:
    """`explode(collection => x)` as `explode(x)`."""
    for node in list(tree.find_all(exp.Kwarg)):
        call, name = node.parent, str(node.this.name).lower()
        if (
            isinstance(call, exp.Anonymous)
            and len(call.expressions) == 1
            and call.name.lower() in _NAMED.get(name, ())
        ):
            node.replace(node.expression)
    return tree


def _with_orders(tree: Any) -> Any:
    """`f(...) WITHIN GROUP (ORDER BY ...)` as the call itself, which has the order as its part `within`."""
    for node in list(tree.find_all(exp.WithinGroup)):
        if isinstance(node.this, exp.Anonymous):
            call = node.this
            call.set("within", node.expression)
            node.replace(call)
            tree = call if node is tree else tree
    return tree


def _syntax_error(origin: Origin, error: SqlglotError, tokens: Sequence[Any]) -> ProjectError:
    details = getattr(error, "errors", None) or [{}]
    first = details[0]
    message = plain_complaint(first.get("description") or str(error).splitlines()[0])
    line, column = first.get("line"), first.get("col")
    place = origin.place
    if line:
        width = len(first.get("highlight") or " ")
        start = max(1, int(column) - width + 1)
        offset = origin.place.column - 1 if line == 1 else 0
        place = Place(place.file, place.line + int(line) - 1, start + offset)
    near = first.get("highlight")
    return ProjectError(
        f"[PARSE_SYNTAX_ERROR] Syntax error{f' at or near {near!r}' if near else ''}: {message}.".replace(
            "..", "."
        ),
        place=place,
        hint=likely(origin, tokens, place),
    )
