"""PDF, by PDFium: the text of its pages as lines with their places, put together by text/line_breaks.py."""

from malmoi.corpus.sources.document_files.extracted import Extracted, Part


def read(content: bytes) -> Extracted:
    import pypdfium2 as pdfium

    pdf = pdfium.PdfDocument(content)
    pages = []
    for page in pdf:
        pages.append(page.get_textpage().get_text_range())
    return Extracted((Part("\n".join(pages)),))
