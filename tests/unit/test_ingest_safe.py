"""Broken and hostile files are refused with the file, the place and the fix."""

from __future__ import annotations

import stat
import struct
import zipfile
from pathlib import Path

import pytest

from continuum.errors import BadInput
from continuum.ingest import safe


def make_zip(path: Path, members: dict[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name), content, compress_type=compression)
    return path


def message(call, *arguments, **options) -> str:
    with pytest.raises(BadInput) as error:
        call(*arguments, **options)
    return str(error.value)


def test_a_zip_of_honest_members_is_read_without_regard_to_case(tmp_path):
    path = make_zip(tmp_path / "a.qdpx", {"Sources/A.txt": b"text"})
    with safe.open_zip(path) as archive:
        assert archive.find("sources/a.TXT") == "Sources/A.txt"
        assert archive.read("Sources/A.txt") == b"text"
        assert archive.find("sources/b.txt") is None


@pytest.mark.parametrize("name", ["../evil.txt", "a/../../evil.txt", "/etc/passwd", "..\\evil.txt", "C:/evil.txt"])
def test_a_member_that_leaves_the_zip_is_refused_by_name(tmp_path, name):
    text = message(safe.open_zip, make_zip(tmp_path / "a.qdpx", {name: b"x"}))
    assert "its path leaves the zip" in text
    assert "a.qdpx" in text


def test_a_link_in_a_zip_is_refused(tmp_path):
    path = tmp_path / "a.qdpx"
    with zipfile.ZipFile(path, "w") as archive:
        info = zipfile.ZipInfo("sources/link.txt")
        info.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(info, "/etc/passwd")
    assert "sources/link.txt: is a link" in message(safe.open_zip, path)


def test_a_zip_bomb_is_refused_before_it_is_unpacked(tmp_path):
    path = make_zip(tmp_path / "bomb.qdpx", {"project.qde": bytes(20_000_000)})
    assert path.stat().st_size < 30_000
    assert "times its size, more than the 200 allowed" in message(safe.open_zip, path)


def test_ten_declared_gigabytes_are_refused_although_the_file_is_small(tmp_path):
    path = make_zip(tmp_path / "huge.qdpx", {f"sources/{i}.txt": b"abc" for i in range(3)}, zipfile.ZIP_STORED)
    content = bytearray(path.read_bytes())
    at = content.find(b"PK\x01\x02")
    while at >= 0:
        struct.pack_into("<I", content, at + 24, 0xF0000000)
        at = content.find(b"PK\x01\x02", at + 4)
    path.write_bytes(content)
    assert "more than the 2 GiB allowed" in message(safe.open_zip, path)


def test_a_member_larger_than_declared_is_refused(tmp_path):
    path = make_zip(tmp_path / "liar.qdpx", {"project.qde": b"abc" * 1000})
    content = bytearray(path.read_bytes())
    struct.pack_into("<I", content, content.find(b"PK\x01\x02") + 24, 10)
    path.write_bytes(content)
    with safe.open_zip(path) as archive:
        assert "project.qde: this member is damaged" in message(archive.read, "project.qde")


def test_a_member_twice_is_refused(tmp_path):
    path = tmp_path / "a.qdpx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("project.qde", "a")
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("project.qde", "b")
    assert "project.qde: stands 2 times in the zip" in message(safe.open_zip, path)


def test_a_zip_cut_in_half_says_so(tmp_path):
    path = make_zip(tmp_path / "a.qdpx", {"project.qde": b"abc" * 1000})
    path.write_bytes(path.read_bytes()[:40])
    assert "cut short or damaged" in message(safe.open_zip, path)


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"%PDF-1.7 ...", "a PDF"),
        (b"<!DOCTYPE html><html></html>", "a web page"),
        (b"SQLite format 3\x00....", "an SQLite database"),
        (b"a,b\n1,2\n", "a text file"),
    ],
)
def test_a_file_of_another_type_is_named(tmp_path, content, kind):
    path = tmp_path / "a.qdpx"
    path.write_bytes(content)
    assert f"but this is {kind}" in message(safe.open_zip, path)


def test_an_empty_and_a_missing_file_are_two_different_messages(tmp_path):
    (tmp_path / "empty.qdpx").touch()
    assert "the file is empty" in message(safe.open_zip, tmp_path / "empty.qdpx")
    assert "there is no such file" in message(safe.open_zip, tmp_path / "gone.qdpx")


LAUGHS = (
    '<?xml version="1.0"?><!-- c --><!DOCTYPE lolz [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><P>&b;</P>'
)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_entity_expansion_is_refused(encoding):
    data = LAUGHS.replace("?>", f' encoding="{encoding}"?>', 1).encode(encoding)
    assert "document type declaration" in message(safe.parse_xml, data, "project.qde")


