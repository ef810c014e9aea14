"""entaku.formats.pictures: what is seen of a picture stays, and nothing else."""

import struct
import zlib

import pytest

from entaku.formats.limits import LimitError
from entaku.formats.pictures import BYTES, PNG, clean_picture
from entaku.formats.zips import BrokenError

HEAD = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 40 20">'
DOT = '<path d="M0 0h9v9"/>'


def svg(inside: str, head: str = HEAD) -> bytes:
    return f"{head}{inside}{DOT}</svg>".encode()


def png(*more: bytes, size: tuple[int, int] = (3, 2), pixels: bytes = bytes(2 * (1 + 3 * 3))) -> bytes:
    head = struct.pack(">IIBBBBB", *size, 8, 2, 0, 0, 0)
    return PNG + b"".join((chunk(b"IHDR", head), *more, chunk(b"IDAT", zlib.compress(pixels)), chunk(b"IEND")))


def chunk(name: bytes, data: bytes = b"") -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


@pytest.mark.parametrize(
    ("inside", "gone"),
    [
        ("<script>alert(1)</script>", "script"),
        ("<x:script xmlns:x='http://www.w3.org/1999/xhtml'>alert(1)</x:script>", "script"),
        ("<g onclick='alert(1)'/>", "onclick"),
        ("<a href='https://a.example/'><path d='M1 1'/></a>", "a"),
        ("<foreignObject><body xmlns='http://www.w3.org/1999/xhtml'/></foreignObject>", "foreignObject"),
        ("<image href='https://a.example/x.png'/>", "image"),
        ("<use xlink:href='https://a.example/x.svg#y'/>", "xlink:href"),
        ("<g fill='url(https://a.example/#x)'/>", "fill"),
        ("<g style='fill: URL( &quot;//a.example/#x&quot; )'/>", "style"),
        ("<style>@import 'https://a.example/x.css';</style>", "style"),
        ("<style>a{b:u\\72l(//a.example)}</style>", "style"),
        ("<style><![CDATA[@font-face{src:url(//a.example/f)}]]></style>", "style"),
        ("<set attributeName='href' to='javascript:alert(1)'/>", "set"),
        ("<metadata><who>佐藤</who></metadata>", "metadata"),
        ("<svg><script/></svg>", "svg"),
    ],
)
def test_what_runs_loads_or_links_is_left_out(inside, gone):
    picture = clean_picture(svg(inside))
    assert picture.left_out == (gone,)
    text = picture.body.decode()
    assert "example" not in text and "alert" not in text and "佐藤" not in text and 'd="M0 0h9v9"' in text
    again = clean_picture(picture.body)
    assert (again.body, again.left_out) == (picture.body, ())


def test_what_draws_stays():
    inside = (
        "<style>.a{fill:url(#g)}@media (prefers-color-scheme:dark){.a{fill:#fff}}</style>"
        "<defs><linearGradient id='g'><stop offset='1' stop-color='#123'/></linearGradient></defs>"
        "<use xlink:href='#p'/><text x='1'>A &amp; B &lt;</text>"
    )
    picture = clean_picture(svg(inside))
    assert picture.left_out == () and (picture.width, picture.height) == (40, 20)
    text = picture.body.decode()
    for each in ("url(#g)", "prefers-color-scheme", '<use href="#p"/>', "A &amp; B &lt;", 'stop-color="#123"'):
        assert each in text


def test_an_svg_of_a_size_alone_gets_a_viewbox():
    picture = clean_picture(svg("", '<svg xmlns="http://www.w3.org/2000/svg" width="30px" height="10">'))
    assert b'viewBox="0 0 30 10"' in picture.body and (picture.width, picture.height) == (30, 10)


@pytest.mark.parametrize(
    "body",
    [
        b"", b"GIF89a", b"<html/>", b"<svg/>", b"<svg", svg("", '<svg viewBox="0 0 0 9">'), svg("", "<svg width='1em' height='1em'>"),
        svg("", '<!DOCTYPE svg [<!ENTITY x "y">]>' + HEAD), f"{HEAD}</svg>".encode(), PNG, png()[:-5], png()[:60] + b"x" + png()[61:],
        png(pixels=b"")[:-20], PNG + chunk(b"IEND"),
    ],
)  # fmt: skip
def test_what_is_no_picture_is_refused(body):
    with pytest.raises(BrokenError):
        clean_picture(body)


@pytest.mark.parametrize(
    "body",
    [svg(f"<!--{'x' * BYTES}-->"), svg("<g/>" * 6000), svg("<g>" * 150 + "</g>" * 150), png(size=(9000, 2))],
)
def test_what_is_too_large_is_refused(body):
    with pytest.raises(LimitError):
        clean_picture(body)


def test_a_png_keeps_its_pixels_and_loses_its_notes():
    notes = chunk(b"tEXt", b"Author\x00Sato"), chunk(b"eXIf", b"GPS"), chunk(b"gAMA", bytes(4))
    picture = clean_picture(png(*notes) + b"trailing")
    assert picture.body == png(notes[2]) and picture.left_out == ("eXIf", "tEXt")
    assert (picture.suffix, picture.width, picture.height) == ("png", 3, 2)
