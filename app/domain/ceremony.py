"""The ceremony by which somebody outside the house signs: link, one-time code, reading, consent, PIN (电子签名法 5, 9, 13; section 14).

Numbers that bound guessing stand here, and the words that a signatory consents to.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from app.domain.errors import ContractError

CODE_LIFE = timedelta(minutes=10)
CODE_TRIES = 5
"""Wrong entries of one code; then another one must be asked for."""
CODE_PAUSE = timedelta(seconds=60)
"""Between two codes."""
MOST_CODES = 10
"""Codes of one link: 50 guesses of a million in all."""
SESSION_LIFE = timedelta(hours=2)
COPY_LIFE = timedelta(days=30)
"""How long the link to the finished copy works."""
REMIND_EVERY = timedelta(days=3)
PIN_TRIES = 5
"""Wrong PINs in a row; the key is then given up, and a new one is made with a new PIN."""

REASON = "同意并签署本合同"


def consent_text(title: str, number: str, pages: int, digest: str, party: str, name: str, seal: bool) -> str:
    """What a signatory agrees to, word for word; it goes into the evidence with its hash."""
    deed = f"加盖{party}的电子印章" if seal else "以电子签名方式签署"
    return (
        f"本人{name}代表{party}，已逐页阅读合同《{title}》（编号{number}，共{pages}页，文本摘要SHA-256：{digest}）的全部内容。\n"
        f"本人同意{deed}本合同，知悉依照《中华人民共和国电子签名法》第十四条，可靠的电子签名与手写签名或者盖章具有同等的法律效力。\n"
        "本人的签名密钥由仅为本人所知的签署密码控制；本人妥善保管签署密码，不交由他人使用。\n"
        "本人知悉：签名证书由本系统的内置机构签发，该机构不是依法设立的电子认证服务提供者；"
        "签署过程中的阅读、同意和签名，连同时间、网络地址和浏览器信息，将作为证据留存。"
    )


def require_code_allowed(sent: int, last_until: datetime | None, now: datetime) -> None:
    """Raises ``signing.code_rate`` where no further code may be sent now. ``last_until``: until when the last one works."""
    if sent >= MOST_CODES:
        raise ContractError("signing.code_rate", "这个链接取得验证码的次数已达上限，请联系发起方重新发送签署链接。")
    if last_until is not None and now < last_until - CODE_LIFE + CODE_PAUSE:
        wait = int((last_until - CODE_LIFE + CODE_PAUSE - now).total_seconds()) + 1
        raise ContractError("signing.code_rate", f"验证码刚刚发出，请在{wait}秒后再重新获取。")


def masked(email: str) -> str:
    """An address shown to somebody who has not proven to be its owner: ``z***@example.com``."""
    name, _, host = email.partition("@")
    return f"{name[:1]}***@{host}"
