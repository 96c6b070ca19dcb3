"""Small document files, built by hand so that each test knows every byte of them."""

import io
import struct
import zipfile
import zlib

from malmoi.corpus.sources.files import read
from malmoi.corpus.sources.input import Input
from malmoi.corpus.sources.raw import Raw, Unreadable
from malmoi.corpus.sources.web_page import to_documents

STORY = (
    "강변 산책로를 따라 걷다 보면 오래된 나루터 자리가 나온다. 지금은 표지석 하나만 남았지만 예전에는 소금과 쌀을 실은 "
    "배가 이곳에 닿았다고 한다. 마을 어른들은 물이 불어나면 배를 뒷산 아래까지 끌어 올렸던 일을 아직도 기억한다. "
    "다리가 놓인 뒤로 뱃사공은 모두 다른 일을 찾아 떠났다."
)


def documents(folder, name, content, **settings):
    """What a file gives: documents, and an Unreadable for each thing that was not read."""
    path = folder / name
    path.write_bytes(content)
    source = Input(path, **settings)
    found = []
    for item in read(source):
        made = to_documents(item, source) if isinstance(item, Raw) else item
        found += [made] if isinstance(made, Unreadable) else made
    return found


def text_of(folder, name, content, **settings):
    found = documents(folder, name, content, **settings)
    assert [type(one) for one in found] == [dict], found
    return found[0]["text"]


def reasons(found):
    return [(one.reason, one.detail) for one in found if isinstance(one, Unreadable)]


SECTOR = 512
END, FREE, FAT = 0xFFFFFFFE, 0xFFFFFFFF, 0xFFFFFFFD


