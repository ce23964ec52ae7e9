"""Seals and handwriting: drawn by the system, uploaded, written on a screen."""

from __future__ import annotations

import io
import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw, ImageFilter

from signatures.drawing import MM, Drawing
from signatures.hand import typed, written
from signatures.image import prepare_handwriting, prepare_seal
from signatures.seal import ELECTRONIC, SealDesign, SealKind, draw_seal
from tests.signatures.tools import refused

SERIAL = "C0FFEE12345678ABCDEF"


def bounds(drawing: Drawing) -> tuple[float, float, float, float]:
    points = [p for shape in drawing.shapes for _, ps in shape.segments for p in ps]
    return min(p[0] for p in points), min(p[1] for p in points), max(p[0] for p in points), max(p[1] for p in points)


# ---- drawn seals


@settings(max_examples=30, deadline=None)
@given(
    kind=st.sampled_from(list(SealKind)),
    owner=st.text("北京上海甲乙方科技服务外包股份有限公司分集团信息", min_size=1, max_size=40),
    size=st.floats(30, 45),
)
def test_a_drawn_seal_stays_within_its_size(kind: SealKind, owner: str, size: float) -> None:
    size = size if kind is not SealKind.REPRESENTATIVE else 18 + (size - 30) * 7 / 15
    drawing = draw_seal(SealDesign(kind, owner, SERIAL, size))
    assert drawing.width == drawing.height == pytest.approx(size * MM)
    x1, y1, x2, y2 = bounds(drawing)
    assert min(x1, y1) >= -0.01
    assert max(x2, y2) <= drawing.width + 0.01


@pytest.mark.parametrize("kind", list(SealKind))
def test_every_drawn_seal_says_electronic_and_carries_the_serial(monkeypatch: pytest.MonkeyPatch, kind: SealKind) -> None:
    """Each character that goes into the drawing is asked for from the fonts."""
    from signatures.glyphs import Outlines

    asked: list[str] = []
    real = Outlines.glyph

    def listening(self: Outlines, character: str) -> object:
        asked.append(character)
        return real(self, character)

    monkeypatch.setattr(Outlines, "glyph", listening)
    draw_seal(
        SealDesign(
            kind,
            "北京甲方科技有限公司" if kind is not SealKind.REPRESENTATIVE else "张三",
            SERIAL,
            20 if kind is SealKind.REPRESENTATIVE else 40,
        )
    )
    assert set(ELECTRONIC) | set(SERIAL) <= set(asked)
    assert "★" not in asked


def test_two_certificates_make_two_seals() -> None:
    one, other = (draw_seal(SealDesign(SealKind.CONTRACT, "甲公司", s)) for s in ("AB12", "AB13"))
    assert one != other


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"size": 45.1}, "30至45毫米"),
        ({"size": 20}, "30至45毫米"),
        ({"owner": ""}, "名称"),
        ({"owner": "长" * 41}, "40个字"),
        ({"serial": ""}, "序列号"),
        ({"serial": "xyz"}, "序列号"),
        ({"kind": SealKind.REPRESENTATIVE, "size": 40}, "18至25毫米"),
    ],
)
def test_a_design_that_could_pass_for_something_else_is_refused(change: dict[str, object], word: str) -> None:
    values: dict[str, object] = {"kind": SealKind.OFFICIAL, "owner": "甲公司", "serial": SERIAL, "size": 42.0} | change
    with refused("seal.design", word):
        SealDesign(**values)  # type: ignore[arg-type]


# ---- uploads


def photograph(background: tuple[int, int, int] = (236, 228, 205), *, shadow: bool = True) -> Image.Image:
    """A red ring with a bar on paper, as a telephone sees it: shadow, blur, noise."""
    image = Image.new("RGB", (900, 900), background)
    pen = ImageDraw.Draw(image)
    pen.ellipse((150, 150, 750, 750), outline=(200, 24, 30), width=22)
    pen.rectangle((330, 420, 570, 480), fill=(200, 24, 30))
    if shadow:
        dark = Image.new("RGB", image.size, (70, 64, 58))
        image = Image.composite(image, dark, Image.linear_gradient("L").resize(image.size).point(lambda v: 150 + v * 0.4))
    image = image.filter(ImageFilter.GaussianBlur(1.2))
    dice = random.Random(7)
    pixels = image.load()
    for _ in range(20_000):
        x, y = dice.randrange(900), dice.randrange(900)
        pixels[x, y] = tuple(max(0, min(255, v + dice.randrange(-14, 15))) for v in pixels[x, y])  # type: ignore[index, union-attr]
    return image


