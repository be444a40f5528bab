"""What an answer holds, whatever it is."""

from io import BytesIO
from zipfile import ZipFile


def everything(content: bytes) -> str:
    """Its text: of a workbook, that of all its parts."""
    if content[:2] != b"PK":
        return content.decode("utf-8", "ignore")
    with ZipFile(BytesIO(content)) as book:
        return " ".join(book.read(one).decode("utf-8", "ignore") for one in book.namelist())
