"""Loading a project: values, defaults, and every error with its place."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tailrace.model.errors import ProjectErrors, UsageError
from tailrace.project.load import load_project
from tailrace.project.project import Project
from tailrace.project.settings import Settings, json_schema


def write(root: Path, **files: str) -> Path:
    for name, text in files.items():
        path = root / name.replace("__", "/").replace("_yaml", ".yaml").replace("_sql", ".sql")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def load(root: Path, profile: str | None = None, **environment: str) -> Project:
    return load_project(root, profile=profile, environment=environment)


def problems(root: Path, profile: str | None = None, **environment: str) -> list[str]:
    with pytest.raises(ProjectErrors) as caught:
        load(root, profile, **environment)
    return [str(error) for error in caught.value.errors]


def test_folder_without_settings_has_defaults(tmp_path: Path) -> None:
    project = load(tmp_path)
    assert project.settings == Settings()
    assert project.paths.lake == str(tmp_path / "lake")
    assert project.paths.log == tmp_path / ".tailrace" / "log"
    assert project.paths.ledger == tmp_path / ".tailrace" / "ledger.sqlite"
    assert project.settings.engine.rows_max == 200_000
    assert project.settings.engine.bytes_max == 64 * 2**20
    assert project.statements == ()


def test_no_folder_is_wrong_use(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is no folder"):
        load(tmp_path / "nowhere")


def test_settings_are_read_with_units(tmp_path: Path) -> None:
    write(
        tmp_path,
        tailrace_yaml="""\
parameters: {files: /data, limit: 5, ratio: 0.5, on: true, off: no}
paths: {lake: "s3://bucket/lake", data: run, log: /var/log/tailrace}
topics:
  clicks:
    partitions: 4
    retention: {time: 7d, bytes: 1 GiB}
    source: {kind: generate, rate: 10, fields: {id: sequence}}
engine: {trigger: 500ms, bytes_max: 8MiB, refresh: 1m}
""",
    )
    project = load(tmp_path)
    assert project.settings.parameters == {
        "files": "/data",
        "limit": 5,
        "ratio": 0.5,
        "on": True,
        "off": "no",
    }
    assert project.paths.lake == "s3://bucket/lake"
    assert project.paths.state == tmp_path / "run" / "state"
    assert project.paths.log == Path("/var/log/tailrace")
    topic = project.settings.topics["clicks"]
    assert topic.partitions == 4
    assert topic.retention is not None
    assert (topic.retention.time, topic.retention.bytes) == (7 * 86_400, 2**30)
    assert topic.source is not None
    assert topic.source.options == {"rate": 10, "fields": {"id": "sequence"}}
    engine = project.settings.engine
    assert (engine.trigger, engine.bytes_max, engine.refresh) == (0.5, 8 * 2**20, 60)


def test_variables_come_from_the_environment_passed_in(tmp_path: Path) -> None:
    write(
        tmp_path,
        tailrace_yaml="""\
parameters:
  a: ${A}
  b: ${B:-default}
  c: x-${A}-${B:-}-y
  number: ${N:-5}
  text: "${N:-5}"
  kept: $${A}
""",
    )
    assert load(tmp_path, A="1").settings.parameters == {
        "a": 1,
        "b": "default",
        "c": "x-1--y",
        "number": 5,
        "text": "5",
        "kept": "${A}",
    }


def test_unset_variable_is_an_error_only_where_it_is_used(tmp_path: Path) -> None:
    write(
        tmp_path,
        tailrace_yaml="paths:\n  lake: ${LAKE}\nprofiles:\n  prod:\n    paths: {data: '${DATA}'}\n",
    )
    assert problems(tmp_path) == [
        "tailrace.yaml:2:9: The variable LAKE is not set. Hint: Set LAKE, or write ${LAKE:-default}."
    ]
    assert load(tmp_path, LAKE="l").paths.lake == str(tmp_path / "l")
    assert [text.partition(" Hint")[0] for text in problems(tmp_path, "prod", LAKE="l")] == [
        "tailrace.yaml:5:19: The variable DATA is not set."
    ]


def test_profile_lies_over_the_rest(tmp_path: Path) -> None:
    write(
        tmp_path,
        tailrace_yaml="""\
