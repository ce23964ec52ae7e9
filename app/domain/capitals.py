"""Renminbi amounts in Chinese capitals, written and read back (brief B3; 支付结算办法附一; 票据法 art. 8).

What the system writes: prefix 人民币; 整 behind 元 only; no 整 behind 角 or 分; a 零 between 元 and 分 where 角 is nought. What it
reads: every permitted variant (正 for 整, 圆 for 元, optional 零, traditional figures).
"""

from __future__ import annotations

from decimal import Decimal

DIGITS = "零壹贰叁肆伍陆柒捌玖"
_PLACES = ("", "拾", "佰", "仟")
_GROUPS = ("", "万", "亿", "万亿")
LIMIT = Decimal("9999999999999999.99")
_CENT = Decimal("0.01")
_VARIANTS = str.maketrans("圓圆正貳貮參叄陸億萬兩弍零〇", "元元整贰贰叁叁陆亿万贰贰零零")
_PREFIXES = ("人民币", "人民幣")


def to_capitals(amount: Decimal) -> str:
    """``Decimal('1409.50')`` → ``人民币壹仟肆佰零玖元伍角``. A negative amount is written with 负.

    Raises ``ValueError`` where the amount has fractions of a 分 or sixteen digits are not enough.
    """
    if amount != amount.quantize(_CENT):
        raise ValueError("金额的小数不得超过两位")
    if abs(amount) > LIMIT:
        raise ValueError("金额过大，无法写成大写")
    sign = "负" if amount < 0 else ""
    cents = int(abs(amount) * 100)
    yuan, rest = divmod(cents, 100)
    jiao, fen = divmod(rest, 10)
    text = f"{_integer(yuan)}元" if yuan else ""
    if not rest:
        return f"人民币{sign}{text or '零元'}整"
    if jiao:
        text += f"{DIGITS[jiao]}角"
    elif yuan:
        text += "零"
    if fen:
        text += f"{DIGITS[fen]}分"
    return f"人民币{sign}{text}"


def _integer(value: int) -> str:
    groups: list[int] = []
    while value:
        value, group = divmod(value, 10_000)
        groups.append(group)
    text, gap = "", False
    for index in range(len(groups) - 1, -1, -1):
        group = groups[index]
        if not group:
            gap = bool(text)
            # 万亿: a 亿 must stand even where the group of 亿 itself is nought.
            if index == 2 and len(groups) > 3:
                text += "亿"
            continue
        if text and (gap or group < 1000):
            text += "零"
        unit = _GROUPS[index] if index < 3 or not groups[2] else "万"
        text += _four(group) + (unit if index != 3 or groups[2] else "万")
        gap = False
    return text


def _four(group: int) -> str:
    text, gap = "", False
    for place in range(3, -1, -1):
        digit = group // 10**place % 10
        if digit:
            text += ("零" if gap and text else "") + DIGITS[digit] + _PLACES[place]
            gap = False
        else:
            gap = True
    return text


def parse_capitals(text: str) -> Decimal:
    """The amount that capitals state; accepts every permitted variant. Raises ``ValueError`` on anything else."""
    body = "".join(text.split()).translate(_VARIANTS)
    for prefix in _PREFIXES:
        body = body.removeprefix(prefix)
    negative = body.startswith("负")
    body = body.removeprefix("负")
    if not body or set(body) - set(DIGITS + "拾佰仟万亿元角分整"):
        raise ValueError(f"“{text}”不是有效的人民币大写")
    whole = body.endswith("整")
    body = body.removesuffix("整")
    yuan_text, found, small = body.partition("元")
    if not found:
        yuan_text, small = "", body
        if not small:
            raise ValueError(f"“{text}”缺少“元”")
    cents = _small(small, text)
    if whole and cents % 10:
        raise ValueError(f"“{text}”：有分的不写“整”")
    yuan = _read(yuan_text, text) if yuan_text else 0
    if not found and not cents:
        raise ValueError(f"“{text}”不是有效的人民币大写")
    amount = Decimal(yuan) + Decimal(cents) / 100
    return (-amount if negative else amount).quantize(_CENT)


def _small(text: str, whole: str) -> int:
    rest = text.removeprefix("零") if text != "零" else text
    jiao = fen = 0
    if len(rest) >= 2 and rest[1] == "角" and rest[0] in DIGITS:
        jiao, rest = DIGITS.index(rest[0]), rest[2:]
        rest = rest.removeprefix("零") if len(rest) > 1 else rest
    if len(rest) == 2 and rest[1] == "分" and rest[0] in DIGITS:
        fen, rest = DIGITS.index(rest[0]), ""
    if rest:
        raise ValueError(f"“{whole}”的角分部分有误")
    return jiao * 10 + fen


def _read(text: str, whole: str) -> int:
    if text == "零":
        return 0
    high, found, low = text.rpartition("亿")
    if found:
        return _read(high, whole) * 10**8 + (_read(low.removeprefix("零"), whole) if low not in ("", "零") else 0)
    high, found, low = text.partition("万")
    if found:
        if not high:
            raise ValueError(f"“{whole}”的“万”前缺少数字")
        return _section(high, whole) * 10_000 + (_section(low, whole) if low not in ("", "零") else 0)
    return _section(text, whole)


def _section(text: str, whole: str) -> int:
    total, digit, last = 0, None, 10_000
    for char in text:
        if char in _PLACES[1:]:
            weight = 10 ** _PLACES.index(char)
            if digit is None or digit == 0 or weight >= last:
                raise ValueError(f"“{whole}”的“{char}”前缺少数字或次序有误")
            total, digit, last = total + digit * weight, None, weight
        elif char == "零":
            if digit is not None:
                raise ValueError(f"“{whole}”的“零”位置有误")
        elif char in DIGITS:
            if digit is not None:
                raise ValueError(f"“{whole}”的数字之间缺少数位")
            digit = DIGITS.index(char)
        else:
            raise ValueError(f"“{whole}”不是有效的人民币大写")
    if digit is not None and last == 1:
        raise ValueError(f"“{whole}”不是有效的人民币大写")
    return total + (digit or 0)


def capitals_equal(left: str, right: str) -> bool:
    """Whether two spellings state the same amount; False where one of them states none."""
    try:
        return parse_capitals(left) == parse_capitals(right)
    except ValueError:
        return False
