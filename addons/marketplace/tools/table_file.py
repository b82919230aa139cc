"""Reads a table that a person uploads: CSV in the encodings and dialects that spreadsheets write,
or XLSX. Every cell comes out as clean text; whatever cannot be read is said in plain words."""

import csv
import io
import re
import unicodedata
import zipfile
from datetime import date, datetime, time

from odoo.exceptions import UserError

MAX_BYTES = 20 * 2**20
# What a workbook may unpack to; a small file can hold gigabytes of zeros.
MAX_UNPACKED = 300 * 2**20
MAX_ROWS = 100_000
MAX_COLUMNS = 200
MAX_CELL = 10_000

_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_OLD_OFFICE = b"\xd0\xcf\x11\xe0"
_ZIP = b"PK\x03\x04"
# From here on a spreadsheet keeps 15 digits only, and a number has lost its end.
_EXACT_NUMBER = 1e15
_ARABIC_WORD = re.compile("[\u0621-\u064a]{2}")
# Marks that are pasted along with ids and cannot be seen.
_INVISIBLE = dict.fromkeys(
    [0, 0xAD, 0xFEFF, *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2066, 0x206A)]
)


def read_table(env, content, encoding=None):
    """The rows of an uploaded file.

    :param bytes content: the file.
    :param encoding: of a CSV file; ``None`` finds out by itself.
    :return: [(row number as a spreadsheet counts, [cell text, …]), …], empty rows left out.
    :raise UserError: too big, damaged, another kind of file, or too many rows.
    """
    if not content:
        raise UserError(env._("The file is empty."))
    if len(content) > MAX_BYTES:
        raise UserError(
            env._(
                "The file has %(size)s MB, %(most)s MB are the most. Divide it into several files.",
                size=round(len(content) / 2**20, 1),
                most=MAX_BYTES // 2**20,
            )
        )
    if content.startswith(_OLD_OFFICE):
        raise UserError(
            env._(
                "This is an old Excel file (.xls), or one with a password. "
                "Save it as .xlsx or CSV without a password."
            )
        )
    rows = (
        _xlsx_rows(env, content)
        if content.startswith(_ZIP)
        else _csv_rows(env, _text(env, content, encoding))
    )
    return _collect(env, rows)


def clean(text):
    """Text without what cannot be seen: control characters, direction marks, odd spaces."""
    text = text.translate(_INVISIBLE)
    text = "".join(
        " " if unicodedata.category(char) in ("Zs", "Cc", "Zl", "Zp") else char for char in text
    )
    return " ".join(text.split())


def ascii_digits(text):
    """Digits of any script (٣, ۳) as 0 to 9."""
    return "".join(
        str(unicodedata.decimal(char)) if char.isdecimal() and not char.isascii() else char
        for char in text
    )


def _collect(env, rows):
    table = []
    for number, raw in rows:
        cells = [clean(cell[:MAX_CELL]) for cell in raw[:MAX_COLUMNS]]
        while cells and not cells[-1]:
            cells.pop()
        if not cells:
            continue
        if len(table) > MAX_ROWS:
            raise UserError(
                env._(
                    "The file has more than %s rows. Divide it into several files.",
                    f"{MAX_ROWS:,}",
                )
            )
        table.append((number, cells))
    if not table:
        raise UserError(env._("The file has no rows."))
    return table


# === CSV === #


def _text(env, content, encoding):
    neither = env._("The file is neither CSV nor XLSX. Save it as .xlsx or CSV.")
    try:
        text = content.decode(encoding or _guess_encoding(content))
    except (UnicodeDecodeError, LookupError) as exc:
        if not encoding:
            raise UserError(neither) from exc
        raise UserError(
            env._("The file is not a text in the encoding %s. Choose another one.", encoding)
        ) from exc
    # Wherever a text has so many control characters it is a picture, a PDF or a program.
    strange = sum(text[:4096].count(char) for char in map(chr, [*range(9), *range(14, 32)]))
    if text.startswith("%PDF") or strange > 8:
        raise UserError(neither)
    return text.removeprefix("\ufeff").replace("\0", "")


def _guess_encoding(content):
    if content.startswith(b"\xef\xbb\xbf"):
        return "utf-8-sig"
    if content.startswith(_UTF16):
        return "utf-16"
    sample = content[:2000]
    if sample[1::2].count(0) > len(sample) // 4:
        return "utf-16-le"
    if sample[0::2].count(0) > len(sample) // 4:
        return "utf-16-be"
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        # Both code pages know é and ü at the same places; whole words tell which it is.
        arabic = content.decode("cp1256", errors="replace")
        return "cp1256" if _ARABIC_WORD.search(arabic) else "cp1252"
    return "utf-8"


def _csv_rows(env, text):
    delimiter, skipped = _delimiter(text)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    number = 0
    try:
        for number, cells in enumerate(reader, 1):
            if number > skipped:
                yield number, cells
    except csv.Error as exc:
        raise UserError(
            env._(
                "Row %(row)s cannot be read: a quotation mark is not closed, or stands in the "
                "wrong place. (%(error)s)",
                row=number + 1,
                error=str(exc),
            )
        ) from exc


def _delimiter(text):
    """The character between cells and how many rows say nothing but that."""
    for index, line in enumerate(io.StringIO(text)):
        if index == 0 and re.fullmatch(r"sep=.\s*", line):
            return line[4], 1
        if line.strip():
            outside = "".join(line.split('"')[::2])
            return max(",;\t|", key=outside.count) if outside.strip() else ",", 0
    return ",", 0


# === XLSX === #


def _xlsx_rows(env, content):
    import openpyxl  # slow to import, and needed here alone

    damaged = env._("The Excel file is damaged, or is not an Excel file. Save it again as .xlsx.")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            if "xl/workbook.xml" not in packed.namelist():
                raise UserError(env._("The file is neither CSV nor XLSX. Save it as .xlsx or CSV."))
            if sum(part.file_size for part in packed.infolist()) > MAX_UNPACKED:
                raise UserError(env._("The Excel file is too big. Save the sheet as CSV."))
        workbook = openpyxl.load_workbook(
            io.BytesIO(content), read_only=True, data_only=True, keep_links=False
        )
        try:
            yield from _sheet_rows(workbook)
        finally:
            workbook.close()
    except UserError:
        raise
    except Exception as exc:  # openpyxl raises whatever its parsers raise
        raise UserError(damaged) from exc


def _sheet_rows(workbook):
    """Rows of the first visible sheet that has something."""
    for sheet in workbook.worksheets:
        if sheet.sheet_state != "visible":
            continue
        # A wrong dimension, as some programs write, would hide rows.
        sheet.reset_dimensions()
        seen = False
        for number, cells in enumerate(sheet.iter_rows(max_col=MAX_COLUMNS, values_only=True), 1):
            texts = [_cell_text(cell) for cell in cells]
            seen = seen or any(texts)
            yield number, texts
        if seen:
            return


def _cell_text(value):
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        if abs(value) >= _EXACT_NUMBER:
            return f"{value:.14E}"
        return str(int(value)) if value == int(value) else repr(value)
    if isinstance(value, (datetime, date, time)):
        return value.isoformat()
    return str(value)
