"""The ceremony by which somebody outside the house signs: link, one-time code, reading, consent, PIN (电子签名法 5, 9, 13; section 14).

Numbers that bound guessing stand here, and the words that a signatory consents to.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import Enum

from app.domain.errors import ContractError

CODE_LIFE = timedelta(minutes=10)
CODE_TRIES = 5
"""Wrong entries of one code; then another one must be asked for."""
CODE_PAUSE = timedelta(seconds=60)
"""Between two codes."""
MOST_CODES = 10
"""Codes of one link: 50 guesses of a million in all."""
MOST_TEXTS_AN_HOUR, MOST_TEXTS_A_DAY = 6, 15
"""Short messages to one number, by whatever links: nobody's telephone is flooded."""
SESSION_LIFE = timedelta(hours=2)
COPY_LIFE = timedelta(days=30)
"""How long the link to the finished copy works."""
REMIND_EVERY = timedelta(days=3)
PIN_TRIES = 5
"""Wrong PINs in a row; the key is then given up, and a new one is made with a new PIN."""


class CodeWay(Enum):
    """How a one-time code goes to a signatory; whoever starts the signing chooses. The value is stored."""

    MAIL = "mail"
    SMS = "sms"

    @property
    def label(self) -> str:
        return {"mail": "邮件", "sms": "短信"}[self.value]


class Carried(Enum):
    """What had become of a code's message when the code was entered. The value is stored."""

    SENT = "sent"
    KEPT = "kept"
    """Nothing was set up that could carry it: it lay in the outbox of this system, and whoever may look there could pass it on."""
    UNKNOWN = "unknown"
    """No carrier had said yet how it ended."""


REASON = "同意并签署本合同"


def consent_text(title: str, number: str, pages: int, digest: str, party: str, name: str, *, signs: bool, seals: bool) -> str:
    """What a signatory agrees to, word for word; it goes into the evidence with its hash. ``signs``, ``seals``: which marks, or both."""
    deeds = (["以电子签名方式签署本合同"] if signs else []) + ([f"在本合同上加盖{party}的电子印章"] if seals else [])
    return (
        f"本人{name}代表{party}，已逐页阅读合同《{title}》（编号{number}，共{pages}页，文本摘要SHA-256：{digest}）的全部内容。\n"
        f"本人同意{'，并'.join(deeds)}，知悉依照《中华人民共和国电子签名法》第十四条，可靠的电子签名与手写签名或者盖章具有同等的法律效力。\n"
        "本人的签名密钥由仅为本人所知的签署密码控制，使用自有数字证书的由本人自己的设备控制；本人妥善保管，不交由他人使用。\n"
        "本人知悉：签名证书由本系统的内置机构签发的，该机构不是依法设立的电子认证服务提供者；"
        "签署过程中的阅读、同意和签名，连同时间、网络地址和浏览器信息，将作为证据留存。"
    )


def require_code_allowed(sent: int, last_until: datetime | None, now: datetime) -> None:
    """Raises ``signing.code_rate`` where no further code may be sent now. ``last_until``: until when the last one works."""
    if sent >= MOST_CODES:
        raise ContractError("signing.code_rate", "这个链接取得验证码的次数已达上限，请联系发起方重新发送签署链接。")
    if last_until is not None and now < last_until - CODE_LIFE + CODE_PAUSE:
        wait = int((last_until - CODE_LIFE + CODE_PAUSE - now).total_seconds()) + 1
        raise ContractError("signing.code_rate", f"验证码刚刚发出，请在{wait}秒后再重新获取。")


def require_number_allowed(sent: Sequence[datetime], now: datetime) -> None:
    """Raises ``signing.code_rate`` where no further short message may go to a number. ``sent``: when the others were written."""
    hour, day = (sum(1 for at in sent if at > now - span) for span in (timedelta(hours=1), timedelta(days=1)))
    if any(at > now - CODE_PAUSE for at in sent):
        raise ContractError("signing.code_rate", "刚刚向这个手机号发送过短信，请一分钟后再重新获取。")
    if hour >= MOST_TEXTS_AN_HOUR or day >= MOST_TEXTS_A_DAY:
        raise ContractError(
            "signing.code_rate",
            f"发往这个手机号的短信已达上限（每小时{MOST_TEXTS_AN_HOUR}条、每天{MOST_TEXTS_A_DAY}条），请稍后再试，或者联系发起方。",
        )


def masked(email: str) -> str:
    """An address shown to somebody who has not proven to be its owner: ``z***@example.com``."""
    name, _, host = email.partition("@")
    return f"{name[:1]}***@{host}"
