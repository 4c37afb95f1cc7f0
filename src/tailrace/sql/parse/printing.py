"""Statements back to text: what `parse` reads from it is equal to what was printed.

Clauses come in one order, each on its own line; words in capitals, names without backticks where they
need none. Queries and expressions are printed as written.
"""

from __future__ import annotations

import re

from tailrace.sql.parse import statement as s
from tailrace.sql.parse.heads import QUERY_WORDS

_PLAIN = re.compile(r"(?:[^\W\d]|\$\{[^}\n]*\})(?:\w|\$\{[^}\n]*\})*")
_RESERVED = frozenset(
    (
        *QUERY_WORDS,
        *("AS", "CONSTRAINT", "PRIMARY", "FOREIGN", "LIVE", "IF", "IDENTIFIER", "AUTO", "NONE", "NOT", "BY"),
        *("COMMENT", "DEFAULT", "GENERATED", "REFERENCES", "MASK", "CATALOG", "SCHEMA", "DATABASE"),
        *("NAMESPACE", "EXPECT", "ONCE", "KEYS", "IGNORE", "APPLY", "SEQUENCE", "COLUMNS", "STORED", "TRACK"),
    )
)
_ACTIONS = {"drop": "DROP ROW", "fail": "FAIL UPDATE", "quarantine": "QUARANTINE ROW"}


def print_statement(statement: s.Statement) -> str:
    """The statement without a semicolon."""
    if isinstance(statement, s.Flow):
        return "\n".join(_flow(statement))
    if isinstance(statement, s.AutoCdc):
        return "\n".join(_auto_cdc(statement))
    if isinstance(statement, s.SetStatement):
        key = f" {statement.key}" if statement.key else ""
        return f"SET{key}" + (f" = {statement.value}" if statement.value is not None else "")
    if isinstance(statement, s.UseStatement):
        return f"USE {statement.what.upper()} {print_name(statement.name)}"
    if isinstance(statement, s.Other):
        return statement.text.text
    return "\n".join(_dataset(statement))


def print_name(name: s.Name) -> str:
    if name.identifier is not None:
        return f"IDENTIFIER({name.identifier})"
    parts = ".".join(quote_name(part) for part in name.parts)
    return f"LIVE.{parts}" if name.live else parts


def quote_name(part: str) -> str:
    """One part of a name, in backticks where it needs them."""
    if _PLAIN.fullmatch(part) and part.upper() not in _RESERVED:
        return part
    return "`" + part.replace("`", "``") + "`"


def quote_string(text: str) -> str:
    """A string literal that `string_value` reads back."""
    text = text.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n").replace("\r", "\\r")
    return f"'{text}'"


def _dotted(name: str) -> str:
    return ".".join(quote_name(part) for part in name.split("."))


def _list(names: tuple[str, ...]) -> str:
    return "(" + ", ".join(_dotted(name) for name in names) + ")"


def _dataset(dataset: s.StreamingTable | s.MaterializedView | s.TemporaryView) -> list[str]:
    words = [dataset.create.upper()]
    if dataset.visibility:
        words.append(dataset.visibility.value.upper())
    if isinstance(dataset, s.StreamingTable):
        words += _live_words(dataset, streaming=True) if dataset.live else ["STREAMING"]
        words.append("TABLE")
    elif isinstance(dataset, s.MaterializedView):
        words += ["LIVE", "TABLE"] if dataset.live else ["MATERIALIZED", "VIEW"]
    else:
        words += _live_words(dataset, streaming=dataset.streaming) if dataset.live else []
        words.append("VIEW")
    if dataset.if_not_exists:
        words.append("IF NOT EXISTS")
    lines = [f"{' '.join(words)} {print_name(dataset.name)}"]
    entries = [
        *(_column(column) for column in dataset.columns),
        *(_key(key.value) for key in dataset.keys),
        *(_expect(expect) for expect in dataset.expectations),
    ]
    if entries:
        lines[0] += " ("
        lines += [f"  {entry}," for entry in entries[:-1]] + [f"  {entries[-1]}", ")"]
    lines += _clauses(dataset.clauses)
    if isinstance(dataset, s.StreamingTable):
        lines += _inline_flow(dataset)
    elif dataset.query is not None:
        lines.append(f"AS {dataset.query.text}")
    return lines


