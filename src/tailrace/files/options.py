"""Options of `read_files` and `cloud_files`: one typed table, parsed once.

`OPTIONS` is the only place that knows an option's name, type, default and help; `docs/files.md` is
printed from it. A name that is not in it is an error with the nearest one; a name that is known but not
carried out is refused by name; nothing is ignored without the table saying so.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from tailrace.files.patterns import parse_pattern
from tailrace.model.errors import Place, ProjectError, Refused

Kind = Literal["text", "char", "bool", "int", "bytes", "time", "choice"]

FORMATS = ("csv", "json", "parquet", "text", "binaryfile")
TEXTUAL = ("csv", "json", "text")
EVERY = FORMATS
REFUSED_FORMATS = ("avro", "xml", "orc", "excel", "delta")


@dataclass(frozen=True)
class Option:
    """One option. `attribute` is its field in `FileOptions`; None where it is taken and has no effect.

    `refused` says why an option that Databricks knows is not carried out here.
    """

    name: str
    kind: Kind
    default: Any
    formats: tuple[str, ...]
    help: str
    attribute: str | None = None
    aliases: tuple[str, ...] = ()
    choices: tuple[str, ...] = ()
    refused: str | None = None


def _refused(name: str, formats: tuple[str, ...], why: str) -> Option:
    return Option(name, "text", None, formats, why, refused=why)


def _idle(name: str, help: str) -> Option:
    return Option(name, "text", None, EVERY, help)


CSV = ("csv",)
JSON = ("json",)

OPTIONS: tuple[Option, ...] = (
    Option("format", "text", "", EVERY, "csv, json (also jsonl), parquet, text or binaryFile.", "format"),
    Option(
        "header",
        "bool",
        False,
        CSV,
        "The first line that is not empty names the columns. Blanks around a "
        "name are cut off; a nameless column is `_c<position>`.",
        "header",
    ),
    Option("sep", "char", ",", CSV, "Text between two values.", "sep", ("delimiter",)),
    Option("quote", "char", '"', CSV, "Quotes a value; empty for none.", "quote"),
    Option("escape", "char", "\\", CSV, "Escapes a quote inside a quoted value.", "escape"),
    Option("comment", "char", "", CSV, "Lines that begin with it are left out.", "comment"),
    Option("nullValue", "text", "", CSV, "The text that stands for NULL.", "null_value"),
    Option("emptyValue", "text", "", CSV, "What a quoted empty value is read as.", "empty_value"),
    Option(
        "enforceSchema",
        "bool",
        False,
        CSV,
        "Match a given schema by position and not by the header's names.",
        "enforce_schema",
    ),
    Option(
        "ignoreLeadingWhiteSpace",
        "bool",
        False,
        CSV,
        "Cut blanks before an unquoted value.",
        "ignore_leading",
    ),
    Option(
        "ignoreTrailingWhiteSpace",
        "bool",
        False,
        CSV,
        "Cut blanks after an unquoted value.",
        "ignore_trailing",
    ),
    Option(
        "encoding",
        "choice",
        "utf-8",
        TEXTUAL,
        "Only UTF-8; a bad byte is read as U+FFFD, and in JSON its record is corrupt, as in Spark.",
        "encoding",
        ("charset",),
        ("utf-8", "utf8"),
    ),
    Option(
        "dateFormat",
        "text",
        None,
        ("csv", "json"),
        "Pattern of dates: y, M, d, H, h, m, s, S, a, MMM, EEE and quoted text.",
        "date_format",
    ),
    Option(
        "timestampFormat",
        "text",
        None,
        ("csv", "json"),
        "Pattern of timestamps, same letters and XXX.",
        "timestamp_format",
    ),
    Option(
        "mode",
        "choice",
        "permissive",
        ("csv", "json"),
        "PERMISSIVE: what does not fit becomes NULL and is rescued. FAILFAST: such a file is refused whole.",
        "mode",
        (),
        ("permissive", "failfast", "dropmalformed"),
    ),
    Option(
        "multiLine",
        "bool",
        False,
        ("csv", "json"),
        "A record may span lines; a JSON file is one value or one array.",
        "multi_line",
    ),
    Option("wholeText", "bool", False, ("text",), "One row per file.", "whole_text"),
    Option(
        "lineSep", "text", None, ("text",), "What ends a line; by default \\n, \\r or \\r\\n.", "line_sep"
    ),
    Option("schema", "text", None, EVERY, "Columns and types; nothing is inferred.", "schema"),
    Option(
        "schemaHints", "text", None, EVERY, "Types of some columns; the others are inferred.", "schema_hints"
    ),
    Option(
        "inferColumnTypes",
        "bool",
        None,
        ("csv", "json"),
        "Infer types and not only names: true for `read_files`, false for `cloud_files`.",
        "infer_types",
        ("inferSchema",),
    ),
    Option(
        "schemaEvolutionMode",
        "choice",
        "addnewcolumns",
        EVERY,
        "What a column that is not in the schema "
        "does. The schema is that of `validate`: new columns go to `_rescued_data` until the pipeline "
        "starts again; with `none` they are left out; with failOnNewColumns the file is refused.",
        "evolution",
        (),
        ("addnewcolumns", "rescue", "none", "failonnewcolumns"),
    ),
    Option(
        "rescuedDataColumn",
        "text",
        "_rescued_data",
        EVERY,
        "Name of the column of values that fit nowhere.",
        "rescued_column",
    ),
    Option(
        "includeExistingFiles",
        "bool",
        True,
        EVERY,
        "Take the files that are there when the pipeline first starts.",
        "include_existing",
    ),
    Option(
        "allowOverwrites",
        "bool",
        False,
        EVERY,
        "Read a file again when its content has changed.",
        "allow_overwrites",
    ),
    Option("maxFilesPerTrigger", "int", 1000, EVERY, "Most files in one batch.", "max_files"),
    Option(
        "maxBytesPerTrigger",
        "bytes",
        None,
        EVERY,
        "Bytes after which a batch takes no further file.",
        "max_bytes",
    ),
    Option(
        "pathGlobFilter",
        "text",
        None,
        EVERY,
        "Only files whose name matches.",
        "name_glob",
        ("fileNamePattern",),
    ),
    Option(
        "recursiveFileLookup",
        "bool",
        None,
        EVERY,
        "Look into folders below; true by default, and then "
        "`key=value` folders are partition columns. When set to true they are not.",
        "recursive",
    ),
    Option(
        "partitionColumns",
        "text",
        None,
        EVERY,
        "Names of `key=value` folders that become columns, comma-separated; by default all, empty for none.",
        "partition_columns",
    ),
    Option(
        "modifiedAfter",
        "time",
        None,
        EVERY,
        "Only files modified later (ISO 8601, UTC).",
        "modified_after_us",
    ),
    Option("modifiedBefore", "time", None, EVERY, "Only files modified earlier.", "modified_before_us"),
    Option(
        "tailrace.orderBy",
        "choice",
        "time",
        EVERY,
        "Order of files: by time of modification, or by name.",
        "order_by",
        (),
        ("time", "name"),
    ),
    Option(
        "tailrace.maxDecompressedBytes",
        "bytes",
        16 * 2**30,
        TEXTUAL,
        "A compressed file that grows beyond it is broken.",
        "max_decompressed",
    ),
    _idle("schemaLocation", "Taken and not needed: the schema is stored with the dataset."),
    _idle("validateOptions", "Taken: options are always validated."),
    _idle("useNotifications", "Taken: folders are listed."),
    _idle("useIncrementalListing", "Taken: folders are listed."),
    _idle("backfillInterval", "Taken: every listing is complete."),
    _idle("maxFileAge", "Taken: no file is ever forgotten."),
    _refused("lineSep", ("csv", "json"), "only \\n, \\r and \\r\\n end a line of CSV or JSON"),
    _refused("charToEscapeQuoteEscaping", CSV, "it is the escape itself"),
    _refused("unescapedQuoteHandling", CSV, "it is always STOP_AT_DELIMITER, Spark's default"),
    _refused("columnNameOfCorruptRecord", ("csv", "json"), "use _rescued_data"),
    _refused("skipRows", CSV, "begin the lines with a comment character instead"),
    _refused("locale", ("csv", "json"), "only en-US"),
    _refused("primitivesAsString", JSON, "use inferColumnTypes => false"),
    _refused("prefersDecimal", JSON, "use schemaHints"),
    _refused("allowComments", JSON, "the JSON must be strict"),
    _refused("allowSingleQuotes", JSON, "the JSON must be strict"),
    _refused("allowUnquotedFieldNames", JSON, "the JSON must be strict"),
    _refused("singleVariantColumn", JSON, "there is no VARIANT type"),
    _refused("mergeSchema", ("parquet",), "schemas of all files are always merged"),
    _refused("ignoreCorruptFiles", EVERY, "a broken file is one rejected row, never silence"),
    _refused("ignoreMissingFiles", EVERY, "a missing file is one rejected row, never silence"),
    _refused("rowTag", EVERY, "the format xml is not read"),
    _refused("timeZone", ("csv", "json"), "timestamps without a zone are UTC"),
    _refused("cleanSource", EVERY, "source files are never moved or deleted"),
)


@dataclass(frozen=True)
class FileOptions:
    """All options of one call, defaults filled in. Times are microseconds UTC, sizes bytes."""

    function: Literal["read_files", "cloud_files"]
    format: str
    header: bool = False
    sep: str = ","
    quote: str = '"'
    escape: str = "\\"
    comment: str = ""
    null_value: str = ""
    empty_value: str = ""
    enforce_schema: bool = False
    ignore_leading: bool = False
    ignore_trailing: bool = False
    encoding: str = "utf-8"
    date_format: str | None = None
    timestamp_format: str | None = None
    mode: str = "permissive"
    multi_line: bool = False
    whole_text: bool = False
    line_sep: str | None = None
    schema: str | None = None
    schema_hints: str | None = None
    infer_types: bool = True
    evolution: str = "addnewcolumns"
    rescued_column: str = "_rescued_data"
    rescue_given: bool = False
    """The column was asked for by name: it is there with a given schema too."""
    include_existing: bool = True
    allow_overwrites: bool = False
    max_files: int = 1000
    max_bytes: int | None = None
    name_glob: str | None = None
    recursive: bool | None = None
    partition_columns: tuple[str, ...] | None = None
    modified_after_us: int | None = None
    modified_before_us: int | None = None
    order_by: str = "time"
    max_decompressed: int = 16 * 2**30


def parse_options(
    function: Literal["read_files", "cloud_files"],
    format: str,
    raw: Mapping[str, str] | Iterable[tuple[str, str]],
    place: Place | None = None,
) -> FileOptions:
    """Check and type the options of a call; keys with or without `cloudFiles.`, in any case."""
    pairs = list(raw.items() if isinstance(raw, Mapping) else raw)
    given = {_bare(key): (key, value) for key, value in pairs}
    if len(given) < len(pairs):
        raise ProjectError(f"An option of {function} is given twice.", place=place)
    kind = (format or given.pop("format", ("format", ""))[1]).lower()
    given.pop("format", None)
    kind = "json" if kind in ("jsonl", "ndjson") else kind
    if kind in REFUSED_FORMATS:
        raise Refused(
            f"The format {kind!r} is not read (yet).", place=place, hint=f"read: {_listed(FORMATS)}"
        )
    if kind not in FORMATS:
        what = f"The format {kind!r} is unknown." if kind else f"{function} needs a format."
        raise ProjectError(what, place=place, hint=f"one of {_listed(FORMATS)}")
    values: dict[str, Any] = {
        "infer_types": function == "read_files",
        "rescue_given": "rescueddatacolumn" in given,
    }
    for key, (written, text) in given.items():
        option = _find(key, written, kind, place)
        if option.attribute is not None:
            if option.attribute in values and option.attribute != "infer_types":
                raise ProjectError(f"Option {written!r} is given twice under two names.", place=place)
            values[option.attribute] = _typed(option, written, text, place)
    return _checked(FileOptions(function, kind, **values), place)


def _checked(options: FileOptions, place: Place | None) -> FileOptions:
    if options.mode == "dropmalformed":
        raise Refused(
            "The mode DROPMALFORMED is not carried out: rows would vanish from the account.",
            place=place,
            hint="keep PERMISSIVE and drop by EXPECT (_rescued_data IS NULL) ON VIOLATION DROP ROW",
        )
    if options.schema and options.schema_hints:
        raise ProjectError("schema and schemaHints contradict each other.", place=place, hint="give one")
    if options.whole_text and options.line_sep is not None:
        raise ProjectError("wholeText and lineSep contradict each other.", place=place, hint="give one")
    for pattern in (options.date_format, options.timestamp_format):
        if pattern is not None:
            parse_pattern(pattern, place)
    return options


def _bare(key: str) -> str:
    return key.lower().removeprefix("cloudfiles.")


def _find(key: str, written: str, kind: str, place: Place | None) -> Option:
    named = [o for o in OPTIONS if key in (o.name.lower(), *(alias.lower() for alias in o.aliases))]
    if not named:
        names = {n.lower(): n for o in OPTIONS for n in (o.name, *o.aliases)}
        near = difflib.get_close_matches(key, names, 1)
        hint = f"did you mean {names[near[0]]!r}?" if near else "docs/files.md lists the options"
        raise ProjectError(f"There is no option {written!r} for files.", place=place, hint=hint)
    option = next((o for o in named if kind in o.formats), named[0])
    if option.refused is not None:
        raise Refused(f"Option {written!r} is not carried out: {option.refused}.", place=place)
    if kind not in option.formats:
        raise ProjectError(
            f"Option {written!r} does not belong to the format {kind}.",
            place=place,
            hint=f"it is one of {_listed(option.formats)}",
        )
    return option


def _typed(option: Option, written: str, text: str, place: Place | None) -> Any:
    try:
        return _PARSERS[option.kind](option, text)
    except ValueError as error:
        raise ProjectError(f"Option {written!r} is {text!r}: {error}.", place=place) from None


def _text(option: Option, text: str) -> Any:
    if option.attribute == "partition_columns":
        return tuple(name.strip() for name in text.split(",") if name.strip())
    return text


def _char(option: Option, text: str) -> str:
    text = {"\\t": "\t", "\\\\": "\\", "\\u0000": ""}.get(text, text)
    if len(text) > 1 and option.name != "sep":
        raise ValueError("one character is wanted")
    if option.name == "sep" and (not text or "\n" in text or "\r" in text or len(text.encode()) > 4):
        raise ValueError("one to four bytes without a line break are wanted")
    return text


def _bool(option: Option, text: str) -> bool:
    if text.lower() not in ("true", "false"):
        raise ValueError("true or false is wanted")
    return text.lower() == "true"


def _int(option: Option, text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise ValueError("a whole number from 1 is wanted")
    return int(text)


_UNITS = {"": 1, "b": 1, "k": 2**10, "kb": 2**10, "m": 2**20, "mb": 2**20, "g": 2**30, "gb": 2**30}


def _bytes(option: Option, text: str) -> int:
    lowered = text.lower().replace(" ", "")
    number = lowered.rstrip("bkmg")
    unit = lowered[len(number) :]
    if not number.isascii() or not number.isdigit() or unit not in _UNITS or int(number) < 1:
        raise ValueError("a size such as 10g or 1048576 is wanted")
    return int(number) * _UNITS[unit]


def _time(option: Option, text: str) -> int:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError("a time such as 2024-01-31T12:00:00 is wanted") from None
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
    whole = moment - datetime(1970, 1, 1, tzinfo=UTC)
    return (whole.days * 86_400 + whole.seconds) * 1_000_000 + whole.microseconds


def _choice(option: Option, text: str) -> str:
    if text.lower() not in option.choices:
        raise ValueError(f"one of {_listed(option.choices)} is wanted")
    return text.lower()


_PARSERS: dict[Kind, Any] = {
    "text": _text,
    "char": _char,
    "bool": _bool,
    "int": _int,
    "bytes": _bytes,
    "time": _time,
    "choice": _choice,
}


def _listed(words: Iterable[str]) -> str:
    return ", ".join(words)
