"""Bad document files, mails, zip archives, feeds, chats and nested rows: each well-formed but for one thing."""

# ruff: noqa: E501 (one kind a line: a table is read by its names)
import io
import json
import runpy
import struct
import zipfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from bad_files import NOISE, TEXT, _served, _warc
from bad_inputs import LIMIT, Kind, kind

MAKE = runpy.run_path(str(Path(__file__).parent / "sources" / "document_files" / "made_documents.py"))
PARAGRAPH = MAKE["docx_paragraph"]
WORDS = "봄비가 내린 뒤 마을 사람들은 무너진 둑을 다시 쌓았다. 물은 사흘 만에 빠졌고 논에는 다시 모를 냈다."


def changed(content: bytes, **members) -> bytes:
    """A package with members replaced or added; None takes one away. In names "__" stands for a slash."""
    wanted = {name.replace("__", "/"): value for name, value in members.items()}
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        kept = {name: archive.read(name) for name in archive.namelist() if name not in wanted}
    return MAKE["package"]({**kept, **{name: value for name, value in wanted.items() if value is not None}})


def _docx(body: str = PARAGRAPH(WORDS), **more) -> bytes:
    return changed(MAKE["docx"](body), **more) if more else MAKE["docx"](body)


def _main(xml: str | bytes) -> bytes:
    return _docx(**{"word__document.xml": xml})


W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
DOCX = {
    "without its document": (_docx(**{"word__document.xml": None}), "unsupported_format", 0),
    "whose document is cut": (_main(f"<w:document {W}><w:body><w:p><w:r><w:t>{WORDS}"), "malformed_document", 0),
    "of two roots": (_main(f"<w:document {W}/><w:document {W}/>"), "malformed_document", 0),
    "in a charset of nobody": (_main(f'<?xml version="1.0" encoding="x-none"?><w:document {W}/>'), "malformed_document", 0),
    "that declares entities": (_main(f'<!DOCTYPE a [<!ENTITY b "c">]><w:document {W}>&b;</w:document>'), "malformed_document", 0),
    "in UTF-16": (_main(f'<?xml version="1.0" encoding="utf-16"?><w:document {W}><w:body>{PARAGRAPH(WORDS)}</w:body></w:document>'.encode("utf-16")), "", 1),
    "of pictures alone": (_docx("<w:p><w:r><w:drawing/></w:r></w:p>" * 9), "no_text", 0),
    "of deleted words alone": (_docx(f"<w:p><w:del><w:r><w:delText>{WORDS}</w:delText></w:r></w:del></w:p>"), "no_text", 0),
    "of a table ten million cells wide": (_docx(f'<w:tbl><w:tr><w:tc><w:tcPr><w:gridSpan w:val="9999999"/></w:tcPr>{PARAGRAPH(WORDS)}</w:tc></w:tr></w:tbl>'), "", 1),
    "with a note of no number": (_docx(PARAGRAPH(WORDS, more='<w:r><w:footnoteReference w:id="x"/></w:r><w:r><w:footnoteReference/></w:r>')), "", 1),
    "with properties of noise": (_docx(**{"docProps__core.xml": NOISE[:900]}), "", 1),
    "with content types of noise": (_docx(**{"[Content_Types].xml": NOISE[:900]}), "", 1),
    "with lists of no depth": (_docx(PARAGRAPH(WORDS, '<w:numPr><w:ilvl w:val="-5"/><w:numId w:val="99999999999999999999"/></w:numPr>')), "", 1),
    "with a link to a file of the disk": (_docx(PARAGRAPH(WORDS), **{"word___rels__document.xml.rels": '<Relationships><Relationship Id="r" Target="file:///etc/passwd" TargetMode="External"/></Relationships>'}), "", 1),
    "of half characters": (_docx(PARAGRAPH("&#xD83D; " + WORDS)), "malformed_document", 0),
}  # fmt: skip
HWPX_PARAGRAPH = MAKE["hwpx_paragraph"](f"<hp:t>{WORDS}</hp:t>")


