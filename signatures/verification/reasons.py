"""Why a verdict is what it is: every reason with its weight and its words in Chinese and English."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum


class Weight(Enum):
    """What a reason does to the verdict."""

    UNREADABLE = "unreadable"
    FAILS = "fails"
    INCOMPLETE = "incomplete"
    UNTRUSTED = "untrusted"
    NOTE = "note"


_TEXTS: Mapping[str, tuple[Weight, str, str]] = {
    # the file as such
    "file.empty": (Weight.UNREADABLE, "文件为空或者不是 PDF。", "The file is empty or not a PDF."),
    "file.large": (
        Weight.UNREADABLE,
        "文件超过 {limit} MB，不予解析。",
        "The file is larger than {limit} MB and is not examined.",
    ),
    "file.encrypted": (Weight.UNREADABLE, "文件已加密，无法验证。", "The file is encrypted and can't be verified."),
    "file.structure": (
        Weight.UNREADABLE,
        "文件结构不符合 PDF 规范，无法可靠解析：{detail}",
        "The structure breaks the PDF rules and can't be read reliably: {detail}",
    ),
    "file.limits": (
        Weight.UNREADABLE,
        "解析超出了时间或者内存限制；正常的合同不会如此，文件可能带有恶意内容。",
        "Examination ran out of time or memory; an ordinary contract does not, so the file may be hostile.",
    ),
    "file.trailing": (
        Weight.FAILS,
        "最后一个签署版本之后还有 {count} 字节内容，不在任何签名保护之下。",
        "{count} bytes follow the last revision and are protected by no signature.",
    ),
    "file.not_final": (
        Weight.FAILS,
        "文件与系统留存的最终文件不一致（SHA-256 不同）；它可能是较早的版本或者被重新保存过。",
        "The file is not the final one on record (SHA-256 differs); it may be an earlier state or was saved anew.",
    ),
    "file.known": (Weight.NOTE, "文件与系统留存的最终文件逐字节一致。", "The file is byte for byte the final one on record."),
    "file.unsigned": (Weight.NOTE, "文件中没有任何电子签名。", "There is no electronic signature in the file."),
    # certification
    "freeze.missing": (
        Weight.FAILS,
        "第一个签名不是定稿认证，文件没有限定签署后允许的改动。",
        "The first signature is not a certification, so that nothing limits later changes.",
    ),
    "freeze.level": (
        Weight.FAILS,
        "定稿认证允许填写栏位以外的改动（DocMDP {level}）。",
        "The certification allows more than form filling (DocMDP {level}).",
    ),
    "freeze.other": (
        Weight.FAILS,
        "定稿认证所用的证书不是本系统的证书。",
        "The certification was not made with the certificate of this system.",
    ),
    # one signature
    "signature.broken": (
        Weight.FAILS,
        "“{label}”的签名与其所签内容不符：内容在签署后被改动，或者签名取自别的文件。",
        "“{label}”: the signature does not match its content, which was changed after signing, or the signature is from another file.",
    ),
    "signature.malformed": (
        Weight.FAILS,
        "“{label}”的签名数据无法解析或者格式不被接受：{detail}",
        "“{label}”: the signature data can't be read or is not accepted: {detail}",
    ),
    "signature.coverage": (
        Weight.FAILS,
        "“{label}”的签名没有覆盖它所在的整个版本。",
        "“{label}”: the signature does not cover the whole of its revision.",
    ),
    "signature.weak": (
        Weight.FAILS,
        "“{label}”使用了不再安全的算法（{detail}）。",
        "“{label}” uses an algorithm that is no longer secure ({detail}).",
    ),
    "signature.changed": (
        Weight.FAILS,
        "“{label}”签署之后，文件发生了不允许的改动：{detail}",
        "After “{label}” was signed, the file was changed in a way that is not allowed: {detail}",
    ),
    "signature.unexpected": (
        Weight.FAILS,
        "签名“{label}”不在定稿时设置的签署栏位之内，是事后添加的。",
        "“{label}” is not one of the places set at the freeze; it was added later.",
    ),
    "signature.removed": (
        Weight.FAILS,
        "“{label}”曾经签署，其签名后来被移除。",
        "“{label}” had been signed, and its signature was removed later.",
    ),
    "signature.missing": (Weight.INCOMPLETE, "“{label}”尚未签署。", "“{label}” is not signed yet."),
    "signature.other_signer": (
        Weight.FAILS,
        "“{label}”所用的证书与系统登记的签署人证书不符。",
        "“{label}” was not made with the certificate on record for this signatory.",
    ),
    # trust
    "trust.unknown": (
        Weight.UNTRUSTED,
        "“{label}”的证书不是由受信任的机构签发，无法确认签名人身份。",
        "“{label}”: the certificate was not issued by a trusted authority; the signatory's identity is not confirmed.",
    ),
    "trust.revoked": (
        Weight.FAILS,
        "“{label}”的证书在签署之前已被吊销。",
        "“{label}”: the certificate had been revoked before the signature.",
    ),
    "trust.expired": (
        Weight.UNTRUSTED,
        "“{label}”的证书在可以证明的签署时间并不有效。",
        "“{label}”: the certificate was not valid at the time that can be proven.",
    ),
    "trust.status": (
        Weight.UNTRUSTED,
        "“{label}”的证书是否曾被吊销无从得知：文件中没有证书状态信息。",
        "“{label}”: whether the certificate was revoked is not known; the file carries no status information.",
    ),
    "trust.other": (
        Weight.UNTRUSTED,
        "“{label}”的证书未能通过验证（{detail}）。",
        "“{label}”: the certificate could not be validated ({detail}).",
    ),
    # time
    "time.none": (
        Weight.NOTE,
        "“{label}”没有时间戳，签署时间只是签名人自己的陈述。",
        "“{label}” has no timestamp; its time is the signatory's own statement.",
    ),
    "time.untrusted": (
        Weight.UNTRUSTED,
        "“{label}”的时间戳未能通过验证。",
        "“{label}”: the timestamp could not be validated.",
    ),
    "time.own": (
        Weight.NOTE,
        "签署时间由本系统内置的时间戳证明：它证明先后顺序和此后未改动，不是独立第三方的时间。",
        "Times are asserted by this system's own timestamps: they prove order and integrity, not an independent time.",
    ),
    "time.outside": (
        Weight.NOTE,
        "签署时间由外部时间戳服务证明：{detail}。",
        "Times are asserted by an outside timestamp service: {detail}.",
    ),
    "time.status": (
        Weight.NOTE,
        "外部时间戳服务“{detail}”的证书是否曾被吊销，文件中没有记载；时间戳本身和签发机构均已核对。",
        "Whether the certificate of the timestamp service “{detail}” was ever revoked is not on record in the file; the stamp and its authority were checked.",
    ),
    "authority.own": (
        Weight.NOTE,
        "签名证书由本系统内置的签发机构签发，该机构不是依法设立的电子认证服务提供者。",
        "Certificates were issued by this system's built-in authority, which is not a licensed certification service.",
    ),
    "archive.none": (
        Weight.NOTE,
        "文件没有存档时间戳，证书到期后将难以验证。",
        "The file has no archive timestamp; verification will be hard once certificates have ended.",
    ),
    "archive.until": (
        Weight.NOTE,
        "存档时间戳的证书有效至 {day}，此前须续期。",
        "The archive timestamp's certificate is valid until {day}; it is to be renewed before.",
    ),
    # attachments
    "attachment.changed": (
        Weight.FAILS,
        "附件“{name}”在定稿后被替换或者改动。",
        "The attachment “{name}” was replaced or changed after the freeze.",
    ),
    "attachment.added": (Weight.FAILS, "附件“{name}”是定稿后添加的。", "The attachment “{name}” was added after the freeze."),
    "attachment.removed": (Weight.FAILS, "附件“{name}”在定稿后被删去。", "The attachment “{name}” was removed after the freeze."),
}


@dataclass(frozen=True, slots=True)
class Reason:
    """One thing that was found. ``code`` is stable."""

    code: str
    weight: Weight
    chinese: str
    english: str


def reason(code: str, **values: object) -> Reason:
    """The reason with its words filled in."""
    weight, chinese, english = _TEXTS[code]
    return Reason(code, weight, chinese.format(**values), english.format(**values))
