"""Document files whose every byte is known give their words in order, with their metadata, and tell what is missing."""

import io
import struct
import tarfile

import made_documents as make
import pytest
from made_documents import STORY, documents, reasons, text_of


@pytest.mark.parametrize("letters", [True, False])
def test_lines_of_a_pdf_are_put_together_whether_words_are_broken_or_not(tmp_path, letters):
    pages = make.printed(STORY, 21, letters=letters)
    assert text_of(tmp_path, "a.pdf", make.pdf(pages)).startswith(STORY)


def test_page_numbers_go_and_a_running_head_stands_once(tmp_path):
    text = text_of(tmp_path, "a.pdf", make.pdf(make.printed(STORY * 3, 21, pages=4, head="나루터 보고서")))
    assert text.count("나루터 보고서") == 1
    assert "- 2 -" not in text and "- 3 -" not in text


def test_paragraphs_of_a_pdf_stay_apart(tmp_path):
    page = [("첫째 문단이 여기에서 끝난다.", 40, 500, 10), ("둘째 문단은 멀리 아래에 있다.", 40, 460, 10)]
    assert (
        text_of(tmp_path, "a.pdf", make.pdf([page])) == "첫째 문단이 여기에서 끝난다.\n\n둘째 문단은 멀리 아래에 있다."
    )


def test_a_pdf_of_pictures_needs_ocr_and_is_no_empty_document(tmp_path):
    found = documents(tmp_path, "a.pdf", make.pdf([b"picture"] * 3))
    assert reasons(found) == [("needs_ocr", "pages that are pictures: 1-3 of 3")] and len(found) == 1


def test_a_pdf_with_some_pictures_keeps_its_text_and_tells_the_pages(tmp_path):
    page = make.printed(STORY, 21)[0]
    found = documents(tmp_path, "a.pdf", make.pdf([page, b"picture", page, b"picture"]))
    assert isinstance(found[0], dict) and STORY in found[0]["text"]
    assert reasons(found) == [("needs_ocr", "pages that are pictures: 2, 4 of 4")]


def test_an_empty_page_is_no_picture(tmp_path):
    assert reasons(documents(tmp_path, "a.pdf", make.pdf([[]]))) == [("no_text", "pages without letters")]


def test_hwp_gives_paragraphs_tables_and_notes_where_they_stand(tmp_path):
    note = make.hwp_record(71, 1, b"  nf" + bytes(12)) + make.hwp_record(72, 2, bytes(30))
    note += make.hwp_paragraph("각주의 말이다.", 2)
    tab = "제목".encode("utf-16-le") + make.hwp_object(9, "    ") + "나루터".encode("utf-16-le") + b"\r\0"
    before = "앞".encode("utf-16-le") + make.hwp_object(11, "tbl ") + "뒤".encode("utf-16-le") + b"\r\0"
    noted = "나루터가 있었다".encode("utf-16-le") + make.hwp_object(17, "fn  ") + ".".encode("utf-16-le") + b"\r\0"
    section = make.hwp_paragraph(tab) + make.hwp_paragraph(before, 0, make.hwp_table([["가", "나"], ["다", "라"]]))
    section += make.hwp_paragraph(noted, 0, note) + make.hwp_paragraph("옛 마을의 이야기")
    assert text_of(tmp_path, "a.hwp", make.hwp(section)).split("\n\n") == [
        "제목\t나루터", "앞", "| 가 | 나 |\n| 다 | 라 |", "뒤", "나루터가 있었다.", "각주의 말이다.",
        "옛 마을의 이야기",
    ]  # fmt: skip


def test_hwp_that_is_not_compressed_is_read_too(tmp_path):
    assert text_of(tmp_path, "a.hwp", make.hwp(make.hwp_paragraph(STORY), flags=0)) == STORY


def test_a_table_of_one_cell_in_hwp_is_a_frame_around_paragraphs(tmp_path):
    section = make.hwp_paragraph(make.hwp_object(11, "tbl ") + b"\r\0", 0, make.hwp_table([[STORY]]))
    assert text_of(tmp_path, "a.hwp", make.hwp(section)) == STORY


