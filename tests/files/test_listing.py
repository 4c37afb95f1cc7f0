"""Listing: what a path names, in which order, and what is new, the same or changed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tailrace.files.listing import Listing, Seen, check_inside, list_files, plan_files, take
from tailrace.files.opening import hash_file
from tailrace.files.options import FileOptions, parse_options
from tailrace.model.errors import ProjectError


class At:
    """A clock that stands still."""

    def __init__(self, now_us: int) -> None:
        self._now = now_us

    def now_us(self) -> int:
        return self._now

    def monotonic(self) -> float:
        return self._now / 1e6

    def sleep(self, seconds: float) -> None:
        self._now += int(seconds * 1e6)


def options(**given: str) -> FileOptions:
    return parse_options("read_files", "csv", {key.replace("__", "."): v for key, v in given.items()})


def put(folder: Path, name: str, content: str = "x\n", second: int = 1_000) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
    os.utime(path, ns=(second * 10**9, second * 10**9))
    return path


def names(folder: Path, path: str, chosen: FileOptions | None = None) -> list[str]:
    return [file.path for file in list_files(path, folder, chosen or options())]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    home = tmp_path / "project"
    for name in (
        "in/b.csv",
        "in/a.csv",
        "in/c.txt",
        "in/.hidden.csv",
        "in/_writing.csv",
        "in/_tmp/d.csv",
        "in/.git/e.csv",
        "in/deep/f.csv",
        "in/deep/er/g.csv",
        "in/year=2024/month=1/h.csv",
        "other/i.csv",
    ):
        put(home, name)
    return home


def test_a_folder_holds_all_files_below_but_hidden_ones(folder: Path) -> None:
    expected = ["a.csv", "b.csv", "c.txt", "deep/er/g.csv", "deep/f.csv", "year=2024/month=1/h.csv"]
    assert names(folder, "in") == [f"in/{name}" for name in expected]
    assert names(folder, "in/") == names(folder, "./in")


def test_without_recursion_only_the_folder_itself(folder: Path) -> None:
    assert names(folder, "in", options(recursiveFileLookup="false")) == ["in/a.csv", "in/b.csv", "in/c.txt"]


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("in/*.csv", ["in/a.csv", "in/b.csv"]),
        ("in/{a,c}.*", ["in/a.csv", "in/c.txt"]),
        ("in/[ab].csv", ["in/a.csv", "in/b.csv"]),
        ("in/?.csv", ["in/a.csv", "in/b.csv"]),
        ("in/**/*.csv", ["in/a.csv", "in/b.csv", "in/deep/er/g.csv", "in/deep/f.csv",
                         "in/year=2024/month=1/h.csv"]),
        ("in/deep/**", ["in/deep/er/g.csv", "in/deep/f.csv"]),
        ("*/i.csv", ["other/i.csv"]),
        ("in/de*", ["in/deep/er/g.csv", "in/deep/f.csv"]),
        ("in/a.csv", ["in/a.csv"]),
        ("nowhere/*.csv", []),
        ("nowhere", []),
    ],
)  # fmt: skip
def test_patterns(folder: Path, pattern: str, expected: list[str]) -> None:
    assert names(folder, pattern) == expected


def test_order_by_time_then_name_or_by_name(folder: Path) -> None:
    put(folder, "t/a", second=3)
    put(folder, "t/b", second=1)
    put(folder, "t/c", second=1)
    assert names(folder, "t") == ["t/b", "t/c", "t/a"]
    assert names(folder, "t", options(tailrace__orderBy="name")) == ["t/a", "t/b", "t/c"]


def test_filters(folder: Path) -> None:
    put(folder, "t/new.csv", second=2_000)
    put(folder, "t/old.csv", second=500)
    assert names(folder, "t", options(modifiedAfter="1970-01-01T00:16:40")) == ["t/new.csv"]
    assert names(folder, "t", options(modifiedBefore="1970-01-01T00:16:40")) == ["t/old.csv"]
    assert names(folder, "t", options(pathGlobFilter="o*.csv")) == ["t/old.csv"]
    assert names(folder, "t", options(fileNamePattern="{new,x}.csv")) == ["t/new.csv"]


def test_partition_folders(folder: Path) -> None:
    (file,) = list_files("in/year=2024", folder, options(pathGlobFilter="h.csv"))
    assert file.partitions == (("month", "1"),)
    (file,) = list_files("in", folder, options(pathGlobFilter="h.csv"))
    assert file.partitions == (("year", "2024"), ("month", "1"))
    (file,) = list_files("in", folder, options(pathGlobFilter="h.csv", partitionColumns="month"))
    assert file.partitions == (("month", "1"),)
    (file,) = list_files("in", folder, options(pathGlobFilter="h.csv", recursiveFileLookup="true"))
    assert file.partitions == ()


def test_a_project_stays_inside_its_folders(folder: Path, tmp_path: Path) -> None:
    outside = put(tmp_path, "outside/x.csv")
    for path in (str(outside.parent), "../outside", "in/../../outside/*.csv", "file://" + str(outside)):
        with pytest.raises(ProjectError, match=r"outside the project.*paths: allow"):
            list_files(path, folder, options())
        (file,) = list_files(path, folder, options(), [outside.parent])
        assert file.path == outside.as_posix()


def test_a_link_that_leads_outside_is_refused(folder: Path, tmp_path: Path) -> None:
    outside = put(tmp_path, "outside/x.csv")
    (folder / "links").mkdir()
    (folder / "links" / "x.csv").symlink_to(outside)
    with pytest.raises(ProjectError, match="outside"):
        list_files("links", folder, options())
    (folder / "links" / "x.csv").unlink()
    (folder / "links" / "sub").symlink_to(outside.parent, target_is_directory=True)
    with pytest.raises(ProjectError, match="outside"):
        list_files("links", folder, options())
    with pytest.raises(ProjectError):
        check_inside(folder / "links" / "sub" / "x.csv", [folder])


def test_links_in_a_folder_that_the_project_allows_may_lead_anywhere(folder: Path, tmp_path: Path) -> None:
    outside = tmp_path / "elsewhere"
    outside.mkdir()
    (outside / "x.csv").write_text("a\n1\n")
    allowed = tmp_path / "allowed"
    allowed.mkdir()
    (allowed / "y.csv").symlink_to(outside / "x.csv")
    (listed,) = list_files(str(allowed), folder, options(), [allowed])
    assert listed.name == "y.csv"


def test_links_in_a_circle_end(folder: Path) -> None:
    (folder / "in" / "deep" / "back").symlink_to(folder / "in", target_is_directory=True)
    assert names(folder, "in/deep/er") == ["in/deep/er/g.csv"]
    assert "in/deep/f.csv" in names(folder, "in")


def test_addresses_are_refused(folder: Path) -> None:
    with pytest.raises(ProjectError, match="local"):
        list_files("s3://bucket/x", folder, options())


def test_stable_is_unchanged_for_two_seconds(folder: Path) -> None:
    put(folder, "t/a", second=100)
    listing = Listing(list_files("t", folder, options()))
    assert listing.stable(At(101_999_999)).files == ()
    assert len(listing.stable(At(102_000_000)).files) == 1
    assert len(listing.stable(At(99_000_000)).files) == 1


def test_plan_knows_new_same_touched_and_changed_files(folder: Path) -> None:
    for name in ("new", "same", "touched", "changed", "rewritten"):
        put(folder, f"t/{name}", second=50)
    listed = list_files("t", folder, options())
    digests = {file.path: hash_file(file) for file in listed}
    seen = {
        "t/same": Seen(2, 50_000_000, "whatever"),
        "t/touched": Seen(2, 1, digests["t/touched"]),
        "t/changed": Seen(3, 50_000_000, digests["t/changed"]),
        "t/rewritten": Seen(2, 1, "another"),
        "t/gone": Seen(1, 1, "x"),
    }
    asked = []

    def digest(file: object) -> str:
        asked.append(file.path)  # type: ignore[attr-defined]
        return digests[file.path]  # type: ignore[attr-defined]

    plan = plan_files(listed, seen, False, digest)
    assert [f.path for f in plan.new] == ["t/new"]
    assert [f.path for f in plan.same] == ["t/same", "t/touched"]
    assert [f.path for f in plan.changed] == ["t/changed", "t/rewritten"]
    assert sorted(asked) == ["t/rewritten", "t/touched"]
    allowed = plan_files(listed, seen, True, digest)
    assert [f.path for f in allowed.overwritten] == ["t/changed", "t/rewritten"]
    assert allowed.changed == ()


def test_a_batch_takes_at_least_one_file(folder: Path) -> None:
    for name in "abc":
        put(folder, f"t/{name}", "x" * 10)
    listed = list_files("t", folder, options())
    assert len(take(listed, options(maxBytesPerTrigger="5"))) == 1
    assert len(take(listed, options(maxBytesPerTrigger="20"))) == 2
    assert len(take(listed, options(maxFilesPerTrigger="2"))) == 2
    assert len(take(listed, options())) == 3
    assert take((), options()) == ()


def test_only_regular_files_are_listed(folder: Path) -> None:
    os.mkfifo(folder / "in/pipe.csv")
    assert "in/pipe.csv" not in names(folder, "in/*.csv")
    assert names(folder, "in/pipe.csv") == []


def test_a_link_that_leads_out_is_told_with_where_it_leads(folder: Path) -> None:
    (folder / "in/out.csv").symlink_to("/etc/hostname")
    with pytest.raises(ProjectError, match=r"out\.csv' is by a link '/etc/hostname', which lies outside"):
        names(folder, "in")
    with pytest.raises(ProjectError, match="'/etc' lies outside"):
        names(folder, "/etc")
