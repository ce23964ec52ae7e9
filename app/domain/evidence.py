"""The report of an evidence package, as plain words in parts: what a renderer draws and what a court reads. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.domain.ceremony import Carried, CodeWay

EVENTS = {
    "frozen": "文本定稿并由系统认证",
    "invited": "发出签署链接",
    "reminded": "提醒并重新发出签署链接",
    "code_sent": "生成一次性验证码并交付投递",
    "code_wrong": "验证码输入有误",
    "code_delivered": "投递的服务器（短信网关或者邮件服务器）已接收验证码",
    "code_kept": "验证码没有发出：未接通投递的服务器，只存于本系统发件箱",
    "code_undelivered": "验证码未能送达",
    "code_way_changed": "更改验证码的接收方式",
    "identified": "输入的验证码核对无误",
    "read": "阅读",
    "consented": "逐项确认并同意电子签名",
    "signed": "签署",
    "refused": "拒绝签署",
    "withdrawn": "发起人撤回签署",
    "lapsed": "签署期限届满",
    "replaced": "更换签署人",
    "authority_renewed": "更新授权委托书",
    "address_corrected": "更正邮箱",
    "key_given_up": "弃用签名密钥（签署密码遗忘或者多次输错）",
    "complete": "全部签署完毕",
    "archived": "加盖存档时间戳",
    "copy_sent": "发出签署完毕的副本",
    "told_over": "告知签署停止",
    "paper_scan": "收到纸质签署的扫描件并逐页核对",
    "paper_signed": "登记纸质签署",
    "imported": "接受在系统外签署的文件",
    "remote_begun": "准备由外部设备签署摘要",
    "remote_signed": "接受外部设备的签名",
}
"""What happened in a signing, by the stable code of the event."""

_SERVERS = {CodeWay.SMS: "短信网关", CodeWay.MAIL: "邮件服务器"}


def code_words(way: CodeWay, to: str, carried: Carried | None) -> str:
    """By which way a code went, to whom (masked), and what is known of its having gone at all."""
    told = {
        Carried.KEPT: f"，未经{_SERVERS[way]}，存于本系统发件箱，不能证明由该号码或者邮箱的持有人输入",
        Carried.UNKNOWN: f"，输入时{_SERVERS[way]}尚无答复",
    }
    return f"{way.label}，{to}{told.get(carried, '') if carried is not None else ''}"


_LIMITS = (
    "使用系统内置时间戳的，时间由签署系统自身的时钟和密钥证明：它证明先后顺序以及此后未被改动，不是独立第三方的时间。",
    "系统绘制的印章图样带有电子签章字样和证书序列号，不是公安机关备案的实物印章，也不是 GB/T 38540 所称的电子印章。",
    "证据包自带的 verify.py 只需 Python 标准库和 OpenSSL，核对清单、各文件、各签名和时间戳；它不分析各签名之间的增量改动。",
    "根证书指纹须从证据包以外的来源取得（合同签署页、对方当事人、签署系统的公开页面），否则不能证明证据包由谁制作。",
)


def limits(own: Sequence[str], outside: Sequence[tuple[str, str]]) -> tuple[str, ...]:
    """What the package proves and what it does not, by whose certificates there are. ``own``: marks signed with certificates of the built-in
    authority, which also certified the text; ``outside``: marks and the issuers of the parties' own certificates (电子签名法 16–18).
    """
    told = [
        f"下列签名的证书由签署系统内置的签发机构签发：{'、'.join(('系统的定稿认证', *own))}。"
        "该机构不是依法设立的电子认证服务提供者，这些证书不构成第三方认证（电子签名法第十六条至第十八条）。"
    ]
    told += [
        f"{label}使用签署方自有的证书，由“{issuer}”签发；该机构是否依法设立的电子认证服务提供者，由接收方核实。"
        for label, issuer in outside
    ]
    if outside:
        told.append(
            "核对使用自有证书的签名，须以 --signer-ca 向 verify.py 提供签发机构的证书；"
            "这些证书的状态数据（是否吊销）在 signed.pdf 之内，verify.py 不核对。"
        )
    return (*told, *_LIMITS)


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a report: words, then a table where there is one."""

    heading: str
    words: tuple[str, ...] = ()
    head: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class EvidenceReport:
    title: str
    number: str
    made_at: str
    verdict: str
    parts: tuple[Part, ...]