def test_headers_of_hwp_stand_once_at_the_end(tmp_path):
    head = make.hwp_record(71, 1, b"daeh" + bytes(12)) + make.hwp_record(72, 2, bytes(30))
    head += make.hwp_paragraph("나루터 보고서", 2)
    section = make.hwp_paragraph(make.hwp_object(16, "head") + "글".encode("utf-16-le") + b"\r\0", 0, head) * 2
    assert text_of(tmp_path, "a.hwp", make.hwp(section)) == "글\n\n글\n\n나루터 보고서"


@pytest.mark.parametrize(("flags", "words"), [(3, "asks for a password"), (1 | 16, "or a key")])
def test_an_hwp_with_a_password_says_so(tmp_path, flags, words):
    ((reason, detail),) = reasons(documents(tmp_path, "a.hwp", make.hwp(b"", flags)))
    assert reason == "encrypted" and words in detail


def test_a_distribution_document_gives_its_preview_and_says_so(tmp_path):
    found = documents(tmp_path, "a.hwp", make.hwp(b"\0" * 99, 5, preview="<이름><값>\r\n나루터"))
    assert found[0]["text"] == "<이름 | 값>\n나루터"
    ((reason, detail),) = reasons(found)
    assert reason == "encrypted" and detail.startswith("only the preview of its first page is read")


def test_hwp_letters_beyond_the_first_plane_and_old_hangul_are_whole(tmp_path):
    assert text_of(tmp_path, "a.hwp", make.hwp(make.hwp_paragraph("ᄒᆞᆫ글 😀 漢字"))) == "ᄒᆞᆫ글 😀 漢字"


def test_hwpx_gives_paragraphs_tables_boxes_and_notes_in_order(tmp_path):
    table = (
        "<hp:tbl><hp:tr><hp:tc><hp:subList><hp:p><hp:run><hp:t>가</hp:t></hp:run></hp:p></hp:subList></hp:tc>"
        "<hp:tc><hp:subList><hp:p><hp:run><hp:t>나</hp:t></hp:run></hp:p></hp:subList></hp:tc></hp:tr></hp:tbl>"
    )
    note = (
        "<hp:ctrl><hp:footNote><hp:subList><hp:p><hp:run><hp:t>각주</hp:t></hp:run></hp:p></hp:subList></hp:footNote>"
    )
    note += "</hp:ctrl>"
    head = note.replace("footNote", "header").replace("각주", "머리말")
    box = note.replace("footNote", "rect").replace("<hp:subList>", "<hp:drawText><hp:subList>")
    box = box.replace("</hp:subList>", "</hp:subList></hp:drawText>").replace("각주", "글상자")
    first = make.hwpx_paragraph(f"{head}<hp:t>탭<hp:tab/>뒤<hp:lineBreak/>새 줄</hp:t>")
    second = make.hwpx_paragraph(f"<hp:t>나루터{note}</hp:t>") + make.hwpx_paragraph(table) + make.hwpx_paragraph(box)
    second = second.replace(f"<hp:t>나루터{note}</hp:t>", f"<hp:t>나루터</hp:t>{note}<hp:t>가 있었다.</hp:t>")
    found = documents(tmp_path, "a.hwpx", make.hwpx(first, second))
    assert found[0]["text"].split("\n\n") == [
        "탭\t뒤\n새 줄", "나루터가 있었다.", "각주", "| 가 | 나 |", "글상자", "머리말",
    ]  # fmt: skip
    assert (found[0]["title"], found[0]["source"]["published"]) == ("나루터 안내", "2024-03-01")


def test_what_a_tracked_change_deleted_is_not_read(tmp_path):
    gone = make.hwpx_paragraph("<hp:t>남은 <hp:deleteBegin/>지운 <hp:deleteEnd/>글</hp:t>")
    assert text_of(tmp_path, "a.hwpx", make.hwpx(gone)) == "남은 글"
    body = make.docx_paragraph("남은 글", more="<w:del><w:r><w:delText>지운 글</w:delText></w:r></w:del>")
    assert text_of(tmp_path, "a.docx", make.docx(body)) == "남은 글"


