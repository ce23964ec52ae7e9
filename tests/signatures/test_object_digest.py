"""Digests of objects: what is shared counts wherever it is referred to, what leads back to itself ends."""

from __future__ import annotations

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name
from pyhanko.pdf_utils.writer import PdfFileWriter

from signatures.object_digest import ObjectDigests


def two_fields(picture: bytes, kid: bytes = b"kid", page: int = 1) -> tuple[str, str]:
    """Digests of two fields that show the same picture; the first has a widget of its own as a kid."""
    writer = PdfFileWriter()
    shared = writer.add_object(generic.StreamObject(stream_data=picture))
    widget = writer.add_object(generic.StreamObject(stream_data=kid))
    other = writer.add_object(generic.DictionaryObject({pdf_name("/Rotate"): generic.NumberObject(page)}))
    fields = []
    for more in ({pdf_name("/Kids"): generic.ArrayObject([widget])}, {}):
        content = {pdf_name("/FT"): pdf_name("/Sig"), pdf_name("/AP"): shared, pdf_name("/P"): other, **more}
        fields.append(writer.add_object(generic.DictionaryObject(content)))
    for field in fields:
        field.get_object()[pdf_name("/Self")] = field
    digests = ObjectDigests()
    one, two = (digests.of(f) for f in fields)
    assert [ObjectDigests().of(f) for f in fields] == [one, two]
    return one, two


def test_a_shared_picture_counts_for_every_field_that_shows_it() -> None:
    before, after = two_fields(b"a seal"), two_fields(b"another seal")
    assert before == two_fields(b"a seal")
    assert before[0] != after[0]
    assert before[1] != after[1]


def test_the_widgets_of_a_field_count_and_its_page_does_not() -> None:
    before = two_fields(b"a seal")
    other_kid = two_fields(b"a seal", kid=b"hidden")
    assert before[0] != other_kid[0]
    assert before[1] == other_kid[1]
    assert before == two_fields(b"a seal", page=90)
