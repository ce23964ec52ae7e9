"""Powers of attorney of signatories that end soon, and certificates of deletion that are due (brief part D): what the clock is to remind of."""

from __future__ import annotations

from datetime import date

from app.domain.authority import Matter
from app.domain.exit_plan import TaskKey
from app.domain.reminders import Topic
from app.services.reminding import Subject
from app.services.signing_rows import read_details
from app.store.endings import open_tasks_until
from app.store.signings import powers_between
from app.store.uow import UnitOfWork

Found = list[tuple[Subject, date]]


def powers(uow: UnitOfWork, since: date, until: date) -> Found:
    """Powers by which somebody is still to sign, or by which the agent of a contract that runs may still sign what follows it."""
    found: Found = []
    for place, signing in powers_between(uow.session, since, until):
        person = read_details(place).signatory
        power = person.authority
        if power is None:
            continue
        ends = f"有效期至 {power.valid_until.isoformat()}"
        if place.signed_at is None:
            detail = f"{ends}，{person.name}尚未签署；到期后不能再凭此签署，请及时签署，或者在签署页更新授权委托书。"
        else:
            later = [m.label for m in Matter if m in power.matters and m is not Matter.CONTRACT]
            if not later:
                continue
            detail = f"{ends}。到期后{person.name}不能再凭此{'、'.join(later)}；仍由其办理的，请取得新的授权委托书。"
        title = f"{person.party_name}授权代表{person.name}的授权委托书 {power.number}"
        found.append(
            (
                Subject(
                    Topic.AUTHORITY, f"power:{signing.id}:{place.id}", title, f"/contracts/{signing.contract_id}/signing/",
                    signing.contract_id, detail=detail,
                ),
                power.valid_until,
            )
        )  # fmt: skip
    return found


def deletion_certificates(uow: UnitOfWork, until: date) -> Found:
    """Certificates of returned and deleted personal information that ended contracts still lack (sections 7.2, 11.3; PIPL:21, PIPL:47)."""
    found: Found = []
    for task, exit_row in open_tasks_until(uow.session, TaskKey.CERTIFICATE.value, until):
        who = {"a": "甲方", "b": "乙方"}.get(task.obligor, "双方")
        detail = (
            f"合同于 {exit_row.ended_on.isoformat()} 终止，{who}应于 {task.due_on.isoformat()} 前交付返还、删除证明（范围、方法、时间和执行人）。"
            "收到后请在退出任务中登记并存入文件；逾期的，请催告。"
        )
        title = "数据返还、删除证明" + (f"（{exit_row.part}）" if exit_row.part else "")
        subject = Subject(
            Topic.DELETION,
            f"exit:{exit_row.id}",
            title,
            f"/contracts/{exit_row.contract_id}/exit/",
            exit_row.contract_id,
            detail=detail,
        )
        found.append((subject, task.due_on))
    return found
