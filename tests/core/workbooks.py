"""Small workbooks as bytes: .xlsx by a writer, .ods by hand, and an encrypted one's container."""

import io
import struct
import zipfile
from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Any

import xlsxwriter

ODS = (
    '<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"'
    ' xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"'
    ' xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0">'
    "<office:body><office:spreadsheet>{}</office:spreadsheet></office:body>"
    "</office:document-content>"
)


def make_xlsx(
    sheets: dict[str, Sequence[Sequence[Any]]],
    *,
    change: Callable[[Any, dict[str, Any]], None] | None = None,
) -> bytes:
    """Write sheets of values; `change` gets the workbook and its sheets before it is closed."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out)
    written = {}
    for name, rows in sheets.items():
        sheet = written[name] = book.add_worksheet(name)
        for row, values in enumerate(rows):
            for column, value in enumerate(values):
                if isinstance(value, datetime):
                    form = book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
                    sheet.write_datetime(row, column, value, form)
                elif isinstance(value, date):
                    form = book.add_format({"num_format": "yyyy-mm-dd"})
                    sheet.write_datetime(row, column, value, form)
                elif value is not None:
                    sheet.write(row, column, value)
    if change is not None:
        change(book, written)
    book.close()
    return out.getvalue()


def make_ods(tables: str) -> bytes:
    """Write the XML of OpenDocument tables as a file."""
    out = io.BytesIO()
    kind = "application/vnd.oasis.opendocument.spreadsheet"
    with zipfile.ZipFile(out, "w") as package:
        package.writestr("mimetype", kind)
        package.writestr("content.xml", ODS.format(tables))
        package.writestr(
            "META-INF/manifest.xml",
            '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
            f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{kind}"/>'
            "</manifest:manifest>",
        )
    return out.getvalue()


def change_entry(data: bytes, name: str, change: Callable[[bytes], bytes]) -> bytes:
    """Return a package with one of its files changed."""
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(data)) as package,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as changed,
    ):
        for entry in package.infolist():
            content = package.read(entry)
            changed.writestr(entry.filename, change(content) if entry.filename == name else content)
    return out.getvalue()


def make_xls(cells: dict[tuple[int, int], str | float]) -> bytes:
    """Write one sheet of texts and numbers as BIFF8 in a compound file of 512-byte sectors."""
    name = b"Blad1"
    head = _record(0x0809, struct.pack("<HHHHII", 0x0600, 0x0005, 0, 0, 0, 0))
    length = len(head) + 4 + 8 + len(name) + 4
    book = head + _record(0x0085, struct.pack("<IHBB", length, 0, len(name), 0) + name)
    book += _record(0x000A, b"") + _record(0x0809, struct.pack("<HHHHII", 0x0600, 16, 0, 0, 0, 0))
    for (row, column), value in sorted(cells.items()):
        at = struct.pack("<HHH", row, column, 0)
        if isinstance(value, str):
            text = struct.pack("<HB", len(value), 1) + value.encode("utf-16-le")
            book += _record(0x0204, at + text)
        else:
            book += _record(0x0203, at + struct.pack("<d", value))
    book += _record(0x000A, b"")
    return make_compound("Workbook", book)


def _record(kind: int, body: bytes) -> bytes:
    return struct.pack("<HH", kind, len(body)) + body


def make_compound(name: str, stream: bytes) -> bytes:
    """Write a compound file that holds one stream."""
    stream = stream.ljust(max(4096, -(-len(stream) // 512) * 512), b"\0")
    sectors = len(stream) // 512
    chain = [0xFFFFFFFD, 0xFFFFFFFE, *range(3, sectors + 2), 0xFFFFFFFE]
    table = struct.pack("<128I", *chain, *[0xFFFFFFFF] * (128 - len(chain)))
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16)
    header += struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + bytes(6)
    header += struct.pack("<IIIIIIIII", 0, 1, 1, 0, 4096, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0)
    header += struct.pack("<109I", 0, *[0xFFFFFFFF] * 108)
    folder = _folder_entry("Root Entry", 5, 0xFFFFFFFE, 0, child=1)
    folder += _folder_entry(name, 2, 2, len(stream))
    return header + table + folder.ljust(512, b"\0") + stream


def _folder_entry(name: str, kind: int, start: int, size: int, child: int = 0xFFFFFFFF) -> bytes:
    text = name.encode("utf-16-le") + b"\0\0"
    entry = text.ljust(64, b"\0") + struct.pack("<HBB", len(text), kind, 1)
    entry += struct.pack("<III", 0xFFFFFFFF, 0xFFFFFFFF, child) + bytes(36)
    return entry + struct.pack("<IQ", start, size)
