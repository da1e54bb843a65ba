"""YAML files: plain data with places, and everything else refused with file, line and column."""

from pathlib import Path

import pytest

from octy.cli.documents import Document, read_documents
from octy.cli.failures import LinesRefused

NESTED_BOMB = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 10)}]\n" for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "f.yml"


def document(file: Path, content: str | bytes) -> Document:
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    (found,) = read_documents(file)
    return found


def refusal(file: Path, content: str | bytes) -> str:
    with pytest.raises(LinesRefused) as caught:
        document(file, content)
    (line,) = caught.value.messages
    return line.removeprefix(f"{file}:")


def test_a_file_becomes_plain_data(file: Path) -> None:
    found = document(file, "kind: x\nlist:\n- {a: 1, 'b': [true, ~]}\n- no\ntext: |\n  one\n  two\n")
    assert found.root == {"kind": "x", "list": [{"a": 1, "b": [True, None]}, "no"], "text": "one\ntwo\n"}


def test_every_key_and_every_element_has_a_place(file: Path) -> None:
    found = document(file, "kind: x\nlist:\n- {a: 1, 'b': [true, ~]}\n-   no\n")
    places = {trail: found.place(trail).removeprefix(f"{file}:") for trail in found.marks}
    assert places == {
        (): "1:1",
        ("kind",): "1:1",
        ("list",): "2:1",
        ("list", 0): "3:3",
        ("list", 0, "a"): "3:4",
        ("list", 0, "b"): "3:10",
        ("list", 0, "b", 0): "3:16",
        ("list", 0, "b", 1): "3:22",
        ("list", 1): "4:5",
    }


def test_what_is_missing_is_where_its_parent_is(file: Path) -> None:
    found = document(file, "\nlist:\n- a: 1\n")
    assert found.place(("list", 0, "b", 3)) == f"{file}:3:3"
    assert found.place(("nothing",)) == f"{file}:2:1"


def test_keys_are_text_as_in_json(file: Path) -> None:
    assert document(file, "5: a\ntrue: b\n~: c\nno: d\n").root == {"5": "a", "true": "b", "~": "c", "no": "d"}


def test_a_file_may_hold_several_documents_each_with_its_places(file: Path) -> None:
    file.write_text("---\nkind: a\n---\n# nothing\n---\nkind: b\nlist: [1]\n...\n---\n")
    first, second = read_documents(file)
    assert (first.root, second.root) == ({"kind": "a"}, {"kind": "b", "list": [1]})
    assert (first.place(("kind",)), second.place(("list", 0))) == (f"{file}:2:1", f"{file}:7:8")


def test_too_many_values_are_too_many_in_whichever_documents(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("octy.cli.documents.VALUES_MAX", 4)
    file.write_text("- 1\n- 1\n---\n- 1\n- 1\n- 1\n")
    with pytest.raises(LinesRefused, match="at most 4 values"):
        read_documents(file)


@pytest.mark.parametrize("content", ["", "# nothing\n", "---\n", "\n\n"])
def test_an_empty_file_holds_nothing(file: Path, content: str) -> None:
    assert document(file, content).root is None


def test_a_byte_order_mark_and_windows_lines_are_tolerated(file: Path) -> None:
    assert document(file, b"\xef\xbb\xbfa: 1\r\nb: 2\r\n").root == {"a": 1, "b": 2}


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (NESTED_BOMB, "1:4: anchors and aliases (&, *) are not supported; write the value out"),
        ("a: [*x]\n", "1:5: anchors and aliases (&, *) are not supported; write the value out"),
        ("a: 1\nb:\n  <<: *x\n", "3:7: anchors and aliases (&, *) are not supported; write the value out"),
        ("a: !!python/object/apply:os.system [x]\n", "1:4: tags (!) are not supported; write the plain value"),
        ("a: !!str 5\n", "1:4: tags (!) are not supported; write the plain value"),
        ("!x a: 1\n", "1:1: tags (!) are not supported; write the plain value"),
        ("a: 1\nb: 2\na: 3\n", '3:1: the key "a" was given before, at line 1, column 1'),
        ("a: {b: 1, b: 2}\n", '1:11: the key "b" was given before, at line 1, column 5'),
        ("? [a]\n: 1\n", "1:3: expected a key; found a collection"),
        ("a:\n\tb: 1\n", "2:1: found a tab where none may stand; indent with spaces"),
        ("a: b: c\n", "1:5: mapping values are not allowed here"),
        ("a: 'b\n", "2:1: found unexpected end of stream while scanning a quoted scalar that begins at line 1"),
        ("a: \x01\n", '1:4: expected printable characters; found "\\u0001"'),
        ('a: "\\0"\n', '1:4: expected text without NUL characters and lone surrogates; found "\\u0000"'),
        ('"\\ud800": 1\n', '1:1: expected text without NUL characters and lone surrogates; found "\\ud800"'),
        ('a: "\\UFFFFFFFF"\n', "1:1: expected YAML; found something unreadable here or soon after"),
        ("%YAML 1.0\n---\na: 1\n", "1:1: expected YAML; found something unreadable here or soon after"),
        ("a: 1\n...\n%YAML 1.3\n---\na: 1\n", "2:1: expected YAML; found something unreadable here or soon after"),
        ("a: .nan\n", '1:4: expected a finite number, or a string in quotes; found ".nan"'),
        ("a: 1e999\n", "1:4: expected a finite number; found inf"),
        (
            "a: 9223372036854775808\n",
            "1:4: expected an integer of at most 64 bits, or a string; found 9223372036854775808",
        ),
        ("a: " + "x" * 8193, "1:4: expected at most 8192 characters; found 8193 characters"),
        ("[" * 10_000, "1:34: expected at most 32 levels of nesting"),
        ("- " * 10_000, "1:67: expected at most 32 levels of nesting"),
        ("a: 1\nb: \xff\n".encode("latin-1"), "2: expected UTF-8 text; found byte 0xff at position 4"),
        ("a: 1\n".encode("utf-16"), "1: expected UTF-8 text; found byte 0xff at position 1"),
        ("a: 1 # " + "x" * 50_000, "1: expected lines of at most 50,000 bytes"),
        ("# x\n" * 125_001, "125001: the file is larger than 500,000 bytes; split it"),
    ],
)
def test_anything_but_plain_data_is_refused_with_its_place(file: Path, content: str | bytes, line: str) -> None:
    assert refusal(file, content) == line


def test_a_file_of_too_many_values_is_refused(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("octy.cli.documents.VALUES_MAX", 3)
    assert document(file, "- 1\n" * 3).root == [1, 1, 1]
    assert refusal(file, "- 1\n" * 4) == "4:3: expected at most 3 values; split the file"


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(LinesRefused, match="Is a directory"):
        read_documents(tmp_path)