def package(members, first=None):
    """A zip file. members: name to content. first: a member that stands uncompressed at the head (EPUB, HWPX)."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, content in {**(first or {}), **members}.items():
            method = zipfile.ZIP_STORED if first and name in first else zipfile.ZIP_DEFLATED
            archive.writestr(name, content, method)
    return buffer.getvalue()


def pdf(pages, objects=()):
    """A PDF. pages: of each page its lines as (text, x, y, size); y grows upwards. Letters by a font of the reader.

    A page that is b"picture" shows a picture and no text. objects: more objects, after those of the pages.
    """
    font = b"<</Type/Font/Subtype/Type0/BaseFont/HYSMyeongJo-Medium/Encoding/UniKS-UCS2-H/DescendantFonts[4 0 R]>>"
    descendant = (
        b"<</Type/Font/Subtype/CIDFontType0/BaseFont/HYSMyeongJo-Medium/DW 1000/FontDescriptor 5 0 R"
        b"/CIDSystemInfo<</Registry(Adobe)/Ordering(Korea1)/Supplement 1>>>>"
    )
    descriptor = (
        b"<</Type/FontDescriptor/FontName/HYSMyeongJo-Medium/Flags 4/FontBBox[0 -148 1001 880]/ItalicAngle 0/Ascent 800"
        b"/Descent -200/CapHeight 700/StemV 60>>"
    )
    picture = (
        b"<</Type/XObject/Subtype/Image/Width 1/Height 1/ColorSpace/DeviceGray/BitsPerComponent 8/Length 1>>"
        b"stream\n\x80\nendstream"
    )
    bodies = [b"<</Type/Catalog/Pages 2 0 R>>", b"", font, descendant, descriptor, picture]
    kids = []
    for page in pages:
        stream = b"q 400 0 0 500 0 0 cm /I Do Q" if page == b"picture" else b"".join(_shown(*line) for line in page)
        kids.append(len(bodies) + 1)
        resources = b"<</Font<</F 3 0 R>>/XObject<</I 6 0 R>>>>"
        bodies.append(
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 420 595]/Contents %d 0 R/Resources%s>>"
            % (len(bodies) + 2, resources)
        )
        bodies.append(b"<</Length %d>>stream\n%s\nendstream" % (len(stream), stream))
    bodies[1] = b"<</Type/Pages/Count %d/Kids[%s]>>" % (len(kids), b" ".join(b"%d 0 R" % kid for kid in kids))
    bodies += objects
    return _with_table(bodies)


def _shown(text, x, y, size):
    return b"BT /F %d Tf %d %d Td <%s> Tj ET\n" % (size, x, y, text.encode("utf-16-be").hex().encode())


def _with_table(bodies):
    content, places = b"%PDF-1.5\n", []
    for number, body in enumerate(bodies, 1):
        places.append(len(content))
        content += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    start = len(content)
    content += b"xref\n0 %d\n0000000000 65535 f \n%s" % (len(bodies) + 1, table)
    return content + b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % (len(bodies) + 1, start)


def printed(text, width, pages=1, head=None, letters=True):
    """Pages of lines of `width` letters, broken between any letters, or between words; with a head and page numbers."""
    lines, line = [], ""
    for piece in text if letters else text.split(" "):
        joint = "" if letters or not line else " "
        if len(line + joint + piece) > width and line:
            lines.append(line.strip())
            line = piece
        else:
            line += joint + piece
    lines.append(line.strip())
    made, each = [], -(-len(lines) // pages)
    for number in range(pages):
        part = lines[number * each : (number + 1) * each]
        page = [(words, 40, 520 - 15 * row, 10) for row, words in enumerate(part)]
        page += [(head, 150, 570, 8)] if head else []
        made.append([*page, (f"- {number + 1} -", 200, 25, 8)])
    return made


def ole(streams):
    """An OLE compound file (MS-CFB, version 3). streams: path ("BodyText/Section0") to content, padded to a sector.

    Every stream is made longer than 4,096 bytes, so that none lies in the small sectors.
    """
    names = sorted({part for path in streams for part in _folders(path)} | set(streams))
    entries = [_Entry("Root Entry", 5, names)]
    entries += [_Entry(name, 2 if name in streams else 1, names) for name in names]
    numbers = {name: number for number, name in enumerate(names, 1)}
    body, table, starts = b"", [], {}
    for name, content in streams.items():
        padded = content + bytes(max(0, 4096 - len(content)))
        padded += bytes(-len(padded) % SECTOR)
        starts[name] = (len(table), len(padded))
        count = len(padded) // SECTOR
        table += [len(table) + 1 + k for k in range(count - 1)] + [END]
        body += padded
    directory = b"".join(entry.packed(numbers, starts) for entry in entries)
    directory += bytes(-len(directory) % SECTOR)
    first_directory, count = len(table), len(directory) // SECTOR
    table += [len(table) + 1 + k for k in range(count - 1)] + [END]
    fat_sectors = -(-(len(table) + 4) // 128)
    first_fat = len(table)
    table += [FAT] * fat_sectors
    table += [FREE] * (fat_sectors * 128 - len(table))
    header = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(16) + struct.pack("<HHHHH6x", 0x3E, 3, 0xFFFE, 9, 6)
    header += struct.pack("<IIIIIIIII", 0, fat_sectors, first_directory, 0, 4096, END, 0, END, 0)
    places = [first_fat + k for k in range(fat_sectors)]
    header += struct.pack("<109I", *places, *[FREE] * (109 - len(places)))
    return header + body + directory + struct.pack(f"<{len(table)}I", *table)


def _folders(path):
    parts = path.split("/")
    return ["/".join(parts[:k]) for k in range(1, len(parts))]


class _Entry:
    """One entry of the directory; its children stand in a chain to the right, which readers accept as a tree."""

    def __init__(self, path, kind, names):
        self.path, self.kind = path, kind
        prefix = "" if kind == 5 else path + "/"
        below = [name for name in names if name.startswith(prefix) and "/" not in name[len(prefix) :]]
        self.children = [] if kind == 2 else sorted(below, key=lambda name: (len(name), name.upper()))
        above = path.rpartition("/")[0]
        beside = [name for name in names if name.rpartition("/")[0] == above]
        self.siblings = sorted(beside, key=lambda name: (len(name), name.upper()))

    def packed(self, numbers, starts):
        name = self.path.rpartition("/")[2].encode("utf-16-le") + b"\0\0"
        at = self.siblings.index(self.path) + 1 if self.kind != 5 else len(self.siblings)
        right = numbers[self.siblings[at]] if self.kind != 5 and at < len(self.siblings) else FREE
        child = numbers[self.children[0]] if self.children else FREE
        start, size = starts.get(self.path, (END if self.kind == 5 else 0, 0))
        head = name.ljust(64, b"\0") + struct.pack("<HBBIII", len(name), self.kind, 1, FREE, right, child)
        return head + bytes(36) + struct.pack("<IQ", start, size)


def hwp_record(tag, level, content):
    """A record of HWP 5."""
    size = min(len(content), 0xFFF)
    head = struct.pack("<I", tag | level << 10 | size << 20)
    return head + (struct.pack("<I", len(content)) if size == 0xFFF else b"") + content


def hwp_paragraph(text, level=0, below=b""):
    """A paragraph with the records that stand below it. text: str, or units as bytes."""
    content = text if isinstance(text, bytes) else text.encode("utf-16-le") + b"\r\0"
    return hwp_record(66, level, bytes(24)) + hwp_record(67, level + 1, content) + below


def hwp_table(rows, level=1):
    """A table: the records below its paragraph."""
    records = hwp_record(71, level, b"tbl "[::-1] + bytes(40)) + hwp_record(77, level + 1, bytes(30))
    for number, row in enumerate(rows):
        for column, cell in enumerate(row):
            head = struct.pack("<HHIHHHH", 1, 0, 0, column, number, 1, 1) + bytes(30)
            records += hwp_record(72, level + 1, head) + hwp_paragraph(cell, level + 1)
    return records


def hwp_object(code, name):
    """The eight units that stand for an object in a paragraph."""
    return struct.pack("<H", code) + name.encode()[::-1] + bytes(8) + struct.pack("<H", code)


def hwp(section, flags=1, preview="미리 보기의 글", **streams):
    """A document of HWP 5 with one section. flags: bit 0 compressed, 1 password, 2 distribution."""
    deflate = zlib.compressobj(wbits=-15)
    packed = deflate.compress(section) + deflate.flush() if flags & 1 else section
    header = b"HWP Document File".ljust(32, b"\0") + struct.pack("<II", 0x05000500, flags) + bytes(216)
    all_streams = {"FileHeader": header, "BodyText/Section0": packed, **streams}
    if preview:
        all_streams["PrvText"] = preview.encode("utf-16-le")
    return ole({name: content for name, content in all_streams.items() if content is not None})


HP = 'xmlns:hp="http://www.hancom.co.kr/hwpml/2011/paragraph" xmlns:hs="http://www.hancom.co.kr/hwpml/2011/section"'


def hwpx(*sections, **members):
    """A document of HWPX. sections: the XML inside each section."""
    parts = {f"Contents/section{n}.xml": f"<hs:sec {HP}>{section}</hs:sec>" for n, section in enumerate(sections)}
    items = "".join(f'<opf:item id="s{n}" href="{name}" media-type="application/xml"/>' for n, name in enumerate(parts))
    spine = "".join(f'<opf:itemref idref="s{n}"/>' for n in range(len(parts)))
    outline = (
        '<opf:package xmlns:opf="http://www.idpf.org/2007/opf/"><opf:metadata><opf:title>나루터 안내</opf:title>'
        '<opf:meta name="creator" content="text">강나래</opf:meta>'
        '<opf:meta name="CreatedDate" content="text">2024-03-01T09:00:00Z</opf:meta></opf:metadata>'
        f"<opf:manifest>{items}</opf:manifest><opf:spine>{spine}</opf:spine></opf:package>"
    )
    return package({"Contents/content.hpf": outline, **parts, **members}, {"mimetype": "application/hwp+zip"})


def hwpx_paragraph(text):
    """A paragraph of HWPX. text: XML inside its one run."""
    return f"<hp:p><hp:run>{text}</hp:run></hp:p>"


W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
TYPES = '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>'
CORE = (
    '<c:coreProperties xmlns:c="http://x/c" xmlns:dc="http://purl.org/dc/elements/1.1/" '
    'xmlns:t="http://purl.org/dc/terms/"><dc:title>나루터 안내</dc:title><dc:creator>강나래</dc:creator>'
    "<t:created>2024-03-01T09:00:00Z</t:created></c:coreProperties>"
)


def docx(body, **members):
    """A document of DOCX. body: the XML inside <w:body>; members: by name without the folder and ".xml"."""
    parts = {f"word/{name}.xml": content for name, content in members.items()}
    document = f"<w:document {W}><w:body>{body}</w:body></w:document>"
    return package({"[Content_Types].xml": TYPES, "docProps/core.xml": CORE, "word/document.xml": document, **parts})


def docx_paragraph(text, properties="", more=""):
    """A paragraph of DOCX with one run of text."""
    return f'<w:p><w:pPr>{properties}</w:pPr><w:r><w:t xml:space="preserve">{text}</w:t></w:r>{more}</w:p>'


R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
RELATIONS = 'xmlns="http://schemas.openxmlformats.org/package/2006/relationships"'


def xlsx(*sheets, **more):
    """A workbook. sheets: (name, rows of cells), cells being text or numbers. more: members by name."""
    names = "".join(f'<sheet name="{name}" sheetId="{n}" r:id="r{n}"/>' for n, (name, _) in enumerate(sheets, 1))
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    links = "".join(
        f'<Relationship Id="r{n}" Type="{R}/worksheet" Target="worksheets/sheet{n}.xml"/>'
        for n in range(1, len(sheets) + 1)
    )
    members = {
        "[Content_Types].xml": TYPES,
        "_rels/.rels": f'<Relationships {RELATIONS}><Relationship Id="a" Type="{R}/officeDocument" '
        'Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{R}"><sheets>{names}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f"<Relationships {RELATIONS}>{links}</Relationships>",
    }
    for number, (_, rows) in enumerate(sheets, 1):
        data = "".join(
            f'<row r="{r}">{"".join(_cell(c, r, value) for c, value in enumerate(row))}</row>'
            for r, row in enumerate(rows, 1)
        )
        members[f"xl/worksheets/sheet{number}.xml"] = (
            f'<worksheet xmlns="{main}"><sheetData>{data}</sheetData></worksheet>'
        )
    return package(members | more)


def _cell(column, row, value):
    place = f"{chr(65 + column)}{row}"
    if isinstance(value, str):
        return f'<c r="{place}" t="inlineStr"><is><t>{value}</t></is></c>'
    return f'<c r="{place}"><v>{value}</v></c>'


def pptx(*slides, **members):
    """A presentation. slides: the XML inside each <p:spTree>; shown in the order given, stored in the other."""
    p, a = (f"http://schemas.openxmlformats.org/{name}/2006/main" for name in ("presentationml", "drawingml"))
    ids = "".join(f'<p:sldId id="{255 + n}" r:id="r{n}"/>' for n in range(1, len(slides) + 1))
    links = "".join(
        f'<Relationship Id="r{n}" Type="{R}/slide" Target="slides/slide{n}.xml"/>' for n in range(1, len(slides) + 1)
    )
    parts = {
        "[Content_Types].xml": TYPES,
        "docProps/core.xml": CORE,
        "ppt/presentation.xml": f'<p:presentation xmlns:p="{p}" xmlns:r="{R}"><p:sldIdLst>{ids}</p:sldIdLst>'
        "</p:presentation>",
        "ppt/_rels/presentation.xml.rels": f"<Relationships {RELATIONS}>{links}</Relationships>",
    }
    for number, slide in reversed(list(enumerate(slides, 1))):
        parts[f"ppt/slides/slide{number}.xml"] = (
            f'<p:sld xmlns:p="{p}" xmlns:a="{a}"><p:cSld><p:spTree>{slide}</p:spTree></p:cSld></p:sld>'
        )
    return package(parts | members)


def pptx_shape(text, kind=None):
    """A shape with paragraphs, one a line of `text`; kind: of its placeholder."""
    place = f'<p:nvPr><p:ph type="{kind}"/></p:nvPr>' if kind else ""
    lines = "".join(f"<a:p><a:r><a:t>{line}</a:t></a:r></a:p>" for line in text.split("\n"))
    return f"<p:sp><p:nvSpPr>{place}</p:nvSpPr><p:txBody>{lines}</p:txBody></p:sp>"


def epub(chapters, contents=None, **members):
    """A book of EPUB 3. chapters: name to the XML of its body, in reading order. contents: name to title."""
    items = "".join(
        f'<item id="{n}" href="{name}" media-type="application/xhtml+xml"/>' for n, name in enumerate(chapters)
    )
    spine = "".join(f'<itemref idref="{n}"/>' for n in range(len(chapters)))
    links = "".join(f'<li><a href="{name}">{title}</a></li>' for name, title in (contents or {}).items())
    nav = '<item id="nav" href="nav.xhtml" properties="nav" media-type="application/xhtml+xml"/>' if contents else ""
    outline = (
        '<package xmlns="http://www.idpf.org/2007/opf"><metadata xmlns:dc="http://purl.org/dc/elements/1.1/">'
        "<dc:title>나루터의 역사</dc:title><dc:creator>강나래</dc:creator><dc:date>2024-03-01</dc:date>"
        f"<dc:language>ko</dc:language></metadata><manifest>{items}{nav}</manifest><spine>{spine}</spine></package>"
    )
    parts = {
        "META-INF/container.xml": '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
        '<rootfile full-path="OEBPS/book.opf"/></rootfiles></container>',
        "OEBPS/book.opf": outline,
        "OEBPS/nav.xhtml": f'<html xmlns="http://www.w3.org/1999/xhtml"><body><nav><ol>{links}</ol></nav></body></html>',
    }
    for name, body in reversed(chapters.items()):
        parts[f"OEBPS/{name}"] = f'<html xmlns="http://www.w3.org/1999/xhtml"><body>{body}</body></html>'
    return package(parts | members, {"mimetype": "application/epub+zip"})


def make_page(paragraphs, style):
    """A page of HTML that a browser prints with a running head and page numbers."""
    edges = '@top-center{content:"나루터 책자"}@bottom-center{content:"- " counter(page) " -"}'
    body = "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)
    return (
        f"<html lang=ko><style>@page{{size:A6;margin:18mm 12mm;{edges}}}p{{{style}}}</style><body>{body}</body></html>"
    )
