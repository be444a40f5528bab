"""PDF files to draw: sound ones of several pages, and hostile ones that pass the check of their outside."""

import zlib


def assemble(objects: dict[int, bytes], root: int = 1, trailer: bytes = b"") -> bytes:
    """A file of these objects, with a correct table of references."""
    made, offsets = b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n", {}
    for number, body in sorted(objects.items()):
        offsets[number] = len(made)
        made += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table, size = len(made), max(objects) + 1
    made += b"xref\n0 %d\n0000000000 65535 f \n" % size
    for number in range(1, size):
        made += b"%010d 00000 n \n" % offsets[number] if number in offsets else b"0000000000 00000 f \n"
    made += b"trailer\n<</Size %d/Root %d 0 R%s>>\n" % (size, root, trailer)
    return made + b"startxref\n%d\n%%%%EOF\n" % table


def stream(content: bytes, more: bytes = b"") -> bytes:
    return b"<</Length %d%s>>\nstream\n%s\nendstream" % (len(content), more, content)


def pages(*texts: str, box: str = "0 0 595 842") -> bytes:
    """One page for each text."""
    objects, kids = {3: b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"}, []
    for n, text in enumerate(texts):
        page, body = 4 + 2 * n, 5 + 2 * n
        kids.append(b"%d 0 R" % page)
        objects[page] = b"<</Type/Page/Parent 2 0 R/MediaBox[%s]/Contents %d 0 R/Resources<</Font<</F1 3 0 R>>>>>>" % (
            box.encode(),
            body,
        )
        objects[body] = stream(f"BT /F1 24 Tf 72 720 Td ({text}) Tj ET".encode("latin-1", "replace"))
    objects[1] = b"<</Type/Catalog/Pages 2 0 R>>"
    objects[2] = b"<</Type/Pages/Kids[%s]/Count %d>>" % (b" ".join(kids), len(texts))
    return assemble(objects)


def many(count: int) -> bytes:
    """The same page, so many times."""
    return assemble(
        {
            1: b"<</Type/Catalog/Pages 2 0 R>>",
            2: b"<</Type/Pages/Kids[%s]/Count %d>>" % (b" ".join(b"%d 0 R" % (4 + n) for n in range(count)), count),
            3: stream(b"0 0 m"),
            **{4 + n: b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Contents 3 0 R>>" for n in range(count)},
        }
    )


def with_body(body: bytes, more: dict[int, bytes] | None = None, resources: bytes = b"") -> bytes:
    """One page that draws this."""
    packed = zlib.compress(body, 9)
    return assemble(
        {
            1: b"<</Type/Catalog/Pages 2 0 R>>",
            2: b"<</Type/Pages/Kids[4 0 R]/Count 1>>",
            4: b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 5 0 R/Resources<<%s>>>>" % resources,
            5: stream(packed, b"/Filter/FlateDecode"),
            **(more or {}),
        }
    )


def endless() -> bytes:
    """A shade of which every point is worked out by twenty thousand steps of arithmetic."""
    steps = b"{ pop " + b"dup mul sqrt " * 20_000 + b"dup dup }"
    more = {
        10: b"<</ShadingType 1/ColorSpace/DeviceRGB/Domain[0 1 0 1]/Matrix[595 0 0 842 0 0]/Function 11 0 R>>",
        11: stream(steps, b"/FunctionType 4/Domain[0 1 0 1]/Range[0 1 0 1 0 1]"),
    }
    return with_body(b"/S sh", more, b"/Shading<</S 10 0 R>>")


def bomb() -> bytes:
    """A page whose content unpacks to 1.2 GB."""
    packer = zlib.compressobj(9)
    inner = b"".join([*(packer.compress(b"0 0 m " * 200_000) for _ in range(1_000)), packer.flush()])
    return assemble(
        {
            1: b"<</Type/Catalog/Pages 2 0 R>>",
            2: b"<</Type/Pages/Kids[4 0 R]/Count 1>>",
            4: b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 5 0 R>>",
            5: stream(inner, b"/Filter/FlateDecode"),
        }
    )
