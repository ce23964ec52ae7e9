"""Between the end of a period and its record lie days of grace, and what was objected to once is confirmed by no silence (section 5.2; CC:140)."""

from __future__ import annotations

import pytest

from app.domain.errors import InputError
from app.services.reminder_rules import NewHouse, read_house, set_house
from app.services.service_levels import Evidence, review_month
from app.services.settlement_views import month_desk
from app.services.settling import object_to, void_settlement
from app.store.outbox import messages
from tests.services.living import OFFICIAL, d
from tests.services.paper_house import kit
from tests.services.settling_house import Till, figures
from tests.services.snapshots import filled
from tests.services.test_silence import tick

till = filled(Till.open)
MONTH = "2026-02"


def review_on(till: Till, day: str, agrees: bool = False) -> str:
    """Entered today, said on ``day``."""
    with till.units() as uow:
        return review_month(
            uow, till.actor, till.now, till.today, kit(), till.contract_id, d("2026-02-01"), till.month(MONTH).revision, agrees=agrees,
            on=d(day), evidence=Evidence("接通率分母漏计放弃呼入"),
        )  # fmt: skip


def mails(till: Till) -> int:
    with till.units() as uow:
        return sum(m.key.startswith(("silence:", "silence_broken:")) for m in messages(uow.session))


def test_the_record_waits_for_the_grace_and_the_effect_does_not(till: Till) -> None:
    till.enter(figures(MONTH))
    with till.units() as uow:
        silence = month_desk(uow, till.actor, kit(), till.contract_id, d("2026-02-01")).silence
    assert silence is not None
    assert (silence.last, silence.until) == (d("2026-03-13"), d("2026-03-17"))
    assert tick(till, "2026-03-17").months == 0
    assert tick(till, "2026-03-18").months == 1
    assert till.month(MONTH).confirmed_on == d("2026-03-13")


def test_an_objection_of_the_last_evening_entered_within_the_grace_takes_nothing_back(till: Till) -> None:
    till.enter(figures(MONTH))
    till.confirmed("2026-01")
    made = till.draw("2026-01")
    assert till.receive(made) == d("2026-03-13")
    tick(till, "2026-03-16")
    review_on(till, "2026-03-13")
    with till.units() as uow:
        object_to(
            uow, till.actor, till.now, till.today, kit(), till.contract_id, made, till.row(made).revision, amount=till.row(made).incl,
            on=d("2026-03-13"), reason="整单有异议，见清单",
        )  # fmt: skip
    done = tick(till, "2026-04-20")
    assert (done.months, done.settlements, mails(till)) == (0, 0, 0)
    assert [(s.kind, s.on_day) for s in till.month(MONTH).statements][-1] == ("objected", d("2026-03-13"))


def test_the_grace_is_no_longer_period_to_object(till: Till) -> None:
    till.enter(figures(MONTH))
    tick(till, "2026-03-16")
    with pytest.raises(InputError, match="期限已于2026-03-13届满"):
        review_on(till, "2026-03-16")
    assert "考核已确认" in review_on(till, "2026-03-16", agrees=True)


def test_the_house_says_how_long_the_grace_is(till: Till) -> None:
    with till.units() as uow:
        house = read_house(uow, till.actor)
        hours = (house.hours.send_at, house.hours.quiet_from, house.hours.quiet_until)
    for days, faulty in ((11, True), (5, False)):
        with till.units() as uow:
            new = NewHouse(*hours, None, None, None, silence_grace=days)
            if faulty:
                with pytest.raises(InputError, match="0 至 10"):
                    set_house(uow, till.actor, till.now, till.today, OFFICIAL, new)
            else:
                set_house(uow, till.actor, till.now, till.today, OFFICIAL, new)
    till.enter(figures(MONTH))
    assert tick(till, "2026-03-20").months == 0
    assert tick(till, "2026-03-23").months == 1


def test_the_same_figures_again_begin_no_new_silence_and_changed_ones_do(till: Till) -> None:
    till.enter(figures(MONTH))
    till.review(MONTH, agrees=False, words="接通率分母漏计放弃呼入")
    till.at("2026-03-09").enter(figures(MONTH, report_no="BB-再报"), seen=till.month(MONTH).revision)
    assert till.month(MONTH).silent_on is None
    with till.units() as uow:
        desk = month_desk(uow, till.actor, kit(), till.contract_id, d("2026-02-01"))
    assert desk.contested
    assert desk.silence is not None
    assert "异议仍然有效" in desk.silence.why
    assert tick(till, "2026-04-20").months == 0
    till.enter(figures(MONTH, bad=True), seen=till.month(MONTH).revision)
    assert till.month(MONTH).silent_on == d("2026-04-27")
    till.review(MONTH, agrees=False, words="满意度样本不全，见清单")
    till.enter(figures(MONTH), seen=till.month(MONTH).revision)
    assert till.month(MONTH).silent_on is None, "the first objection still stands"
    till.review(MONTH)
    assert till.month(MONTH).state == "confirmed"


def test_party_a_answers_figures_in_dispute_with_its_result_at_once(till: Till) -> None:
    till.enter(figures(MONTH))
    till.review(MONTH, agrees=False, words="接通率分母漏计放弃呼入")
    till.enter(figures(MONTH), seen=till.month(MONTH).revision)
    till.enter(figures(MONTH, bad=True), seen=till.month(MONTH).revision, by="a")
    assert till.month(MONTH).state == "objected"
    assert till.had_result(MONTH) == till.month(MONTH).silent_on == d("2026-03-11")
    till.enter(figures(MONTH), seen=till.month(MONTH).revision)
    till.enter(figures(MONTH, bad=True), seen=till.month(MONTH).revision, by="a")
    assert till.had_result(MONTH) is None, "party B answered that result with its own figures"


def test_a_sheet_drawn_anew_with_the_amounts_in_dispute_is_confirmed_by_no_silence(till: Till) -> None:
    till.confirmed(MONTH)
    made = till.draw(MONTH)
    with till.units() as uow:
        object_to(
            uow, till.actor, till.now, till.today, kit(), till.contract_id, made, till.row(made).revision, amount=till.row(made).incl,
            on=till.today, reason="整单有异议，见清单",
        )  # fmt: skip
    with till.units() as uow:
        void_settlement(uow, till.actor, till.now, kit(), till.contract_id, made, till.row(made).revision, "重新编制")
    again = till.draw(MONTH)
    assert till.receive(again) is None
    with pytest.raises(InputError, match="异议仍然有效"):
        till.confirm(again, how="silence", on="2026-03-06")