def _hwpx(section: str = HWPX_PARAGRAPH, **more) -> bytes:
    return changed(MAKE["hwpx"](section), **more) if more else MAKE["hwpx"](section)


HWPX = {
    "of an empty section": (_hwpx(""), "no_text", 0),
    "of a section of noise": (_hwpx(**{"Contents__section0.xml": NOISE[:900]}), "malformed_document", 0),
    "of a section that is a page": (_hwpx(**{"Contents__section0.xml": f"<html><p>{WORDS}</p></html>"}), "no_text", 0),
    "without a list of its sections": (_hwpx(**{"Contents__content.hpf": None}), "", 1),
    "whose list names sections that are not there": (_hwpx(**{"Contents__section0.xml": None, "Contents__section9.xml": "<a/>"}), "no_text", 0),
    "of tables in tables": (_hwpx("<hp:p><hp:run>" + "<hp:tbl><hp:tr><hp:tc><hp:subList><hp:p><hp:run>" * 50 + "</hp:run></hp:p></hp:subList></hp:tc></hp:tr></hp:tbl>" * 50 + "</hp:run></hp:p>"), "malformed_document", 0),
    "of a cell at the end of the world": (_hwpx(f'<hp:p><hp:run><hp:tbl><hp:tr><hp:tc><hp:cellAddr colAddr="4294967295" rowAddr="-1"/><hp:cellSpan colSpan="4294967295" rowSpan="x"/><hp:subList>{HWPX_PARAGRAPH}</hp:subList></hp:tc></hp:tr></hp:tbl></hp:run></hp:p>'), "", 1),
    "that says it is encrypted": (_hwpx(**{"META-INF__manifest.xml": '<odf:manifest xmlns:odf="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"><odf:file-entry odf:full-path="Contents/section0.xml"><odf:encryption-data/></odf:file-entry></odf:manifest>'}), "encrypted", 0),
}  # fmt: skip


def _xlsx(rows=None, **more) -> bytes:
    made = MAKE["xlsx"](("하나", rows if rows is not None else [[WORDS, 3], ["둘", 4]]))
    return changed(made, **more) if more else made


def _sheet(cells: str, more: str = "") -> bytes:
    xml = f'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{cells}</sheetData>{more}</worksheet>'
    return _xlsx(**{"xl__worksheets__sheet1.xml": xml})


INLINE = f't="inlineStr"><is><t>{WORDS}</t></is></c>'
XLSX = {
    "without its sheet": (_xlsx(**{"xl__worksheets__sheet1.xml": None}), "malformed_document", 0),
    "without its workbook": (_xlsx(**{"xl__workbook.xml": None}), "no_text", 0),
    "of a sheet of noise": (_xlsx(**{"xl__worksheets__sheet1.xml": NOISE[:900]}), "malformed_document", 0),
    "of a shared string that is not there": (_sheet(f'<row><c t="s"><v>99999</v></c><c {INLINE}</row>'), "malformed_document", 0),
    "of a shared string of no number": (_sheet(f'<row><c t="s"><v>x</v></c><c t="s"><v>-7</v></c><c {INLINE}</row>'), "malformed_document", 0),
    "of cells in no place": (_sheet(f'<row r="0"><c r="A0" {INLINE}<c r="" {INLINE}<c r="1A" {INLINE}</row>'), "malformed_document", 0),
    "of a cell in the last place": (_sheet(f'<row r="1048576"><c r="XFD1048576" {INLINE}</row>'), "malformed_document", 0),
    "of formulas without values": (_sheet("<row><c><f>A1+B1</f></c></row>" * 9), "no_text", 0),
    "of dates beyond the calendar": (_sheet(f'<row><c s="1"><v>1e300</v></c><c t="d"><v>99999-99-99</v></c><c {INLINE}</row>'), "", 1),
    "of errors and truths": (_sheet(f'<row><c t="e"><v>#REF!</v></c><c t="b"><v>7</v></c><c t="z"><v>1</v></c><c {INLINE}</row>'), "malformed_document", 0),
    "of cells that are one": (_sheet(f"<row><c {INLINE}</row>", '<mergeCells><mergeCell ref="A1:XFD1048576"/><mergeCell ref="A1"/><mergeCell/></mergeCells>'), "", 1),
    "without rows": (_sheet(""), "no_text", 0),
    "behind a password": (MAKE["ole"]({"EncryptedPackage": NOISE[:6_000], "EncryptionInfo": NOISE[:6_000]}), "encrypted", 0),
}  # fmt: skip
SHAPE = MAKE["pptx_shape"](WORDS)


