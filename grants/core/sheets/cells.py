"""A row of a sheet as XML, in one piece.

openpyxl's streamed `append` binds each cell's value again, opens three elements for it and looks its style up: two
thirds of the time of a large workbook. Here a row is one string that lxml parses and writes in C; what a cell holds and
how it looks are still openpyxl's.
"""

from collections.abc import Sequence
from typing import Any
from xml.sax.saxutils import escape

from lxml.etree import fromstring
from openpyxl.comments.comment_sheet import CommentRecord
from openpyxl.compat import safe_string
from openpyxl.utils import get_column_letter
from openpyxl.utils.datetime import to_excel


class Rows:
    """Takes the place of openpyxl's way of writing the rows of this write-only sheet; its head is written at once.

    `styles` holds the style of each reused cell by its identity, as the workbook numbers it.
    """

    def __init__(self, sheet: Any, columns: int) -> None:
        self.sheet, self.styles = sheet, dict[int, int]()
        self._letters = [str(get_column_letter(number)) for number in range(1, columns + 1)]
        sheet._get_writer()
        sheet._values_to_row = lambda cells, number: cells
        sheet._writer.write_row = self.write

    def write(self, xf: Any, cells: Sequence[Any], number: int) -> None:
        row = "".join(self._cell(cell, at, number) for at, cell in enumerate(cells) if cell is not None)
        xf.write(fromstring(f'<row r="{number}">{row}</row>'))

    def _cell(self, cell: Any, at: int, number: int) -> str:
        style = self.styles.get(id(cell))
        if style is None:  # one of its own: a heading, or one with a comment
            style = cell.style_id
            if cell.comment is not None:
                cell.row, cell.column = number, at + 1
                self.sheet._comments.append(CommentRecord.from_cell(cell))
        value, kind = cell._value, cell.data_type
        place = f'<c r="{self._letters[at]}{number}" s="{style}"'
        if value is None or value == "":
            return f"{place}/>"
        if kind == "s":
            space = ' xml:space="preserve"' if value != value.strip() else ""
            return f'{place} t="inlineStr"><is><t{space}>{escape(value)}</t></is></c>'
        if kind == "f":
            return f"{place}><f>{escape(value[1:])}</f><v/></c>"
        number_of = to_excel(value) if kind == "d" else value  # type: ignore[no-untyped-call]
        return f'{place} t="n"><v>{safe_string(number_of)}</v></c>'
