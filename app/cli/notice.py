"""``notice``: when a notice arrives, and until when sending it is safe."""

from __future__ import annotations

from datetime import date

import click

from app.cli.common import today_option
from app.cli.contract_common import acting_option, at_desk, number_argument
from app.cli.term_common import PARTIES, Member, day_type, party, print_date
from app.domain.errors import ContractError
from app.domain.notice import CAUTION, Method, arrival, last_safe_day
from app.domain.reasoning import Reasoner
from app.services.renewal import renewal_desk


@click.group(short_help="通知：到达日与最后安全发出日")
def notice() -> None:
    """按合同第12.2节计算通知的到达。"""


@notice.command("compute", short_help="计算到达日或者最后安全发出日")
@number_argument
@click.option("--to", "recipient", type=party, required=True, help="收件方：a 甲方，b 乙方。")
@click.option("--method", type=Member(Method), required=True, help="送达方式。")
@click.option("--sent", type=day_type, help="发出日：推算最迟到达日。")
@click.option("--arrive-by", "arrive_by", type=day_type, help="应当到达日：倒推最后安全发出日。")
@click.option("--margin", type=click.IntRange(0, 60), default=0, show_default=True, help="在途余量（自然日）。")
@acting_option
@today_option
def compute(
    number: str, recipient: str, method: Method, sent: date | None, arrive_by: date | None, margin: int, login: str, today: date
) -> None:  # fmt: skip
    """由发出日推算最迟到达日，或者由应当到达日倒推最后安全发出日，并逐行显示依据。"""
    if (sent is None) == (arrive_by is None):
        raise click.UsageError("请用 --sent 或者 --arrive-by 之一给出日期。")
    desk = at_desk(login, number)
    with desk.wiring.reading() as uow:
        state = renewal_desk(uow, desk.actor, today, desk.wiring.calendar, desk.contract_id).state
    if method not in state.rules.methods(recipient):
        raise ContractError("notice.address", f"第12.2节没有登记{PARTIES[recipient]}的{method.label}地址。")
    if sent is not None:
        print_date(arrival(method, sent, state.rules, state.calendar), state.instrument)
        return
    reasoner = Reasoner(state.calendar)
    due = reasoner.result("应当到达日", reasoner.given("应当至迟到达", arrive_by or today))
    print_date(last_safe_day(due, method, state.rules, state.calendar, margin), state.instrument)
    if method is Method.EXPRESS:
        click.echo(f"注意：{CAUTION}")