def _live_words(dataset: s.Dataset, *, streaming: bool) -> list[str]:
    first = "INCREMENTAL" if dataset.incremental else "STREAMING"
    return [first, "LIVE"] if streaming else ["LIVE"]


def _inline_flow(table: s.StreamingTable) -> list[str]:
    if table.cdc:
        return ["FLOW AUTO CDC", *_cdc(table.cdc.value)]
    if table.query is None:
        return []
    if table.replace_where:
        return [f"FLOW REPLACE WHERE {table.replace_where.value.text} BY NAME", table.query.text]
    if table.once:
        return ["FLOW INSERT ONCE BY NAME", table.query.text]
    return [f"AS {table.query.text}"]


def _column(column: s.Column) -> str:
    parts = [quote_name(column.name)]
    if column.type:
        parts.append(column.type.text)
    if column.not_null:
        parts.append("NOT NULL")
    if column.comment:
        parts.append(f"COMMENT {quote_string(column.comment.value)}")
    if column.generated:
        parts.append(_generated(column.generated.value))
    if column.key:
        key = column.key.value
        parts += [f"CONSTRAINT {quote_name(key.name)}"] if key.name else []
        parts.append(_references(key.references) if key.references else "PRIMARY KEY")
        parts += key.options
    if column.mask:
        mask = column.mask.value
        using = f" USING COLUMNS ({', '.join(mask.arguments)})" if mask.arguments else ""
        parts.append(f"MASK {print_name(mask.function)}{using}")
    if column.default:
        parts.append(f"DEFAULT {column.default.value.text}")
    return " ".join(parts)


def _generated(generated: s.Generated) -> str:
    if generated.expression is not None:
        return f"GENERATED ALWAYS AS ({generated.expression.text})"
    options = []
    if generated.start is not None:
        options.append(f"START WITH {generated.start}")
    if generated.step is not None:
        options.append(f"INCREMENT BY {generated.step}")
    mode = "ALWAYS" if generated.always else "BY DEFAULT"
    return f"GENERATED {mode} AS IDENTITY" + (f" ({' '.join(options)})" if options else "")


def _references(references: s.References) -> str:
    columns = f" {_list(references.columns)}" if references.columns else ""
    return " ".join([f"REFERENCES {print_name(references.table)}{columns}", *references.options])


def _key(key: s.Key) -> str:
    name = f"CONSTRAINT {quote_name(key.name)} " if key.name else ""
    if key.references:
        return f"{name}FOREIGN KEY ({_key_columns(key)}) {_references(key.references)}"
    return " ".join([f"{name}PRIMARY KEY ({_key_columns(key)})", *key.options])


def _key_columns(key: s.Key) -> str:
    mark = " TIMESERIES"
    return ", ".join(
        quote_name(column.removesuffix(mark)) + (mark if column.endswith(mark) else "")
        for column in key.columns
    )


def _expect(expect: s.Expect) -> str:
    action = _ACTIONS.get(expect.action)
    ending = f" ON VIOLATION {action}" if action else ""
    return f"CONSTRAINT {quote_name(expect.name)} EXPECT ({expect.condition.text}){ending}"


def _clauses(clauses: s.Clauses) -> list[str]:
    lines = []
    if clauses.using:
        lines.append(f"USING {_dotted(clauses.using.value)}")
    if clauses.options:
        lines.append(f"OPTIONS {_properties(clauses.options.value)}")
    if clauses.partitioned_by:
        items = (
            item.text if item.is_expression else quote_name(item.text)
            for item in clauses.partitioned_by.value
        )
        lines.append(f"PARTITIONED BY ({', '.join(items)})")
    if clauses.cluster_by:
        cluster = clauses.cluster_by.value
        lines.append(f"CLUSTER BY {_list(cluster.columns) if cluster.columns else cluster.mode.upper()}")
    if clauses.location:
        lines.append(f"LOCATION {quote_string(clauses.location.value)}")
    if clauses.comment:
        lines.append(f"COMMENT {quote_string(clauses.comment.value)}")
    if clauses.collation:
        lines.append(f"DEFAULT COLLATION {quote_name(clauses.collation.value)}")
    if clauses.properties:
        lines.append(f"TBLPROPERTIES {_properties(clauses.properties.value)}")
    if clauses.schedule:
        lines.append(_schedule(clauses.schedule.value))
    if clauses.trigger:
        most = clauses.trigger.value.at_most_every
        lines.append("TRIGGER ON UPDATE" + (f" AT MOST EVERY {most.text}" if most else ""))
    if clauses.refresh_policy:
        lines.append(f"REFRESH POLICY {clauses.refresh_policy.value}")
    if clauses.schema_mode:
        lines.append(f"WITH SCHEMA {clauses.schema_mode.value}")
    if clauses.row_filter:
        mask = clauses.row_filter.value
        lines.append(f"WITH ROW FILTER {print_name(mask.function)} ON {_list(mask.arguments)}")
    return lines


