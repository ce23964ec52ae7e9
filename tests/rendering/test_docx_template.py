"""The template: restyling it changes the output, moving the placeholder too; every fault of it is named in Chinese."""

import re
import zipfile
from io import BytesIO
from pathlib import Path

import pytest

from app.rendering.docx import TEMPLATE, render_docx
from app.rendering.docx_styles import TemplateError
from app.rendering.proof.docx_text import prove_docx
from app.rendering.template_check import check_template
from tests.rendering.docx_tools import W, edited, part, tree
from tests.rendering.sample import meta_of, small

SOURCE = TEMPLATE.read_bytes()


def _template(folder: Path, change, name: str = "word/document.xml") -> Path:
    target = folder / "template.docx"
    target.write_bytes(edited(SOURCE, change, name))
    return target


def _render(template: Path) -> bytes:
    instrument = small()
    return render_docx(instrument, meta_of(instrument), template=template)


def test_the_template_of_the_product_has_no_fault() -> None:
    assert check_template(TEMPLATE) == []


def test_restyling_an_indent_reaches_the_lists_of_the_output(tmp_path: Path) -> None:
    def change(text: str) -> str:
        return text.replace('<w:ind w:left="840" w:hanging="840"/>', '<w:ind w:left="999" w:hanging="999"/>')

    content = _render(_template(tmp_path, change, "word/styles.xml"))
    assert 'w:left="999"' in part(content, "word/numbering.xml")
    assert 'w:left="840"' not in part(content, "word/numbering.xml")


def test_styles_are_found_by_name_after_wps_renumbered_their_ids(tmp_path: Path) -> None:
    names = dict(re.findall(r'w:styleId="([^"]+)"><w:name w:val="([^"]+)"', part(SOURCE, "word/styles.xml")))
    numbers = {style: str(i) for i, style in enumerate(names, 1)}

    def change(text: str) -> str:
        return re.sub(
            r'(w:(?:styleId|pStyle w:val|basedOn w:val|next w:val)=")([^"]+)"',
            lambda m: f'{m[1]}{numbers.get(m[2], m[2])}"',
            text,
        )

    target = tmp_path / "template.docx"
    target.write_bytes(edited(edited(SOURCE, change, "word/styles.xml"), change))
    content = _render(target)
    assert prove_docx(content, small()).equal
    used = {e.get(f"{W}val") for e in tree(content).iter(f"{W}pStyle")}
    assert used <= set(numbers.values())


def test_the_body_may_be_moved_behind_the_signature_frame(tmp_path: Path) -> None:
    def change(text: str) -> str:
        start = text.rindex("<w:p>", 0, text.index("{{ body }}"))
        body = text[start : text.index("</w:p>", start) + len("</w:p>")]
        rest = text.replace(body, "")
        at = rest.index("<w:sectPr>")
        return rest[:at] + body + rest[at:]

    target = _template(tmp_path, change)
    assert check_template(target) == []
    assert prove_docx(_render(target), small()).equal


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("{{ title }}", "{{ titel }}", "未知的占位符 {{ titel }}"),
        ("{{ body }}", "", "正文缺少占位符 {{ body }}"),
        ("{{ contents }}", "", "正文缺少占位符 {{ contents }}"),
        ("{{ title }}", "{{ title }", "占位符不完整"),
        ("{%tr endfor %}", "", "语法错误"),
        ("{{ title }}", "{{ title }}（示范文本）", "固定文字“（示范文本）”"),
        ("{{ form_label }}：", "", "正文缺少占位符 {{ form_label }}"),
    ],
)
def test_each_fault_of_the_body_is_named(tmp_path: Path, old: str, new: str, message: str) -> None:
    problems = check_template(_template(tmp_path, lambda text: text.replace(old, new)))
    assert any(message in p for p in problems), problems


def test_several_faults_are_named_at_once(tmp_path: Path) -> None:
    problems = check_template(_template(tmp_path, lambda t: t.replace("{{ title }}", "{{ titel }}").replace("{{ body }}", "")))
    assert len(problems) >= 3