def test_an_hwpx_with_a_password_says_so(tmp_path):
    manifest = '<m:manifest xmlns:m="urn:oasis"><m:file-entry><m:encryption-data/></m:file-entry></m:manifest>'
    content = make.hwpx("", **{"META-INF/manifest.xml": manifest})
    assert reasons(documents(tmp_path, "a.hwpx", content))[0][0] == "encrypted"


def test_docx_gives_headings_items_tables_boxes_and_notes(tmp_path):
    styles = (
        f'<w:styles {make.W}><w:style w:styleId="a1"><w:name w:val="heading 2"/></w:style>'
        '<w:style w:styleId="b"><w:pPr><w:numPr/></w:pPr></w:style></w:styles>'
    )
    notes = f'<w:footnotes {make.W}><w:footnote w:id="2">{make.docx_paragraph("각주의 말")}</w:footnote></w:footnotes>'
    box = f"<w:r><w:pict><w:txbxContent>{make.docx_paragraph('글상자')}</w:txbxContent></w:pict></w:r>"
    twice = f"<mc xmlns='x'><Choice>{box}</Choice><Fallback>{box}</Fallback></mc>"
    cell = "<w:tc>{}</w:tc>".format
    row = "<w:tr>" + cell(make.docx_paragraph("가")) + cell(make.docx_paragraph("나")) + "</w:tr>"
    body = make.docx_paragraph("뱃삯", '<w:pStyle w:val="a1"/>')
    body += make.docx_paragraph("항목", '<w:pStyle w:val="b"/>')
    body += make.docx_paragraph("나루터", more='<w:r><w:footnoteReference w:id="2"/><w:br/><w:t>가 있다</w:t></w:r>')
    body += make.docx_paragraph("상자", more=twice) + f"<w:tbl>{row}{row}</w:tbl>"
    body += "<w:p><w:r><w:instrText>TOC</w:instrText></w:r><w:r><w:t>끝</w:t></w:r></w:p>"
    header = f"<w:hdr {make.W}>{make.docx_paragraph('머리말')}</w:hdr>"
    content = make.docx(body, styles=styles, footnotes=notes, header1=header, header2=header)
    found = documents(tmp_path, "a.docx", content)
    assert found[0]["text"].split("\n\n") == [
        "## 뱃삯", "- 항목", "나루터\n가 있다", "각주의 말", "상자", "글상자", "| 가 | 나 |\n| 가 | 나 |", "끝",
        "머리말",
    ]  # fmt: skip
    assert found[0]["title"] == "나루터 안내" and found[0]["source"]["author_hash"]


def test_xlsx_gives_a_line_a_row_and_the_names_of_its_sheets(tmp_path):
    content = make.xlsx(("뱃삯", [["사람", 3], ["소", 5.5], []]), ("빈 것", []), ("둘째", [["외딴 칸"]]))
    assert text_of(tmp_path, "a.xlsx", content) == "## 뱃삯\n\n| 사람 | 3 |\n| 소 | 5.5 |\n\n## 둘째\n\n| 외딴 칸 |"


def test_a_page_that_is_named_xls_is_read_as_the_page_it_is(tmp_path):
    page = "<html><body><table><tr><td>이름</td><td>값</td></tr><tr><td>가온</td><td>3</td></tr></table></body></html>"
    assert text_of(tmp_path, "a.xls", page.encode("cp949")) == "| 이름 | 값 |\n| 가온 | 3 |"


