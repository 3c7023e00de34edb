"""Reading what a PDF says, shows and declares, with pdfium."""

import ctypes
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import pypdfium2
import pypdfium2.raw as pdfium
import zxingcpp


@dataclass(frozen=True)
class PdfFacts:
    """What tests look at. `outside` are the pieces of text beyond the paper's edge, `pages` how many are read of `content`."""

    content: bytes
    pages: int | None
    sizes_mm: list[tuple[int, int]]
    texts: list[str]
    outside: list[str]
    fonts: set[str]
    not_embedded: set[str]
    tagged: bool
    language: str
    title: str
    author: str
    alternatives: list[str]
    headings: list[str]
    links: list[str]

    @cached_property
    def codes(self) -> list[str]:
        """The QR codes seen. Drawing and searching each page takes longer than all else: only who asks for codes waits."""
        document = pypdfium2.PdfDocument(self.content)
        try:
            return [code for page in _pages(document, self.pages) for code in _codes(page)]
        finally:
            document.close()


def read_pdf(content: bytes, *, pages: int | None = None) -> PdfFacts:
    """Read the first `pages` pages, or all."""
    document = pypdfium2.PdfDocument(content)
    try:
        shown = _pages(document, pages)
        fonts = [font for page in shown for font in _fonts(page)]
        elements = [element for page in shown for element in _elements(page)]
        meta = document.get_metadata_dict()
        return PdfFacts(
            content=content,
            pages=pages,
            sizes_mm=[(round(page.get_width() * 25.4 / 72), round(page.get_height() * 25.4 / 72)) for page in shown],
            texts=[page.get_textpage().get_text_range().replace("\r\n", "\n") for page in shown],
            outside=[text for page in shown for text in _outside(page)],
            fonts={name for name, _ in fonts},
            not_embedded={name for name, embedded in fonts if not embedded},
            tagged=bool(pdfium.FPDFCatalog_IsTagged(document)),
            language=_wide(lambda to, size: pdfium.FPDFCatalog_GetLanguage(document, to, size)),
            title=meta["Title"],
            author=meta["Author"],
            alternatives=[alternative for _, alternative in elements if alternative],
            headings=[kind for kind, _ in elements if kind in {"H1", "H2", "H3"}],
            links=[link for page in shown for link in _links(document, page)],
        )
    finally:
        document.close()


def _pages(document: pypdfium2.PdfDocument, pages: int | None) -> list[pypdfium2.PdfPage]:
    return [document[index] for index in range(len(document) if pages is None else pages)]


def _codes(page: pypdfium2.PdfPage) -> list[str]:
    """Read the codes of a page printed at 200 dots an inch, in order of rows then columns."""
    image = page.render(scale=200 / 72, grayscale=True).to_pil()
    found = zxingcpp.read_barcodes(image)
    by_place = sorted(found, key=lambda code: (round(code.position.top_left.y / 100), code.position.top_left.x))
    return [code.text for code in by_place]


def _outside(page: pypdfium2.PdfPage) -> list[str]:
    textpage = page.get_textpage()
    width, height = page.get_size()
    found = []
    for index in range(textpage.count_rects()):
        left, bottom, right, top = textpage.get_rect(index)
        if left < 0 or bottom < 0 or right > width or top > height:
            found.append(textpage.get_text_bounded(left, bottom, right, top))
    return found


def _fonts(page: pypdfium2.PdfPage) -> list[tuple[str, bool]]:
    fonts = []
    for piece in page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_TEXT], max_depth=8):
        font = pdfium.FPDFTextObj_GetFont(piece)
        name = ctypes.create_string_buffer(200)
        pdfium.FPDFFont_GetBaseFontName(font, name, len(name))
        fonts.append((name.value.decode().rpartition("+")[2], bool(pdfium.FPDFFont_GetIsEmbedded(font))))
    return fonts


def _elements(page: pypdfium2.PdfPage) -> list[tuple[str, str]]:
    """List the kind and alternative text of the page's structure elements, in reading order."""
    tree = pdfium.FPDF_StructTree_GetForPage(page)
    found: list[tuple[str, str]] = []

    def walk(element: object) -> None:
        found.append(
            (
                _wide(lambda to, size: pdfium.FPDF_StructElement_GetType(element, to, size)),
                _wide(lambda to, size: pdfium.FPDF_StructElement_GetAltText(element, to, size)),
            )
        )
        for index in range(pdfium.FPDF_StructElement_CountChildren(element)):
            child = pdfium.FPDF_StructElement_GetChildAtIndex(element, index)
            if child:
                walk(child)

    for index in range(pdfium.FPDF_StructTree_CountChildren(tree)):
        walk(pdfium.FPDF_StructTree_GetChildAtIndex(tree, index))
    pdfium.FPDF_StructTree_Close(tree)
    return found


def _links(document: pypdfium2.PdfDocument, page: pypdfium2.PdfPage) -> list[str]:
    position, link, found = ctypes.c_int(0), pdfium.FPDF_LINK(), []
    while pdfium.FPDFLink_Enumerate(page, ctypes.byref(position), ctypes.byref(link)):
        address = ctypes.create_string_buffer(500)
        pdfium.FPDFAction_GetURIPath(document, pdfium.FPDFLink_GetAction(link), address, len(address))
        found.append(address.value.decode())
    return found


def _wide(ask: Callable[[object, int], int]) -> str:
    """Call a pdfium function that fills a buffer with UTF-16."""
    size = ask(None, 0)
    if size == 0:
        return ""
    buffer = ctypes.create_string_buffer(size)
    ask(ctypes.cast(buffer, ctypes.POINTER(ctypes.c_ushort)), size)
    return buffer.raw.decode("utf-16-le").rstrip("\0")