def _properties(properties: tuple[tuple[str, str], ...]) -> str:
    return "(" + ", ".join(f"{quote_string(key)} = {quote_string(value)}" for key, value in properties) + ")"


def _schedule(schedule: s.Schedule) -> str:
    if schedule.cron is None:
        assert schedule.unit is not None, "a schedule is by cron or by unit"
        return f"SCHEDULE EVERY {schedule.every} {schedule.unit.upper()}"
    zone = f" AT TIME ZONE {quote_string(schedule.timezone)}" if schedule.timezone else ""
    return f"SCHEDULE CRON {quote_string(schedule.cron)}{zone}"


def _flow(flow: s.Flow) -> list[str]:
    lines = [f"CREATE FLOW {print_name(flow.name)}"]
    if flow.comment:
        lines.append(f"COMMENT {quote_string(flow.comment.value)}")
    once = " ONCE" if flow.once else ""
    insert = f"AS INSERT INTO{once} {print_name(flow.target)}"
    if flow.replace_where:
        insert += f" REPLACE WHERE {flow.replace_where.value.text} BY NAME"
    elif flow.by_name:
        insert += " BY NAME"
    if flow.replace_using:
        using = flow.replace_using.value
        sequence = f" SEQUENCE BY {using.sequence_by.text}" if using.sequence_by else ""
        insert += f"\nREPLACE USING {_list(using.columns)}{sequence}"
    return [*lines, insert, flow.query.text]


def _auto_cdc(flow: s.AutoCdc) -> list[str]:
    if flow.name is None:
        return [f"APPLY CHANGES INTO {print_name(flow.target)}", *_cdc(flow.cdc)]
    lines = [f"CREATE FLOW {print_name(flow.name)}"]
    if flow.comment:
        lines.append(f"COMMENT {quote_string(flow.comment.value)}")
    once = " ONCE" if flow.once else ""
    return [*lines, f"AS AUTO CDC{once} INTO {print_name(flow.target)}", *_cdc(flow.cdc)]


def _cdc(cdc: s.Cdc) -> list[str]:
    lines = [f"FROM {cdc.source.text}", f"KEYS {_list(cdc.keys.value)}"]
    if cdc.where:
        lines.append(f"WHERE {cdc.where.value.text}")
    if cdc.ignore_null_updates:
        columns = cdc.ignore_null_updates.value
        lines.append("IGNORE NULL UPDATES" + (f" ON {_set(columns)}" if columns else ""))
    if cdc.delete_when:
        lines.append(f"APPLY AS DELETE WHEN {cdc.delete_when.value.text}")
    if cdc.truncate_when:
        lines.append(f"APPLY AS TRUNCATE WHEN {cdc.truncate_when.value.text}")
    lines.append(f"SEQUENCE BY {cdc.sequence_by.value.text}")
    if cdc.columns:
        lines.append(f"COLUMNS {_set(cdc.columns.value)}")
    if cdc.scd_type:
        lines.append(f"STORED AS SCD TYPE {cdc.scd_type.value}")
    if cdc.bitemporal:
        lines.append("STORED AS BITEMPORAL")
    if cdc.system_sequence_by:
        lines.append(f"SYSTEM SEQUENCE BY {cdc.system_sequence_by.value.text}")
    if cdc.track_history:
        lines.append(f"TRACK HISTORY ON {_set(cdc.track_history.value)}")
    return lines


def _set(columns: s.ColumnSet) -> str:
    return f"* EXCEPT {_list(columns.names)}" if columns.except_ else _list(columns.names)