def _pptx(*slides: str, **more) -> bytes:
    made = MAKE["pptx"](*(slides or (SHAPE,)))
    return changed(made, **more) if more else made


PPTX = {
    "without its slide": (_pptx(**{"ppt__slides__slide1.xml": None}), "no_text", 0),
    "without its list of slides": (_pptx(**{"ppt__presentation.xml": None}), "malformed_document", 0),
    "of groups in groups": (_pptx("<p:grpSp>" * 150 + SHAPE + "</p:grpSp>" * 150), "", 1),
    "of slides of nothing": (_pptx("", "", ""), "no_text", 0),
    "of slides that lead out": (_pptx(**{"ppt___rels__presentation.xml.rels": '<Relationships><Relationship Id="r1" Target="../../../etc/passwd"/></Relationships>'}), "no_text", 0),
}  # fmt: skip
BODY = f"<p>{WORDS}</p>"


def _epub(chapters=None, **more) -> bytes:
    made = MAKE["epub"](chapters or {"a.xhtml": BODY})
    return changed(made, **more) if more else made


def _opf(manifest: str, spine: str) -> bytes:
    return _epub(
        **{
            "OEBPS__book.opf": f'<package xmlns="http://www.idpf.org/2007/opf"><manifest>{manifest}</manifest><spine>{spine}</spine></package>'
        }
    )


EPUB = {
    "whose container leads out": (_epub(**{"META-INF__container.xml": '<container><rootfiles><rootfile full-path="../../etc/passwd"/></rootfiles></container>'}), "", 1),
    "whose container names nothing": (_epub(**{"META-INF__container.xml": "<container/>"}), "", 1),
    "without a spine": (_opf('<item id="a" href="a.xhtml" media-type="application/xhtml+xml"/>', ""), "", 1),
    "whose spine names nobody": (_opf("", '<itemref idref="x"/><itemref/>'), "", 1),
    "of one chapter three hundred times": (_opf('<item id="a" href="a.xhtml" media-type="application/xhtml+xml"/>', '<itemref idref="a"/>' * 300), "", 1),
    "of chapters on the web": (_opf('<item id="a" href="http://a.kr/a.xhtml" media-type="application/xhtml+xml"/>', '<itemref idref="a"/>'), "", 1),
    "of chapters of noise": (_epub(**{"OEBPS__a.xhtml": NOISE[:3_000]}), "encoding", 0),
    "of pictures": (_epub({"a.xhtml": '<img src="a.png"/>', "b.xhtml": '<img src="b.png"/>'}), "needs_ocr", 0),
    "of a chapter in CP949": (_epub(**{"OEBPS__a.xhtml": f'<?xml version="1.0" encoding="cp949"?><html><body>{BODY}</body></html>'.encode("cp949")}), "", 1),
    "of chapters that are not there": (_epub(**{"OEBPS__a.xhtml": None}), "no_text", 0),
    "of a locked chapter": (_epub(**{"META-INF__encryption.xml": '<encryption><EncryptedData><CipherData><CipherReference URI="OEBPS/a.xhtml"/></CipherData></EncryptedData></encryption>'}), "encrypted", 0),
}  # fmt: skip
HWP_TEXT = MAKE["hwp_paragraph"](WORDS)
OLD = {
    ("hwp", "behind a password"): (MAKE["hwp"](HWP_TEXT, 3), "encrypted", 0),
    ("hwp", "for readers alone"): (MAKE["hwp"](HWP_TEXT, 5), "encrypted", 1),
    ("hwp", "of records of nobody"): (MAKE["hwp"](MAKE["hwp_record"](900, 0, NOISE[:90]) * 90, preview=None), "no_text", 0),
    ("hwp", "of a record that goes on for ever"): (MAKE["hwp"](HWP_TEXT + struct.pack("<II", 67 | 0xFFF << 20, 0xFFFFFFFF), preview=None), "malformed_document", 0),
    ("hwp", "whose section is not packed"): (MAKE["hwp"](b"", preview=None, **{"BodyText/Section0": NOISE[:5_000]}), "malformed_document", 0),
    ("hwp", "of version 3"): (b"HWP Document File V3.00 \x1a\x01\x02" + NOISE[:900], "unsupported_format", 0),
    ("hwp", "that is a document of Word"): (MAKE["ole"]({"WordDocument": NOISE[:6_000]}), "unsupported_format", 0),
    ("hwp", "that is a letter of Outlook"): (MAKE["ole"]({"__properties_version1.0": NOISE[:6_000]}), "unsupported_format", 0),
    ("hwp", "that is nothing known"): (MAKE["ole"]({"Contents": NOISE[:6_000]}), "unsupported_format", 0),
    ("docx", "that is RTF"): (b"{\\rtf1 " + TEXT + b"}", "unsupported_format", 0),
    ("docx", "that is a zip of texts"): (MAKE["package"]({"a.txt": TEXT}), "unsupported_format", 0),
    ("pdf", "of a picture"): (MAKE["pdf"]([b"picture"]), "needs_ocr", 0),
    ("pdf", "without pages"): (MAKE["pdf"]([]), "malformed_document", 0),
    ("pdf", "cut before its table"): (MAKE["pdf"](MAKE["printed"](WORDS * 9, 30))[:-300], "malformed_document", 0),
    ("pdf", "with noise before and behind"): (b"noise\n" * 9 + MAKE["pdf"](MAKE["printed"](WORDS * 9, 30)) + NOISE[:900], "", 1),
    ("pdf", "called a mail"): (b"%PDF-1.4\n" + NOISE[:90], "malformed_document", 0),
}  # fmt: skip