def test_pptx_gives_slides_in_the_order_shown_with_tables_and_notes(tmp_path):
    table = (
        "<p:graphicFrame><a:tbl><a:tr><a:tc><a:p><a:r><a:t>가</a:t></a:r></a:p></a:tc>"
        "<a:tc><a:p><a:r><a:t>나</a:t></a:r></a:p></a:tc></a:tr></a:tbl></p:graphicFrame>"
    )
    foot = make.pptx_shape("강나래 연구소", "ftr") + make.pptx_shape("7", "sldNum")
    first = make.pptx_shape("첫 줄\n둘째 줄") + make.pptx_shape("발표 제목", "title") + foot
    relations = (
        f'<Relationships {make.RELATIONS}><Relationship Id="n" Type="{make.R}/notesSlide" '
        'Target="../notesSlides/notesSlide1.xml"/></Relationships>'
    )
    a = "http://schemas.openxmlformats.org/drawingml/2006/main"
    notes = f'<p:notes xmlns:p="p" xmlns:a="{a}">{make.pptx_shape("발표자의 메모", "body")}</p:notes>'
    content = make.pptx(
        first,
        f"<p:grpSp>{make.pptx_shape('묶인 글')}</p:grpSp>{table}{foot}",
        **{"ppt/slides/_rels/slide1.xml.rels": relations, "ppt/notesSlides/notesSlide1.xml": notes},
    )
    assert text_of(tmp_path, "a.pptx", content).split("\n\n") == [
        "# 발표 제목", "첫 줄", "둘째 줄", "발표자의 메모", "묶인 글", "| 가 | 나 |", "강나래 연구소",
    ]  # fmt: skip


def test_every_chapter_of_a_book_is_a_document_with_its_title(tmp_path):
    chapters = {"b.xhtml": f"<h1>하나</h1><p>{STORY}</p>", "a.xhtml": "<p>둘째 장의 글이다.</p><p>짧다.</p>"}
    content = make.epub(chapters, {"b.xhtml": "첫째 장", "a.xhtml#x": "둘째 장"})
    found = documents(tmp_path, "a.epub", content)
    assert [(one["title"], one["text"]) for one in found] == [
        ("첫째 장", f"# 하나\n\n{STORY}"),
        ("둘째 장", "둘째 장의 글이다.\n\n짧다."),
    ]
    assert {(one["source"]["kind"], one["source"]["name"], one["source"]["published"]) for one in found} == {
        ("book", "나루터의 역사", "2024-03-01")
    }
    assert len({one["id"] for one in found}) == 2


def test_chapters_that_are_pictures_or_locked_are_told(tmp_path):
    locked = (
        '<encryption xmlns="urn:x"><EncryptedData><CipherData><CipherReference URI="OEBPS/c.xhtml"/></CipherData>'
        "</EncryptedData></encryption>"
    )
    chapters = {"a.xhtml": "<p>글이 있는 장이다.</p>", "b.xhtml": "<img src='1.png'/>", "c.xhtml": "<p>잠김</p>"}
    found = documents(tmp_path, "a.epub", make.epub(chapters, **{"META-INF/encryption.xml": locked}))
    assert [one["text"] for one in found if isinstance(one, dict)] == ["글이 있는 장이다."]
    assert reasons(found) == [
        ("encrypted", "chapter 3 of 3 is encrypted"),
        ("needs_ocr", "chapters that are pictures: 2 of 3"),
    ]


def test_what_a_file_is_counts_not_what_it_is_named(tmp_path):
    assert text_of(tmp_path, "a.hwp", make.hwpx(make.hwpx_paragraph("<hp:t>나루터</hp:t>"))) == "나루터"
    assert text_of(tmp_path, "b.docx", make.hwp(make.hwp_paragraph("나루터"))) == "나루터"
    assert STORY in text_of(tmp_path, "download.do", make.pdf(make.printed(STORY, 21)))


@pytest.mark.parametrize(
    "content", [make.docx(make.docx_paragraph("가")), make.hwpx(make.hwpx_paragraph("<hp:t>가</hp:t>"))]
)
def test_a_document_that_somebody_named_zip_is_read_as_one(tmp_path, content):
    assert text_of(tmp_path, "a.zip", content) == "가"


