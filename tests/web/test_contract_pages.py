"""The pages of a contract: filed from a draft, one head over all of them."""

from __future__ import annotations

import re

from tests.web.conftest import Visitor


def test_a_draft_is_filed_as_a_contract_and_leads_to_it(visitor: Visitor) -> None:
    draft = visitor.draft(party_a__name="甲方有限公司", party_b__name="乙方有限公司")
    assert "登记为合同" in visitor.get(f"/drafts/{draft}/").get_data(as_text=True)
    made = visitor.post(f"/drafts/{draft}/contract")
    place = made.headers["Location"]
    assert re.fullmatch(r"/contracts/[0-9a-f]{32}/", place)
    page = visitor.get(place).get_data(as_text=True)
    for words in ("甲方有限公司", "乙方有限公司", "起草", "补全文本，提交审查", "王律师"):
        assert words in page
    workspace = visitor.get(f"/drafts/{draft}/").get_data(as_text=True)
    assert place in workspace
    assert "登记为合同" not in workspace
    assert place in visitor.get("/contracts/").get_data(as_text=True)


def test_a_draft_is_filed_once(visitor: Visitor) -> None:
    draft = visitor.draft()
    visitor.post(f"/drafts/{draft}/contract")
    again = visitor.post(f"/drafts/{draft}/contract")
    assert again.status_code == 422
    assert "已登记为合同" in again.get_data(as_text=True)


def test_a_contract_that_is_not_there_is_said_to_be_missing(visitor: Visitor) -> None:
    answer = visitor.get(f"/contracts/{'0' * 32}/")
    assert answer.status_code == 404
    assert "没有找到这份合同" in answer.get_data(as_text=True)
