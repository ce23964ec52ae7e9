"""Mobile numbers as E.164, and as strangers may see them."""

from __future__ import annotations

import pytest

from app.domain.errors import ContractError
from app.domain.phones import masked_number, mobile_number


@pytest.mark.parametrize(
    ("entered", "number"),
    [
        ("13812345678", "+8613812345678"), ("138 1234 5678", "+8613812345678"), ("138-1234-5678", "+8613812345678"),
        ("+86 138 1234 5678", "+8613812345678"), ("0086 13812345678", "+8613812345678"), ("8613812345678", "+8613812345678"),
        ("１３８１２３４５６７８", "+8613812345678"), ("+852 9123 4567", "+85291234567"), ("+1 (415) 555-0132", "+14155550132"),
    ],
)  # fmt: skip
def test_a_number_is_brought_into_one_form(entered: str, number: str) -> None:
    assert mobile_number(entered) == number
    assert mobile_number(number) == number


@pytest.mark.parametrize(
    "entered",
    ["", "1381234567", "12812345678", "021-6543 2100", "+86 128 1234 5678", "+8613812345", "91234567", "+0123456789", "+1234567890123456",
     "1381234567x", "+852"],
)  # fmt: skip
def test_what_is_no_mobile_number_is_refused_with_an_example(entered: str) -> None:
    with pytest.raises(ContractError, match=r"写法有误.+例如") as refused:
        mobile_number(entered)
    assert refused.value.code == "phone.number"


def test_a_masked_number_tells_its_owner_and_nobody_else() -> None:
    assert masked_number("+8613812345678") == "+86 138****5678"
    assert masked_number("+85291234567") == "+852****67"