parameters: {a: 1, b: 2}
profiles:
  prod:
    parameters: {b: 3}
    engine: {trigger: 10}
""",
    )
    assert load(tmp_path).settings.parameters == {"a": 1, "b": 2}
    prod = load(tmp_path, "prod")
    assert prod.settings.parameters == {"a": 1, "b": 3}
    assert prod.settings.engine.trigger == 10
    with pytest.raises(UsageError, match=r"no profile 'test'.*prod"):
        load(tmp_path, "test")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("pathes: {}", "1:1: Unknown key 'pathes'. Hint: Did you mean paths?"),
        ("paths: {lakee: x}", "1:9: Unknown key 'paths.lakee'. Hint: Did you mean lake?"),
        (
            "topics:\n  t:\n    x: 1",
            "3:5: Unknown key 'topics.t.x'. Hint: Keys here: partitions, retention, source.",
        ),
        ("topics:\n  t: {partitions: '4'}", "2:19: 'topics.t.partitions' is '4'. Hint: It should be a valid integer."),
        ("topics: {t: {partitions: 0}}", "1:26: 'topics.t.partitions' is 0. Hint: It should be greater than or equal to 1."),
        ("engine: {rows_max: 1.5}", "1:20: 'engine.rows_max' is 1.5. Hint: It should be a valid integer."),
        (
            "engine: {trigger: fast}",
            "1:19: 'engine.trigger' is 'fast'. Hint: A duration is a number of seconds, or a number with ms, s, m, h, d or w.",
        ),
        ("paths: lake", "1:8: 'paths' is 'lake'. Hint: It should hold keys and values."),
        ("topics: {t: {source: {rate: 1}}}", "1:14: The key 'topics.t.source.kind' is missing."),
        ("paths: {}\npaths: {}", "2:1: The key 'paths' stands twice; the first is in line 1."),
        ("parameters: {a: [1]}", "1:17: 'parameters.a' is [1]. Hint: A parameter is a text, a number, true or false."),
        ("parameters: {a: '${1x}'}", "1:17: '${1x}' names no variable. Hint: ${NAME} or ${NAME:-default}"),
        ("- a", "1:1: The file does not hold keys and values. Hint: key: value"),
        ("parameters: {timezone: Europe/Prague}", "1:24: The time zone 'Europe/Prague' is not executed yet. Hint: Only UTC is; use from_utc_timestamp in SQL."),
        ("schedules: []", "1:1: 'schedules' is not executed yet. Hint: Schedules are not executed yet; use cron and `tailrace run --available-now`."),
        ("alerts: []", "1:1: 'alerts' is not executed yet. Hint: Alerts are not executed yet; query the dataset instead."),
        ("publish: {}", "1:1: 'publish' is not executed yet. Hint: Publishing is not executed yet; read the Delta tables in the lake."),
        ("api: {}", "1:1: 'api' is not executed yet. Hint: The API is not executed yet; use `tailrace query`."),
        (
            "topics: {t: {source: {kind: poll}}}",
            "1:29: Sources of kind 'poll' are not executed yet. Hint: Executed are: generate; or feed it by `tailrace produce`.",
        ),
    ],
)  # fmt: skip
def test_wrong_settings_are_refused_with_place_and_remedy(tmp_path: Path, text: str, expected: str) -> None:
    write(tmp_path, tailrace_yaml=text)
    assert problems(tmp_path) == [f"tailrace.yaml:{expected}"]


def test_broken_yaml_is_refused_with_its_place(tmp_path: Path) -> None:
    write(tmp_path, tailrace_yaml="paths:\n  lake: [1\ntopics: {}\n")
    (problem,) = problems(tmp_path)
    assert problem.startswith("tailrace.yaml:3:")
    assert "not valid YAML" in problem


def test_all_errors_come_at_once_in_order(tmp_path: Path) -> None:
    write(
        tmp_path,
        tailrace_yaml="pathes: {}\nengine: {x: 1}\n",
        a_sql="CREATE STREMING TABLE t;\nSELECT (1;",
        b__c_sql="CREATE STREAMING TABLE t COMENT 'x'",
    )
    assert [text.partition(": ")[0] for text in problems(tmp_path)] == [
        "a.sql:1:8",
        "a.sql:2:8",
        "b/c.sql:1:26",
        "tailrace.yaml:1:1",
        "tailrace.yaml:2:10",
    ]


def test_schema_is_the_first_folder_and_use_changes_it(tmp_path: Path) -> None:
    write(
        tmp_path,
        root_sql="CREATE STREAMING TABLE a",
        Bronze__deep__x_sql="CREATE STREAMING TABLE b; USE Silver; CREATE STREAMING TABLE c; USE CATALOG m; "
        "CREATE STREAMING TABLE d",
        tests__t_sql="nonsense",
    )
    (tmp_path / ".hidden").mkdir()
    (tmp_path / ".hidden" / "x.sql").write_text("nonsense")
    (tmp_path / "lake").mkdir()
    (tmp_path / "lake" / "x.sql").write_text("nonsense")
    found = [(str(d.place), d.schema, str(d.statement.name)) for d in load(tmp_path).statements]
    assert found == [
        ("Bronze/deep/x.sql:1:1", "bronze", "b"),
        ("Bronze/deep/x.sql:1:39", "silver", "c"),
        ("Bronze/deep/x.sql:1:80", "silver", "d"),
        ("root.sql:1:1", "default", "a"),
    ]


@pytest.mark.parametrize("folder", ["archive", "system", "live", "_x"])
def test_reserved_schemas_are_refused(tmp_path: Path, folder: str) -> None:
    (tmp_path / folder).mkdir()
    (tmp_path / folder / "a.sql").write_text("CREATE STREAMING TABLE a")
    assert problems(tmp_path) == [
        f"{folder}/a.sql:1:1: The schema name '{folder}' is reserved. Hint: Name the folder differently."
    ]


def test_set_gives_parameters_and_refuses_session_settings(tmp_path: Path) -> None:
    write(
        tmp_path,
        tailrace_yaml="parameters: {a: 1}",
        a_sql="SET b = 'two';\nCREATE STREAMING TABLE t;\nSET a = 3;\nCREATE STREAMING TABLE u",
    )
    found = [dict(defined.parameters) for defined in load(tmp_path).statements]
    assert found == [{"a": "1", "b": "two"}, {"a": "3", "b": "two"}]
    write(tmp_path, a_sql="SET spark.sql.ansi.enabled = false;\nSET x")
    assert [text.partition(":")[2].partition(" Hint")[0] for text in problems(tmp_path)] == [
        "1:1: SET spark.sql.ansi.enabled would change Spark's session, which there is none of here.",
        "2:1: SET x only shows a value.",
    ]


def test_published_json_schema_is_current() -> None:
    published = Path(__file__).parents[2] / "docs" / "tailrace.schema.json"
    assert json.loads(published.read_text()) == json_schema(), "run scripts/write_schema.py"


def test_documentation_names_every_key_of_the_model() -> None:
    text = (Path(__file__).parents[2] / "docs" / "project.md").read_text()
    schema = json_schema()
    parts = {
        "": schema["properties"],
        "paths.": schema["$defs"]["PathSettings"]["properties"],
        "engine.": schema["$defs"]["EngineSettings"]["properties"],
        "topics.<name>.": schema["$defs"]["TopicSettings"]["properties"],
        "topics.<name>.retention.": schema["$defs"]["RetentionSettings"]["properties"],
    }
    for prefix, keys in parts.items():
        for key in keys:
            assert f"`{prefix}{key}" in text, f"{prefix}{key}"


def test_profiles_that_are_not_used_are_checked_too(tmp_path: Path) -> None:
    write(
        tmp_path,
        tailrace_yaml="profiles:\n  a: {paths: {lake: '${LAKE}'}}\n  b: {pathes: {}}\n  c: {engine: {trigger: x}}\n",
    )
    assert [text.partition(" Hint")[0] for text in problems(tmp_path)] == [
        "tailrace.yaml:3:7: Unknown key 'pathes'.",
        "tailrace.yaml:4:25: 'engine.trigger' is 'x'.",
    ]


def test_a_key_with_nothing_behind_it_is_left_out(tmp_path: Path) -> None:
    text = """\