def mail(body: str | bytes, kind_of: str = "text/plain; charset=utf-8", more: str = "") -> bytes:
    """A mail with one part."""
    head = f"From: a@b.kr\r\nSubject: 봄비\r\n{more}Content-Type: {kind_of}\r\n\r\n".encode("utf-8", "surrogateescape")
    return head + (body.encode() if isinstance(body, str) else body)


def _parts(*inner: str, boundary: str = "B", kind_of: str = "mixed") -> bytes:
    body = "".join(f"--{boundary}\r\n{one}\r\n" for one in inner)
    return mail(f"{body}--{boundary}--\r\n", f'multipart/{kind_of}; boundary="{boundary}"')


PART = f"Content-Type: text/plain; charset=utf-8\r\n\r\n{WORDS}"
MAILS = {
    "without words": (mail(""), "no_text", 0),
    "of several parts without a boundary": (mail(f"--B\r\n{PART}", "multipart/mixed"), "", 1),
    "whose boundary is nothing": (mail(f"--\r\n{PART}\r\n----\r\n", 'multipart/mixed; boundary=""'), "", 1),
    "whose boundary never comes": (mail(WORDS, 'multipart/mixed; boundary="zzz"'), "", 1),
    "that ends inside a part": (_parts(PART)[:-40], "", 1),
    "in base64 that is none": (mail("봄비!!" * 90, more="Content-Transfer-Encoding: base64\r\n"), "", 1),
    "in quoted signs that are none": (mail("=ZZ=E=" + WORDS, more="Content-Transfer-Encoding: quoted-printable\r\n"), "", 1),
    "in an encoding of nobody": (mail(WORDS, more="Content-Transfer-Encoding: x-none\r\n"), "", 1),
    "in a charset of nobody": (mail(WORDS, "text/plain; charset=x-none"), "", 1),
    "in a charset of two": (mail(WORDS.encode("cp949"), 'text/plain; charset="utf-8;euc-kr"'), "", 1),
    "of a subject of 100,000 letters": (mail(WORDS, more="X-Subject: " + "a" * 100_000 + "\r\n"), "", 1),
    "of a head of NULs": (mail(WORDS, more="X: \0\0\0\r\n"), "", 1),
    "of a head of bytes": (mail(WORDS, more="X-\udcb0\udca1: \udcff\udcfe\r\n"), "", 1),
    "of words in a head that never end": (mail(WORDS, more="X-Mailer: =?utf-8?B?7KCc\r\nReply-To: =?x?Q?=?=\r\n"), "", 1),
    "of a day in the year 99999": (mail(WORDS, more="Date: Fri, 99 Mar 99999 99:99:99 +9999\r\n"), "", 1),
    "of attached files alone": (_parts('Content-Type: image/png\r\nContent-Disposition: attachment; filename="a.png"\r\n\r\nx'), "attachment", 0),
    "that only Outlook opens": (_parts("Content-Type: application/ms-tnef; name=winmail.dat\r\n\r\nx"), "attachment", 0),
    "that is locked": (mail("MIIB", "application/pkcs7-mime; smime-type=enveloped-data"), "encrypted", 0),
    "of an invitation alone": (_parts("Content-Type: text/calendar\r\n\r\nBEGIN:VCALENDAR"), "attachment", 0),
    "of a report that it did not arrive": (_parts("Content-Type: message/delivery-status\r\n\r\nStatus: 5.0.0", kind_of="report"), "no_text", 0),
    "of a page without words": (mail("<script>1</script><img src=a>", "text/html"), "no_text", 0),
    "of a folder of mails": (b"From a@b.kr Tue May 25 15:21:00 2021\r\n" + mail(WORDS), "", 1),
    "of 500 quotations in one another": (mail("\r\n".join(">" * n + f" {n} {WORDS}" for n in range(500))), "", 1),
    "of 9,000 lines that say who wrote": (mail("나래님이 작성:\r\n" * 9_000), "", 1),
    "of mails in mails": (mail("Content-Type: message/rfc822\r\n\r\n" * 200 + WORDS, "message/rfc822"), "", 1),
    "of 10,500 parts": (_parts(*["\r\nx"] * 10_500), "malformed_document", 0),
    "of a name in three pieces": (_parts("Content-Type: application/x; name*0*=utf-8''%EA; name*2*=%B0; name*x=%\r\n\r\nx", PART), "attachment", 1),
    "whose first line is blank": (b"\r\n\r\n\r\n" + mail(WORDS), "", 1),
    "whose head is one line that never ends": (b"From: " + b"a" * 200_000, "no_text", 0),
}  # fmt: skip