def test_an_external_entity_is_never_opened(tmp_path):
    (tmp_path / "secret").write_text("secret")
    data = f'<!DOCTYPE a [<!ENTITY x SYSTEM "file://{tmp_path}/secret">]><a>&x;</a>'.encode()
    assert "secret" not in message(safe.parse_xml, data, "a.xml").replace(str(tmp_path), "")


def test_a_doctype_inside_a_text_is_no_declaration():
    root = safe.parse_xml(b"<a><![CDATA[<!DOCTYPE html>]]></a>", "a.xml")
    assert root.text == "<!DOCTYPE html>"


def test_broken_xml_names_line_and_column():
    assert "a.xml: project.qde, line 2, column" in message(
        safe.parse_xml, b"<a>\n<b></a>", "a.xml", place="project.qde"
    )


def test_encodings_are_recognized_and_reported():
    assert safe.decode("é".encode(), "f").encoding == "utf-8"
    assert safe.decode("é".encode("utf-8-sig"), "f") == ("é", "utf-8", [])
    assert safe.decode("é".encode("utf-16"), "f")[:2] == ("é", "utf-16")
    text, encoding, warnings = safe.decode("a\nJosé".encode("latin-1"), "f")
    assert (text, encoding) == ("a\nJosé", "cp1252")
    assert "line 2" in warnings[0]


def test_bytes_of_no_encoding_and_lost_characters_name_the_line():
    assert "f: line 2: is not text in UTF-8 or cp1252" in message(safe.decode, b"a\n\x81\x8d", "f")
    assert "f: line 3: the text holds U+FFFD" in message(safe.decode, "a\nb\n\ufffd".encode(), "f")
    assert "the text holds NUL" in message(safe.decode, b"a\x00b", "f")


def test_names_lose_what_hides_or_reorders_and_keep_markup():
    assert safe.clean_name("Trust\u202ecod.exe\x00 ") == ("Trustcod.exe", True)
    assert safe.clean_name("<script>alert(1)</script>") == ("<script>alert(1)</script>", False)
    assert safe.clean_name("Debt\u00a0 bondage") == ("Debt bondage", False)


def test_texts_keep_their_length_when_overrides_are_defused():
    assert safe.clean_text("a\u202eb\x00c\u200f\n") == ("a\ufffdb\ufffdc\u200f\n", 2)


def write(tmp_path: Path, text: str | bytes) -> Path:
    path = tmp_path / "table.csv"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_csv_of_any_delimiter_and_line_end_is_read_as_text(tmp_path, delimiter, end):
    path = write(
        tmp_path, end.join([f'id{delimiter}"a b"', f'1{delimiter}"x{delimiter}y""z"', "", f"2{delimiter}=1+1"])
    )
    table = safe.read_csv_rows(path)
    assert table.header == ["id", "a b"]
    assert table.rows == [["1", f'x{delimiter}y"z'], ["2", "=1+1"]]
    assert (table.delimiter, table.place(1, "a b")) == (delimiter, "row 4, column a b")


def test_rows_with_too_few_and_too_many_cells_are_all_named(tmp_path):
    text = message(safe.read_csv_rows, write(tmp_path, "a,b\n1\n1,2\n1,2,3\n"))
    assert "row 2: has 1 cells, the header has 2" in text
    assert "row 4: has 3 cells, the header has 2" in text


def test_an_unclosed_quote_names_the_row_where_it_began(tmp_path):
    assert "row 3 (line 4)" in message(safe.read_csv_rows, write(tmp_path, 'a,b\n1,"x\ny"\n2,"open\n3,x\n4,y\n'))
    assert "row 2" in message(safe.read_csv_rows, write(tmp_path, 'a,b\n2,"open\n3,"x"\n'))


def test_a_repeated_header_is_an_error_unless_allowed(tmp_path):
    path = write(tmp_path, "a,b\n1,2\na,b\n")
    assert "row 3: repeats the header" in message(safe.read_csv_rows, path)
    assert safe.read_csv_rows(path, repeated_header=True).rows[1] == ["a", "b"]


def test_a_header_that_ends_in_an_empty_cell_may_have_shorter_rows(tmp_path):
    assert safe.read_csv_rows(write(tmp_path, "V1,V2,\n1,2\n3,4,\n")).rows == [["1", "2", ""], ["3", "4", ""]]


def test_a_web_page_called_csv_is_refused(tmp_path):
    assert "this is a web page" in message(safe.read_csv_rows, write(tmp_path, "<html><body>Log in</body></html>"))