def data(image: Image.Image, form: str = "JPEG") -> bytes:
    stream = io.BytesIO()
    image.save(stream, form)
    return stream.getvalue()


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_the_paper_of_a_photographed_seal_goes_and_the_ink_stays_red(form: str) -> None:
    made = prepare_seal(data(photograph(), form), 42.0)
    assert made.picture.width == pytest.approx(42 * MM)
    assert made.picture.height == pytest.approx(42 * MM, rel=0.02)
    with Image.open(io.BytesIO(made.picture.png)) as image:
        assert image.mode == "RGBA"
        middle = image.getpixel((image.width // 2, image.height // 2))
        corner, inside = image.getpixel((4, 4)), image.getpixel((image.width // 2, image.height // 4))
    red, green, blue, alpha = middle  # type: ignore[misc]
    assert alpha == 255
    assert red > 140
    assert max(green, blue) < 110
    assert corner[3] == 0  # type: ignore[index]
    assert inside[3] == 0  # type: ignore[index]


def test_a_seal_cut_out_already_keeps_its_transparency() -> None:
    image = Image.new("RGBA", (400, 400), (0, 0, 0, 0))
    ImageDraw.Draw(image).ellipse((40, 40, 360, 360), outline=(210, 10, 20, 200), width=12)
    with Image.open(io.BytesIO(prepare_seal(data(image, "PNG"), 40.0).picture.png)) as made:
        assert made.getchannel("A").getextrema()[1] == 200
        assert 315 <= made.width <= 330


def test_no_information_about_the_camera_survives() -> None:
    stream = io.BytesIO()
    exif = Image.Exif()
    exif[0x010F] = "Secret Camera"
    photograph(shadow=False).save(stream, "JPEG", exif=exif)
    assert b"Secret" not in prepare_seal(stream.getvalue(), 40.0).picture.png


@pytest.mark.parametrize(
    ("upload", "word"),
    [
        (b"", "无法读取"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "无法读取"),
        (data(Image.new("RGB", (300, 300), "white")), "没有找到"),
        (data(Image.new("RGB", (4, 4), "white")), "太小"),
        (b"\x89PNG\r\n\x1a\n" + bytes(100), "无法读取"),
        (bytes(11 * 1024 * 1024), "10 MB"),
    ],
)
def test_what_is_no_picture_of_a_seal_is_refused(upload: bytes, word: str) -> None:
    with refused("image.unusable", word):
        prepare_seal(upload, 40.0)


def test_a_bomb_of_pixels_is_refused_before_it_is_unpacked() -> None:
    with refused("image.unusable", "像素过多"):
        prepare_seal(data(Image.new("1", (20_000, 20_000)), "PNG"), 40.0)


@pytest.mark.parametrize("width", [5.0, 46.0])
def test_a_width_that_no_seal_has_is_refused(width: float) -> None:
    with refused("image.size"):
        prepare_seal(data(photograph()), width)


def test_a_picture_too_small_for_print_is_pointed_out() -> None:
    assert "像素" in prepare_seal(data(photograph().resize((150, 150))), 40.0).notes[0]


def test_uploaded_handwriting_fits_its_line() -> None:
    image = Image.new("RGB", (800, 300), "white")
    ImageDraw.Draw(image).line([(50, 250), (200, 40), (400, 260), (700, 60)], fill=(10, 10, 30), width=10)
    picture = prepare_handwriting(data(image)).picture
    assert picture.width <= 60 * MM + 0.01
    assert picture.height <= 20 * MM + 0.01
    assert picture.width == pytest.approx(60 * MM) or picture.height == pytest.approx(20 * MM)


# ---- handwriting


STROKES = [[(20 + 10 * i, 60 + 25 * math.cos(i)) for i in range(14)], [(100.0, 20.0), (102.0, 60.0), (90.0, 140.0)]]


def test_strokes_are_drawn_upright_and_within_the_box() -> None:
    drawing = written(STROKES)
    x1, y1, x2, y2 = bounds(drawing)
    assert min(x1, y1) >= -0.01
    assert x2 <= drawing.width + 0.01
    assert y2 <= drawing.height + 0.01
    low = bounds(Drawing(drawing.width, drawing.height, drawing.shapes[1:]))
    assert low[1] < drawing.height / 2 < low[3], "the second stroke runs from above to below the first"


@pytest.mark.parametrize("strokes", [[], [[(5.0, 5.0)]], [[(5.0, 5.0)] * 9], [[(0.0, 0.0), (1.0, 1.0)]]])
def test_a_dot_is_no_signature(strokes: list[list[tuple[float, float]]]) -> None:
    with refused("hand.empty"):
        written(strokes)


@pytest.mark.parametrize(
    "strokes", [[[(float(i), 0.0) for i in range(30_000)]], [[(math.nan, 1.0)] * 9], [[(math.inf, 1.0)] * 9]]
)
def test_strokes_beyond_measure_are_refused(strokes: list[list[tuple[float, float]]]) -> None:
    with refused("hand.large"):
        written(strokes)


def test_a_typed_name_fits_and_a_blank_one_is_refused() -> None:
    x1, _, x2, _ = bounds(typed("阿卜杜拉·买买提江"))
    assert x1 >= 0
    assert x2 <= 60 * MM
    with refused("hand.empty"):
        typed("  ")