topics:
  clicks:
    # source: all of it in comments
  carts:
    partitions:
    source:
parameters:
engine:
profiles:
  dev:
"""
    for profile in (None, "dev"):
        settings = load(write(tmp_path, tailrace_yaml=text), profile).settings
        assert settings.topics["clicks"] == settings.topics["carts"]
        assert (settings.topics["clicks"].partitions, settings.topics["clicks"].source) == (1, None)
        assert (settings.parameters, settings.engine) == (Settings().parameters, Settings().engine)


def test_nothing_where_something_must_stand_is_told_where_the_key_is(tmp_path: Path) -> None:
    (problem,) = problems(
        write(tmp_path, tailrace_yaml="topics:\n  a:\n    source:\n      kind:\n\nengine:\n")
    )
    assert problem.startswith("tailrace.yaml:4:7: 'topics.a.source.kind' is None.")


def test_a_project_within_a_project_is_left_alone(tmp_path: Path) -> None:
    write(tmp_path, tailrace_yaml="", a_sql="CREATE MATERIALIZED VIEW v AS SELECT 1 AS a;")
    write(tmp_path / "demo" / "logs", tailrace_yaml="", a_sql="CREATE MATERIALIZED VIEW v AS SELECT 1 AS a;")
    assert len(load(tmp_path).statements) == 1


def test_settings_under_the_other_ending_are_not_passed_over(tmp_path: Path) -> None:
    (tmp_path / "tailrace.yml").write_text("parameters: {a: 1}\n")
    (told,) = problems(tmp_path)
    assert told.startswith("tailrace.yml:1:1: ")
    assert "tailrace.yaml" in told


@pytest.mark.parametrize("name", ["tailrace.yaml", "a.sql"])
def test_bytes_that_are_no_utf_8_are_told_with_their_place(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes("\ufeff# é\n# zü".encode() + b"\xfc\n")
    (told,) = problems(tmp_path)
    assert told == f"{name}:2:5: The file is not UTF-8: here is the byte 0xfc. Hint: Save it as UTF-8."


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("parameters: {}\npaths: {lake: a\0b}\n", "2:1", "control character 0x00"),
        ("parameters:\n  a: ${NOPE\n", "2:6", "'${NOPE' is never closed"),
        ("paths: {allow: /tmp}\n", "1:16", "should be a list"),
        ("topics:\n  a/b: {partitions: 1}\n", "2:3", "is no name for a topic"),
    ],
)
def test_what_stands_in_the_settings_is_told_in_our_words(
    tmp_path: Path, text: str, place: str, words: str
) -> None:
    (tmp_path / "tailrace.yaml").write_text(text)
    (told,) = problems(tmp_path)
    assert told.startswith(f"tailrace.yaml:{place}: ")
    assert words in told


def test_the_value_of_a_variable_is_in_no_message(tmp_path: Path) -> None:
    write(tmp_path, tailrace_yaml="engine: {trigger: '${TOKEN}'}\ntopics:\n  t:\n    partitions: x${TOKEN}\n")
    told = problems(tmp_path, TOKEN="hush")
    assert len(told) == 2
    assert "hush" not in "".join(told)
    assert "'${TOKEN}'" in told[0]
