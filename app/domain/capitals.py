"""Renminbi amounts in Chinese capitals, written and read back (brief B3; 支付结算办法附一; 票据法 art. 8).

What the system writes: prefix 人民币; 整 behind 元 only; no 整 behind 角 or 分; a 零 between 元 and 分 where 角 is nought. What it
reads: every permitted variant (正 for 整, 圆 for 元, traditional characters, a 零 that is optional) and nothing else.
"""

from __future__ import annotations

import re
from decimal import Decimal

DIGITS = "零壹贰叁肆伍陆柒捌玖"
LIMIT = Decimal("9999999999999999.99")
_PLACES = ("", "拾", "佰", "仟")
_GROUPS = ("", "万", "亿", "万")
"""Units of four digits each, lowest first; the last one counts 亿: 壹万亿, 壹万零伍亿."""
_PREFIX = "人民币"
_CENT = Decimal("0.01")
_VARIANTS = str.maketrans("圓圆正貳參叄陸億萬負幣", "元元整贰叁叁陆亿万负币")
_FORBIDDEN = frozenset("一二三四五六七八九十百千〇两兩另廿卅毛块")
_KNOWN = frozenset(DIGITS + "拾佰仟万亿元角分整负")
_SHAPE = re.compile(
    r"(?P<minus>负?)(?:(?P<yuan>[零壹贰叁肆伍陆柒捌玖拾佰仟万亿]+)元)?(?:零?(?P<jiao>[壹贰叁肆伍陆柒捌玖])角)?"
    r"(?:零?(?P<fen>[壹贰叁肆伍陆柒捌玖])分)?整?"
)
_LONGEST = 64


def to_capitals(amount: Decimal) -> str:
    """``Decimal('1409.50')`` → ``人民币壹仟肆佰零玖元伍角``. A negative amount is written with 负 behind the prefix.

    Raises ``ValueError`` where the amount is no number, has fractions of a 分 or more than sixteen digits before the point.
    """
    if not amount.is_finite() or abs(amount) > LIMIT:
        raise ValueError("金额过大，无法写成大写")
    if amount != amount.quantize(_CENT):
        raise ValueError("金额的小数不得超过两位")
    return _PREFIX + _spelled(amount, "", "", "整")


def parse_capitals(text: str) -> Decimal:
    """The amount that capitals state; accepts every permitted variant, with or without 人民币.

    Raises ``ValueError`` that says what is wrong and, where an amount can be made out, how it is written.
    """
    body = text.strip().translate(_VARIANTS).removeprefix(_PREFIX)
    if not body:
        raise ValueError("大写金额为空")
    if any(c.isspace() for c in body):
        raise ValueError(f"“{text}”：大写金额之间不得留空")
    for char in body:
        if char in _FORBIDDEN:
            raise ValueError(f"“{text}”：大写金额不得使用“{char}”")
        if char not in _KNOWN:
            raise ValueError(f"“{text}”：大写金额中不能识别“{char}”")
    shape = _SHAPE.fullmatch(body) if len(body) <= _LONGEST else None
    if shape is None or not (shape["yuan"] or shape["jiao"] or shape["fen"]):
        raise ValueError(f"“{text}”：大写金额应按“……元……角……分”的次序书写")
    amount = _amount(shape)
    if abs(amount) > LIMIT:
        raise ValueError(f"“{text}”：金额过大")
    if not re.fullmatch(_spelled(amount, "零?", "整?", "整"), _without_nought(body, amount)):
        raise ValueError(f"“{text}”书写不规范，应写作“{to_capitals(amount)}”")
    return amount


def capitals_state(text: str, amount: Decimal) -> bool:
    """Whether the capitals state exactly this amount, in any permitted way."""
    try:
        return parse_capitals(text) == amount
    except ValueError:
        return False


def capitals_equal(left: str, right: str) -> bool:
    """Whether two spellings state the same amount; False where one of them states none."""
    try:
        return parse_capitals(left) == parse_capitals(right)
    except ValueError:
        return False


def _spelled(amount: Decimal, optional: str, optional_end: str, end: str) -> str:
    """The spelling behind the prefix. ``optional`` stands where a 零 may be written or left out, ``optional_end`` behind 角
    where 整 may; with regular expressions in their place the spelling is the pattern of all permitted ones."""
    yuan, rest = divmod(int(abs(amount) * 100), 100)
    jiao, fen = divmod(rest, 10)
    sign = "负" if amount < 0 else ""
    text = f"{_integer(yuan, optional)}元" if yuan else ""
    if not rest:
        return f"{sign}{text or '零元'}{end}"
    if jiao:
        text += (optional if yuan and yuan % 10 == 0 else "") + f"{DIGITS[jiao]}角"
    elif yuan:
        text += "零"
    return sign + text + (f"{DIGITS[fen]}分" if fen else optional_end)


def _integer(value: int, optional: str) -> str:
    groups: list[int] = []
    while value:
        value, group = divmod(value, 10_000)
        groups.append(group)
    text, gap, before = "", False, 0
    for index in range(len(groups) - 1, -1, -1):
        group = groups[index]
        if group:
            if text and (gap or group < 1000):
                text += "零"
            elif text and before % 10 == 0:
                # 107,000: the 万 place is nought, the 仟 place is not, so 零 may be written (brief B3-4).
                text += optional
            text += _four(group) + _GROUPS[index]
        elif index == 2:
            text += "亿"
        gap, before = not group, group
    return text


def _four(group: int) -> str:
    text, gap = "", False
    for place in range(3, -1, -1):
        digit = group // 10**place % 10
        if digit:
            text += ("零" if gap and text else "") + DIGITS[digit] + _PLACES[place]
        gap = not digit
    return text


def _amount(shape: re.Match[str]) -> Decimal:
    """The amount that a spelling seems to mean; whether it is a permitted spelling is asked afterwards."""
    whole = section = digit = 0
    for char in shape["yuan"] or "":
        if char in DIGITS:
            digit = DIGITS.index(char)
        elif char in _PLACES:
            section, digit = section + digit * 10 ** _PLACES.index(char), 0
        elif char == "万":
            whole, section, digit = whole + (section + digit) * 10_000, 0, 0
        else:
            whole, section, digit = (whole + section + digit) * 10**8, 0, 0
    cents = DIGITS.index(shape["jiao"] or "零") * 10 + DIGITS.index(shape["fen"] or "零")
    amount = Decimal((whole + section + digit) * 100 + cents).scaleb(-2)
    return -amount if shape["minus"] else amount


def _without_nought(body: str, amount: Decimal) -> str:
    """零元伍角, 零元零伍分: with 元 at nought the bare 角 and 分 mean the same."""
    if 0 < abs(amount) < 1:
        return re.sub(r"^(负?)零元零?", r"\1", body)
    return body
