"""The outline of the form: fourteen chapters and 42 sections, numbers and titles fixed letter for letter (brief §0.2)."""

from __future__ import annotations

from app.domain.numbering import chapter_number
from app.library.loader import load_library

CHAPTERS = (
    "第一章总则",
    "第二章服务内容与范围",
    "第三章服务团队与人员配置",
    "第四章服务流程与沟通机制",
    "第五章服务质量与绩效评估",
    "第六章技术支持与维护",
    "第七章信息安全与保密",
    "第八章费用与支付条款",
    "第九章违约责任与赔偿",
    "第十章争议解决与法律适用",
    "第十一章合同的生效、变更与终止",
    "第十二章其他条款",
    "第十三章附件",
    "第十四章签署页",
)
SECTIONS = (
    ("1.1", "定义与解释"),
    ("1.2", "合同双方的权益与义务"),
    ("1.3", "合同的有效性与适用范围"),
    ("2.1", "服务内容概述"),
    ("2.2", "服务范围详细描述"),
    ("2.3", "服务时间与响应时间"),
    ("3.1", "服务团队的组成"),
    ("3.2", "人员配置与职责划分"),
    ("3.3", "服务人员的培训与考核"),
    ("4.1", "服务流程概述"),
    ("4.2", "沟通机制与信息反馈"),
    ("4.3", "问题处理与争议解决"),
    ("5.1", "服务质量标准"),
    ("5.2", "绩效评估体系"),
    ("5.3", "服务改进与优化"),
    ("6.1", "技术支持内容"),
    ("6.2", "系统维护与升级"),
    ("6.3", "故障处理与应急方案"),
    ("7.1", "信息安全措施"),
    ("7.2", "数据保护与隐私权"),
    ("7.3", "保密义务与信息泄露的处理"),
    ("8.1", "服务费用构成"),
    ("8.2", "费用支付方式与时间"),
    ("8.3", "费用调整与结算"),
    ("9.1", "违约行为的界定"),
    ("9.2", "违约责任与赔偿方式"),
    ("9.3", "合同解除与终止"),
    ("10.1", "争议解决方式"),
    ("10.2", "法律适用与管辖"),
    ("10.3", "合同修改与补充"),
    ("11.1", "合同的生效条件"),
    ("11.2", "合同的变更程序"),
    ("11.3", "合同的终止与续约"),
    ("12.1", "知识产权保护"),
    ("12.2", "通知与送达"),
    ("12.3", "双方约定的其他事项"),
    ("13.1", "服务项目详细列表"),
    ("13.2", "技术参数与性能指标"),
    ("13.3", "相关法律法规与行业标准"),
    ("14.1", "甲方(委托方)签署页"),
    ("14.2", "乙方(受托方)签署页"),
    ("14.3", "双方授权代表签署页"),
)


def test_the_fourteen_chapters_carry_their_titles_letter_for_letter() -> None:
    assert tuple(f"{chapter_number(c.index)}{c.title}" for c in load_library().chapters) == CHAPTERS


def test_the_42_sections_carry_their_numbers_and_titles_letter_for_letter() -> None:
    assert tuple((s.number, s.title) for s in load_library().sections()) == SECTIONS
    assert len(SECTIONS) == 42


def test_the_brackets_of_the_signature_pages_are_half_width() -> None:
    titles = {s.number: s.title for s in load_library().sections()}
    assert "(委托方)" in titles["14.1"]
    assert "(受托方)" in titles["14.2"]
