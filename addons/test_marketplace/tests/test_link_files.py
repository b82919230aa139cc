"""Files that people really upload: encodings, dialects, spoilt cells, damaged workbooks."""

import io
import zipfile
from datetime import datetime
from decimal import Decimal

import openpyxl

from odoo.exceptions import UserError
from odoo.tests import TransactionCase, tagged

from odoo.addons.marketplace.tools import table_file
from odoo.addons.marketplace.tools.link_columns import (
    PRODUCT_COLUMNS,
    CellError,
    header_key,
    id_text,
    loose_key,
    number,
    read_header,
    spoilt_by_spreadsheet,
    truth,
)

from marketplace_adapters.testing import covers

HEADER_AND_ROW = "sku,name\r\nTEA-1,شاي أخضر\r\n"
EXPECTED = [(1, ["sku", "name"]), (2, ["TEA-1", "شاي أخضر"])]


def workbook(*rows, **cells):
    """An XLSX file with these rows on its first sheet."""
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    for place, value in cells.items():
        book.active[place] = value
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


@tagged("post_install", "-at_install")
class TestLinkFiles(TransactionCase):
    def table(self, content, encoding=None):
        return table_file.read_table(self.env, content, encoding)

    def refuses(self, content, words, encoding=None):
        with self.assertRaises(UserError) as caught:
            self.table(content, encoding)
        self.assertIn(words, str(caught.exception))

    @covers("R299", "R304")
    def test_every_encoding_of_spreadsheets_gives_the_same_rows(self):
        for encoding in ("utf-8", "utf-8-sig", "utf-16", "cp1256"):
            with self.subTest(encoding=encoding):
                self.assertEqual(self.table(HEADER_AND_ROW.encode(encoding)), EXPECTED)
        for encoding in ("utf-16-le", "utf-16-be"):  # without a mark
            with self.subTest(encoding=encoding):
                text = HEADER_AND_ROW.replace("شاي أخضر", "tea")
                self.assertEqual(self.table(text.encode(encoding))[1], (2, ["TEA-1", "tea"]))

    def test_western_and_arabic_code_pages_are_told_apart(self):
        self.assertEqual(
            self.table("sku,name\nA,Müller Café\n".encode("cp1252"))[1], (2, ["A", "Müller Café"])
        )
        self.assertEqual(self.table("sku\nقهوة\n".encode("cp1256"))[1], (2, ["قهوة"]))

    def test_a_chosen_encoding_is_believed_or_refused(self):
        self.assertEqual(self.table("é".encode("cp1252"), "cp1252"), [(1, ["é"])])
        self.refuses("é".encode("cp1252"), "utf-8", "utf-8")

    def test_separators_quotes_and_the_separator_line_of_excel(self):
        for separator in ",;\t|":
            with self.subTest(separator=separator):
                text = f'a{separator}"b{separator} ""x"""\n1{separator}"two\nlines"\n'
                self.assertEqual(
                    self.table(text.encode()),
                    [(1, ["a", " ".join(f'b{separator} "x"'.split())]), (2, ["1", "two lines"])],
                )
        self.assertEqual(self.table(b"sep=;\na;b\n1;2\n"), [(2, ["a", "b"]), (3, ["1", "2"])])

    def test_row_numbers_are_those_of_the_spreadsheet_and_empty_rows_are_left_out(self):
        self.assertEqual(self.table(b"\n\nsku\n\n , \nTEA\n,,\n"), [(3, ["sku"]), (6, ["TEA"])])

    def test_what_cannot_be_seen_is_dropped(self):
        text = "sku\n\u200f\u202aTEA\u202c\u00a01\u200b \x07\n"
        self.assertEqual(self.table(text.encode())[1], (2, ["TEA 1"]))
        self.assertEqual(self.table(b"sku\nT\0EA\n")[1], (2, ["TEA"]))

    def test_a_workbook_reads_numbers_as_people_see_them(self):
        content = workbook(
            ["sku", "id", "n", "yes", "when", "empty"],
            ["0012", 123.0, 1.5, True, datetime(2025, 1, 2), None],
            [],
            ["x", 1234567890123456, -3, False, "", ""],
        )
        self.assertEqual(
            self.table(content),
            [
                (1, ["sku", "id", "n", "yes", "when", "empty"]),
                (2, ["0012", "123", "1.5", "true", "2025-01-02T00:00:00"]),
                (4, ["x", "1.23456789012346E+15", "-3", "false"]),
            ],
        )

    def test_the_first_visible_sheet_with_something_is_read(self):
        book = openpyxl.Workbook()
        hidden = book.active
        hidden.append(["hidden"])
        hidden.sheet_state = "hidden"
        book.create_sheet("Empty")
        book.create_sheet("Data").append(["sku"])
        stream = io.BytesIO()
        book.save(stream)
        self.assertEqual(self.table(stream.getvalue()), [(1, ["sku"])])

    @covers("R302")
    def test_other_files_are_refused_in_plain_words(self):
        self.refuses(b"", "The file is empty.")
        self.refuses(b"\n \n,,\n", "The file has no rows.")
        self.refuses(b"\xd0\xcf\x11\xe0" + b"x" * 99, "old Excel file")
        self.refuses(b"%PDF-1.7\n\x01\x02", "neither CSV nor XLSX")
        self.refuses(b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20, "neither CSV nor XLSX")
        self.refuses(b'sku\n"TEA\nand so on', "Row 2 cannot be read")
        self.refuses(b'sku\nA\n"B"C,1\n', "Row 3 cannot be read")

    @covers("R302")
    def test_damaged_workbooks_are_refused_in_plain_words(self):
        whole = workbook(["sku"], ["TEA"])
        self.refuses(whole[: len(whole) // 2], "damaged")
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w") as packed:
            packed.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        self.refuses(stream.getvalue(), "neither CSV nor XLSX")
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w") as packed:
            packed.writestr("xl/workbook.xml", "<not a workbook")
        self.refuses(stream.getvalue(), "damaged")

    def test_a_small_file_that_unpacks_to_gigabytes_is_not_unpacked(self):
        self.patch(table_file, "MAX_UNPACKED", 10_000)
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as packed:
            packed.writestr("xl/workbook.xml", "0" * 10_001)
        self.assertLess(len(stream.getvalue()), 500)
        self.refuses(stream.getvalue(), "too big")

    def test_too_much_is_said_with_the_limit(self):
        self.patch(table_file, "MAX_ROWS", 3)
        self.assertEqual(len(self.table(b"sku\n1\n2\n3\n")), 4)
        self.refuses(b"sku\n1\n2\n3\n4\n", "more than 3 rows")
        self.patch(table_file, "MAX_BYTES", 2**20)
        self.refuses(b"x" * (2**20 + 1), "1 MB are the most")

    # === CELLS === #

    def test_headers_are_read_however_they_are_written(self):
        for text in ("External ID", "external-id*", " EXTERNAL_ID ", "external id", "External  Id"):
            self.assertEqual(header_key(text), "external_id")
        places, ignored = read_header(
            ["Supplier Product ID", "Internal Reference", "EAN13", "الوحدة", "Colour", ""],
            PRODUCT_COLUMNS,
        )
        self.assertEqual(places, {"external_id": 0, "sku": 1, "barcode": 2, "unit": 3})
        self.assertEqual(ignored, ["Colour"])

    def test_the_better_name_wins_and_no_column_is_taken_twice(self):
        places, ignored = read_header(["id", "product_id", "code", "sku"], PRODUCT_COLUMNS)
        self.assertEqual(places, {"internal_id": 1, "sku": 3})
        self.assertEqual(ignored, ["id", "code"])

    def test_ids_lose_what_spreadsheets_add(self):
        self.assertEqual(id_text("123.0"), "123")
        self.assertEqual(id_text("٠١٢٣.00"), "0123")
        self.assertEqual(id_text("۱۲۳"), "123")
        self.assertEqual(id_text("1.05"), "1.05")
        self.assertEqual(id_text("904#2"), "904#2")
        self.assertEqual(loose_key(" ００Tea 1 "), "tea1")
        self.assertEqual(loose_key("000"), "")
        self.assertEqual(
            [
                spoilt_by_spreadsheet(text)
                for text in ("1.23457E+12", "6,22123E+12", "1E+5", "TEA1E", "12345")
            ],
            [True, True, True, False, False],
        )

    def test_numbers_are_read_or_refused_never_guessed(self):
        for text, value in (
            ("", None),
            ("0", 0),
            ("12", 12),
            ("1.5", "1.5"),
            ("1,5", "1.5"),
            ("٣٫٥", "3.5"),
            ("1,234.5", "1234.5"),
            ("1e3", 1000),
        ):
            with self.subTest(text=text):
                expected = None if value is None else Decimal(value)
                self.assertEqual(number(self.env, text, "n"), expected)
        for text in ("x", "-1", "NaN", "inf", "1,234", "1.2.3", "1e999", "--"):
            with self.subTest(text=text), self.assertRaises(CellError):
                number(self.env, text, "n")

    def test_yes_and_no_in_two_languages(self):
        self.assertEqual(
            [truth(self.env, text, "t") for text in ("", "Yes", "نعم", "١", "FALSE", "لا", "0")],
            [None, True, True, True, False, False, False],
        )
        with self.assertRaises(CellError):
            truth(self.env, "perhaps", "t")