def _zip(*members: tuple[str, bytes], flag: int = 0, method: int | None = None, comment: bytes = b"") -> bytes:
    """A zip of members; flag and method are written over those of the last."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.comment = comment
        for name, content in members:
            archive.writestr(name, content)
    made = bytearray(buffer.getvalue())
    local, central = made.rfind(b"PK\x03\x04"), made.rfind(b"PK\x01\x02")
    if flag:
        made[local + 6] |= flag
        made[central + 8] |= flag
    if method is not None:
        made[local + 8 : local + 10] = made[central + 10 : central + 12] = struct.pack("<H", method)
    return bytes(made)


def _beside(*members: tuple[str, bytes], **more):
    """Bad members behind a good one."""
    return lambda good: _zip(("a.txt", good().encode()), *members, **more)


def _link(good) -> bytes:
    info = zipfile.ZipInfo("l.txt")
    info.external_attr = 0o120777 << 16
    return _zip(("a.txt", good().encode()), (info, b"/etc/passwd"))  # type: ignore[arg-type]


def _wrong_sum(good) -> bytes:
    made = bytearray(_zip(("a.txt", good().encode()), ("b.txt", TEXT)))
    made[made.rfind(b"PK\x01\x02") + 16] ^= 0xFF
    return bytes(made)


B = ("b.txt", TEXT)
ZIPS = {
    "with a member behind a password": (_beside(B, flag=1), "unsupported_format", 0),
    "with a member packed by nobody": (_beside(B, method=99), "unsupported_format", 0),
    "with a member that leads out": (_beside(("../b.txt", TEXT)), "unsafe_member", 0),
    "with a member of the root": (_beside(("/etc/b.txt", TEXT)), "unsafe_member", 0),
    "with a member of Windows": (_beside(("C:\\b.txt", TEXT)), "unsafe_member", 0),
    "with a link": (_link, "unsafe_member", 0),
    "with a wrong sum": (_wrong_sum, "damaged_archive", 0),
    "with a bomb": (_beside(("b.txt", bytes(20_000_000))), "too_large", 0),
    "with folders alone": (lambda _: _zip(("d/", b""), ("e/f/", b"")), "empty", 0),
    "with an empty member": (_beside(("b.txt", b"")), "empty", 0),
    "with a zip in a zip in a zip": (_beside(("b.zip", _zip(("c.zip", _zip(("d.zip", _zip(B))))))), "unsupported_format", 0),
    "with a document": (_beside(("b.docx", _docx())), "", 1),
    "with a damaged document": (_beside(("b.hwpx", _hwpx(**{"Contents__section0.xml": NOISE[:900]}))), "malformed_document", 0),
    "with a mail": (_beside(("b.eml", mail(WORDS))), "", 1),
    "with a picture and a program": (_beside(("b.png", NOISE[:90]), ("c.exe", b"MZ")), "unsupported_format", 0),
    "with noise before it": (lambda good: NOISE[:900] + _zip(("a.txt", good().encode())), "", 0),
    "with a remark of 60,000 bytes": (_beside(comment=b"x" * 60_000), "", 0),
    "with a remark of 15,000 ends": (lambda _: _zip(B, comment=b"PK\x05\x06" * 15_000), "truncated_archive", 0),
    "whose list is cut": (lambda _: _zip(B, ("c.txt", TEXT))[:-60], "truncated_archive", 0),
    "whose list is noise": (lambda _: _zip(B)[:-90] + NOISE[:90], "truncated_archive", 0),
    "of a member that is elsewhere": (lambda _: _zip(B)[:-6] + struct.pack("<IH", 0xFFFFFF, 0), "damaged_archive", 0),
    "of nothing": (lambda _: _zip(), "empty", 0),
}  # fmt: skip
ITEM = f"<item><title>봄비</title><description>{WORDS}</description></item>"


def _feed(body: str, kind_of: str = "application/rss+xml") -> bytes:
    return _served(f"Content-Type: {kind_of}\r\n", body.encode("utf-8", "surrogatepass"))


FEEDS = {
    "a feed that is cut": (_feed(f"<rss><channel>{ITEM}<item><title>둘"), "malformed_table", 1),
    "a feed that declares entities": (_feed(f'<!DOCTYPE a [<!ENTITY b "c">]><rss><channel>{ITEM}</channel></rss>'), "malformed_table", 0),
    "a feed of nothing": (_feed("<rss><channel/></rss>"), "empty", 0),
    "a feed of 900 entries": (_feed(f"<rss><channel>{'<item><description>봄</description></item>' * 900}</channel></rss>"), "", 900),
    "a feed of entries without words": (_feed("<rss><channel><item><title>봄비</title></item></channel></rss>"), "no_text", 0),
    "a feed that nests without end": (_feed("<rss>" + "<a>" * 5_000), "malformed_table", 0),
    "a list of a site's pages": (_feed("<urlset><url><loc>http://a.kr</loc></url></urlset>", "text/xml"), "unsupported_format", 0),
    "XML that is none": (_feed(WORDS, "text/xml"), "malformed_table", 0),
    "a picture of lines": (_feed("<svg/>", "application/xml"), "unsupported_format", 0),
    "JSON that is cut": (_feed(json.dumps([{"text": WORDS}])[:-2] + ", {", "application/json"), "malformed_json", 0),
    "JSON that nests without end": (_feed("[" * 50_000, "application/json"), "malformed_json", 0),
    "JSON of a number": (_feed("7", "application/json"), "not_text", 0),
    "JSON that is a page": (_feed(f"<!doctype html><html><body><p>{WORDS * 3}</p></body></html>", "application/json"), "", 1),
    "JSON that is a script": (_feed(f'callback({json.dumps({"text": WORDS})})', "application/json"), "malformed_json", 0),
    "lines of JSON of which one is none": (_feed(json.dumps({"text": WORDS}) + "\n{\n" + json.dumps({"text": WORDS}), "application/x-ndjson"), "malformed_json", 2),
}  # fmt: skip


def _parquet(rows: list[dict] | pa.Table) -> bytes:
    buffer = io.BytesIO()
    pq.write_table(rows if isinstance(rows, pa.Table) else pa.Table.from_pylist(rows), buffer)
    return buffer.getvalue()


PATH = "data[].body.ko"
CHAT = {"Date": "2021-05-24 15:00:00", "User": "가온", "Message": WORDS}
NESTED = {
    "rows": (_parquet([{"data": [{"body": {"ko": WORDS}}]}] * 3), "", 3),
    "nothing at the path": (_parquet([{"data": None}, {"data": [{"body": None}]}, {"data": [{"body": {"ko": None}}]}]), "no_text", 0),
    "a number at the path": (_parquet([{"data": [{"body": {"ko": 7}}]}]), "no_text", 0),
    "a list where a table is": (_parquet([{"data": [{"body": [[WORDS]]}]}]), "no_text", 0),
    "a list of 5,000 nothings": (_parquet([{"data": [None] * 5_000 + [{"body": {"ko": WORDS}}]}]), "", 1),
    "bytes that are no text": (_parquet([{"data": [{"body": {"ko": b"\xff\xfe\x00"}}]}]), "no_text", 0),
    "pairs of names and values": (_parquet(pa.table({"data": pa.array([[("가", WORDS)]], pa.map_(pa.string(), pa.string()))})), "no_text", 0),
}  # fmt: skip
CHATS = {
    "of nobody": (_parquet([{**CHAT, "User": None}, CHAT]), "no_text", 1),
    "of nothing said": (_parquet([{**CHAT, "Message": None}, {**CHAT, "Message": " "}]), "no_text", 0),
    "on days that are none": (_parquet([{**CHAT, "Date": "어제"}, {**CHAT, "Date": "9999-99-99"}]), "", 1),
    "of numbers": (_parquet([{"Date": 1, "User": 2, "Message": 3}]), "no_text", 0),
}  # fmt: skip
HEAD = "2021년 5월 25일 오후 3:21 - "
LOGS = {
    "WhatsApp: notices alone": (f"{HEAD}가온님이 나갔습니다\n" * 9, "", 1),
    "WhatsApp: files alone": (f"{HEAD}가온: <미디어 파일을 제외한 메시지>\n" * 9, "", 1),
    "WhatsApp: days that are none": (f"[99/99/9999, 99:99:99] 가온: {WORDS}\n" * 9, "", 1),
    "WhatsApp: one message of 200,000 letters": (f"{HEAD}가온: 봄\n{HEAD}나래: " + "비" * 60_000, "", 1),
    "WhatsApp: 3,000 members": ("".join(f"{HEAD}가온{n}: 봄비\n" for n in range(3_000)), "", 1),
    "WhatsApp: names without end": (f"{HEAD}{'가' * 5_000}: 봄\n" * 9, "", 1),
    "WhatsApp: cut in a head": (f"{HEAD}가온: {WORDS}\n{HEAD}나래: {WORDS}\n2021년 5월 25일 오", "", 1),
    "WhatsApp: names of signs": (f"{HEAD}~ : 봄\n{HEAD}\u200e\u2068\u2069: 비\n{HEAD}: 다\n" * 5, "", 1),
    "WhatsApp: heads of blanks": ("[2021. 5. 25. 오후 3:21:05] " * 3_000, "", 1),
    "WhatsApp: numbers for names": (f"{HEAD}+82 10-1234-5678: @821012345678 {WORDS}\n" * 5, "", 1),
    "LINE: tabs alone": ("[LINE] 가온님과의 대화\n" + "오후 3:21\t\t\n" * 99, "", 1),
}  # fmt: skip


def _json(*values: object) -> str:
    return "\n".join(json.dumps(value) for value in values)


def _at(value: object) -> dict:
    return {"data": [{"body": {"ko": value}}]}


PATHS = {
    "a table where the text is": (_json(_at({"a": WORDS})), "no_text", 0),
    "a list where the text is": (_json(_at([WORDS, [WORDS]])), "", 1),
    "a number where the text is": (_json(_at(7)), "no_text", 0),
    "nothing where the text is": (_json(_at(None)), "no_text", 0),
    "blanks where the text is": (_json(_at(" \n\t")), "no_text", 0),
    "a text where the list is": (_json({"data": WORDS}), "no_text", 0),
    "a table where the list is": (_json({"data": {"body": {"ko": WORDS}}}), "", 1),
    "lists in lists in lists": (_json({"data": [[[[[{"body": [[[{"ko": WORDS}]]]}]]]]]}), "", 1),
    "a key that comes twice": ('{"data": 1, "data": [{"body": {"ko": "봄비가 내렸다"}}]}', "", 1),
    "the name of the path as a name": (_json({PATH: WORDS}), "", 1),
    "a text that is half a character": ('{"data": [{"body": {"ko": "\\ud83d 봄비"}}]}', "", 1),
    "a row beyond the limit": ('{"data": [{"body": {"ko": "봄"}}, {"body": {"ko": "' + "가" * 2 * LIMIT + '"}}, {"body": {"ko": "비"}}]}', "too_large", 2),
    "a row beyond the limit that never ends": ('{"data": [{"body": {"ko": "봄"}}, {"body": {"ko": "' + "가" * 2 * LIMIT, "too_large malformed_json", 1),
    "a field beyond the limit": ('{"about": "' + "가" * 2 * LIMIT + '", "data": [{"body": {"ko": "봄"}}]}', "too_large", 1),
    "brackets in a text beyond the limit": ('[{"data": [{"body": {"ko": "' + "]}\\\\\\\"" * LIMIT + '"}}]}, ' + _json(_at(WORDS)) + "]", "too_large", 1),
    "lists that nest beyond the limit": ('{"data": ' + "[" * 2 * LIMIT, "malformed_json", 0),
    "numbers beyond the limit": ('{"n": [' + "7, " * LIMIT + '7], "data": [{"body": {"ko": "봄"}}]}', "no_text", 1),
}  # fmt: skip

DOCUMENTS = {
    **{f"a.docx {name}": ("a.docx", *one) for name, one in DOCX.items()},
    **{f"a.hwpx {name}": ("a.hwpx", *one) for name, one in HWPX.items()},
    **{f"a.xlsx {name}": ("a.xlsx", *one) for name, one in XLSX.items()},
    **{f"a.pptx {name}": ("a.pptx", *one) for name, one in PPTX.items()},
    **{f"a.epub {name}": ("a.epub", *one) for name, one in EPUB.items()},
    **{f"a.{suffix} {name}": (f"a.{suffix}", *one) for (suffix, name), one in OLD.items()},
    **{f"a mail {name}": ("a.eml", *one) for name, one in MAILS.items()},
    **{f"a zip {name}": ("a.zip", *one) for name, one in ZIPS.items()},
    **{f"a chat in Parquet {name}": ("a.parquet", *one) for name, one in CHATS.items()},
    **{f"a log of {name}": ("a.txt", *one) for name, one in LOGS.items()},
}
KINDS: dict[str, Kind] = {
    **{f"document: {name}": kind(*one) for name, one in DOCUMENTS.items()},
    **{f"crawl with {name}": kind("a.warc", _warc(record), told, many) for name, (record, told, many) in FEEDS.items()},
    **{f"path: Parquet with {name}": kind("a.parquet", *one, "paths") for name, one in NESTED.items()},
    **{f"path: JSON with {name}": kind("a.json", *one, "paths") for name, one in PATHS.items()},
}
