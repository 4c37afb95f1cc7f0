"""File names as URIs, as Spark 4.2 shows them in `_metadata` (recorded by hand)."""

from pathlib import Path

import pytest

from tailrace.files.uri import encoded, file_uri


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("a'b,c;d&e=f+g$h@i!(j)*~.txt", "a'b,c;d&e=f+g$h@i!(j)*~.txt"),
        ("日本😀é.txt", "日本😀é.txt"),
        ('a"b<c>.txt', "a%22b%3Cc%3E.txt"),
        ("a{b}|.txt", "a%7Bb%7D%7C.txt"),
        ("a^b`c.txt", "a%5Eb%60c.txt"),
        ("a\u00a0b.txt", "a%C2%A0b.txt"),
        ("a[1].txt", "a%5B1%5D.txt"),
        ("a b#c?.txt", "a%20b%23c%3F.txt"),
        ("a%b.txt", "a%25b.txt"),
    ],
)
def test_names_are_encoded_as_spark_does(name: str, shown: str) -> None:
    assert encoded(name) == shown
    assert file_uri(Path("/landing") / name) == f"file:/landing/{shown}"