def test_documents_inside_an_archive_are_read(tmp_path):
    buffer = io.BytesIO()
    members = {"a.hwp": make.hwp(make.hwp_paragraph("가")), "b.docx": make.docx(make.docx_paragraph("나"))}
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    found = documents(tmp_path, "docs.tar.gz", buffer.getvalue())
    assert [(one["origin"]["file"], one["text"]) for one in found] == [
        ("docs.tar.gz!a.hwp", "가"),
        ("docs.tar.gz!b.docx", "나"),
    ]


DRAWN = '<d xmlns:a="a"><a:p><a:r><a:t>그림 속</a:t></a:r><a:r><a:t> 글</a:t></a:r></a:p></d>'


def test_words_of_diagrams_and_comments_are_read(tmp_path):
    content = make.docx(make.docx_paragraph("나루터"), **{"diagrams/data1": DRAWN})
    assert text_of(tmp_path, "a.docx", content) == "나루터\n\n그림 속 글"
    relations = (
        f'<Relationships {make.RELATIONS}><Relationship Id="n" Type="{make.R}/diagramData" '
        'Target="../diagrams/data1.xml"/></Relationships>'
    )
    members = {"ppt/slides/_rels/slide1.xml.rels": relations, "ppt/diagrams/data1.xml": DRAWN}
    assert text_of(tmp_path, "a.pptx", make.pptx(make.pptx_shape("나루터"), **members)) == "나루터\n\n그림 속 글"
    comment = "<c><comment><text><r><t>확인할</t></r><r><t> 것</t></r></text></comment></c>"
    members = {"xl/comments1.xml": comment, "xl/drawings/drawing1.xml": DRAWN}
    assert text_of(tmp_path, "a.xlsx", make.xlsx(("뱃삯", [[3]]), **members)) == "| 3 |\n\n확인할 것\n\n그림 속 글"


@pytest.mark.parametrize("name", ["a.doc", "a.ppt", "a.rtf", "a.odt", "a.hml", "a.msg"])
def test_a_format_that_is_not_read_names_the_way_on(tmp_path, name):
    ((reason, detail),) = reasons(documents(tmp_path, name, b"anything"))
    assert reason == "unsupported_format" and "save them as ." in detail


@pytest.mark.parametrize("stream", ["WordDocument", "PowerPoint Document"])
def test_old_office_files_under_a_new_name_name_the_way_on(tmp_path, stream):
    ((reason, detail),) = reasons(documents(tmp_path, "a.docx", make.ole({stream: b"x"})))
    assert reason == "unsupported_format" and "save them as ." in detail


def test_an_encrypted_office_file_says_so(tmp_path):
    content = make.ole({"EncryptedPackage": b"x", "EncryptionInfo": struct.pack("<HH", 4, 4)})
    assert reasons(documents(tmp_path, "a.xlsx", content))[0][0] == "encrypted"


def test_hwp_3_names_the_way_on(tmp_path):
    ((reason, detail),) = reasons(documents(tmp_path, "a.hwp", b"HWP Document File V3.00 \x1a\1\2\3\4\5"))
    assert reason == "unsupported_format" and "save it as .hwpx" in detail


@pytest.mark.parametrize("kind", ["application/pdf", "application/octet-stream", "text/html"])
def test_documents_that_a_crawl_has_fetched_are_read(tmp_path, kind):
    body = f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\n\r\n".encode()
    head = "WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: https://a.kr/{}\r\n"
    head += "Content-Type: application/http; msgtype=response\r\nContent-Length: {}\r\n\r\n"
    files = [
        make.pdf(make.printed(STORY, 21)),
        make.hwp(make.hwp_paragraph(STORY)),
        make.docx(make.docx_paragraph(STORY)),
    ]
    records = [head.format(n, len(body + file)).encode() + body + file + b"\r\n\r\n" for n, file in enumerate(files)]
    found = documents(tmp_path, "a.warc", b"".join(records))
    assert [one["source"]["url"] for one in found] == [f"https://a.kr/{n}" for n in range(3)]
    assert [one["text"] for one in found[1:]] == [STORY, STORY]
    assert STORY[:15] in found[0]["text"]
