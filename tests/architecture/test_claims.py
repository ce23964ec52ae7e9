"""What the product says of itself: a claim that belongs to licensed services, outside clocks or registered seals stands only where it is denied."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SPOKEN = (
    "app/**/*.py",
    "app/**/*.po",
    "app/**/*.js",
    "signatures/**/*.py",
    "signatures/**/*.md",
    "templates/**/*.html",
    "README.md",
)
CLAIMS = re.compile(
    "第三方认证|依法设立的电子认证|独立第三方|GB/T 38540|可靠(?:的)?电子签名|法律效力|可信时间戳|区块链|不可篡改|防篡改|绝对安全|绝对可靠|司法认可|权威认证"
    "|third-party certification|licensed certification|licensed provider|independent third|tamper-?proof|blockchain|legally binding",
    re.IGNORECASE,
)
DENIED = re.compile(
    "不是|也不是|不构成|不属于|非独立|并非|没有设置|需要独立|不得|不能|是否| not | no |neither|only licensed|n't", re.IGNORECASE
)
SENTENCE_ENDS = "。；;！？!?"
QUOTED = {
    "app/domain/ceremony.py": "第十四条",  # the words of the statute, with what the certificate is not behind them
    "app/domain/execution.py": '"e_sign": "可靠电子签名"',  # the contract's own name of a condition
}


def spoken() -> Iterator[tuple[str, str]]:
    """Every sentence with a claim in it, and its file."""
    for pattern in SPOKEN:
        for path in sorted(ROOT.glob(pattern)):
            if "vendor" in path.parts:
                continue
            text = re.sub(r'"\s*\n\s*"', "", path.read_text(encoding="utf-8"))  # strings that go on in the next line
            for found in CLAIMS.finditer(text):
                start = max(text.rfind(end, 0, found.start()) for end in SENTENCE_ENDS + "\n") + 1
                stops = [at for end in SENTENCE_ENDS + "\n" if (at := text.find(end, found.end())) >= 0]
                yield str(path.relative_to(ROOT)), text[start : min(stops, default=len(text))].strip()


def test_the_product_claims_nothing_that_it_is_not() -> None:
    bold = [
        (file, sentence)
        for file, sentence in spoken()
        if not DENIED.search(f" {sentence} ") and not (file in QUOTED and QUOTED[file] in sentence)
    ]
    assert bold == []


def test_what_it_is_not_is_said_where_people_sign_verify_and_take_evidence_away() -> None:
    told = {file for file, _ in spoken()}
    assert told >= {
        "app/domain/ceremony.py", "app/domain/evidence.py", "signatures/certificates.py", "signatures/evidence/VERIFY.md",
        "signatures/verification/reasons.py", "templates/web/seals/new.html", "templates/web/setup/index.html", "templates/web/sign/hand.html",
        "templates/web/verification/index.html",
    }  # fmt: skip