def test_a_placeholder_torn_over_two_looks_is_named(tmp_path: Path) -> None:
    def change(text: str) -> str:
        return text.replace(
            "{{ title }}</w:t></w:r>", '{{ ti</w:t></w:r><w:r><w:rPr><w:b/></w:rPr><w:t xml:space="preserve">tle }}</w:t></w:r>'
        )

    problems = check_template(_template(tmp_path, change))
    assert any("被拆成几段不同的格式" in p and "{{ title }}" in p for p in problems)


def test_a_missing_style_is_named_and_refused(tmp_path: Path) -> None:
    target = _template(tmp_path, lambda text: text.replace('w:val="合同款"', 'w:val="我的款"'), "word/styles.xml")
    assert any("缺少段落样式“合同款”" in p for p in check_template(target))
    with pytest.raises(TemplateError) as caught:
        _render(target)
    assert "合同款" in caught.value.message
    assert caught.value.code == "template.invalid"


def test_a_footer_without_the_document_id_is_named(tmp_path: Path) -> None:
    change = lambda text: text.replace("{{ document_id }}", "")  # noqa: E731
    one = edited(SOURCE, change, "word/footer1.xml")
    target = tmp_path / "template.docx"
    target.write_bytes(edited(one, change, "word/footer2.xml"))
    assert any("页眉或页脚缺少占位符 {{ document_id }}" in p for p in check_template(target))


def test_code_in_a_template_is_not_run(tmp_path: Path) -> None:
    attack = "{{ ''.__class__.__mro__[1].__subclasses__() }}"
    target = _template(tmp_path, lambda text: text.replace("{{ title }}", "{{ title }}" + attack))
    with pytest.raises(TemplateError):
        _render(target)
    assert check_template(target)


def test_code_in_the_core_properties_is_not_run(tmp_path: Path) -> None:
    attack = "{{ ''.__class__.__mro__[1].__subclasses__() }}"
    target = _template(tmp_path, lambda text: text.replace("合同模板", attack), "docProps/core.xml")
    with pytest.raises(TemplateError):
        _render(target)


def test_a_file_that_is_no_word_document_is_named(tmp_path: Path) -> None:
    text = tmp_path / "a.docx"
    text.write_text("不是文档", encoding="utf-8")
    empty = tmp_path / "b.docx"
    with zipfile.ZipFile(empty, "w") as archive:
        archive.writestr("x", "y")
    for path in (text, empty, tmp_path / "absent.docx"):
        (problem,) = check_template(path)
        assert "Word" in problem or "无法读取" in problem


def test_properties_that_an_editor_left_in_the_template_stay(tmp_path: Path) -> None:
    """WPS writes its build into docProps/custom.xml."""
    first = _render(TEMPLATE)
    with zipfile.ZipFile(BytesIO(first)) as archive:
        custom = archive.read("docProps/custom.xml").decode()
    template = edited(SOURCE, lambda t: t.replace("</Types>", '<Override PartName="/docProps/custom.xml" ContentType="application/'
                      'vnd.openxmlformats-officedocument.custom-properties+xml"/></Types>'), "[Content_Types].xml")  # fmt: skip
    template = edited(template, lambda t: t.replace("</Relationships>", '<Relationship Id="rId9" Type="http://schemas.openxmlformats.org/'
                      'officeDocument/2006/relationships/custom-properties" Target="docProps/custom.xml"/></Relationships>'), "_rels/.rels")  # fmt: skip
    target = tmp_path / "template.docx"
    target.write_bytes(template)
    with zipfile.ZipFile(target, "a") as archive:
        archive.writestr("docProps/custom.xml", re.sub('name="chengyue.digest"', 'name="KSOProductBuildVer"', custom))
    written = part(_render(target), "docProps/custom.xml")
    assert 'name="KSOProductBuildVer"' in written
    assert written.count('name="chengyue.digest"') == 1
