"""The state of the installation for its administrator: certificates, keys, time, mail, stored files, the log. Nothing is changed here."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from app.domain.errors import ContractError
from app.domain.permissions import Action, Actor, require
from app.domain.term import BEIJING
from app.services.heartbeat import last_beat, stopped_since
from app.services.ports import AuthorityServices, KeyHealth, OwnCertificate
from app.store.audit import last_verification
from app.store.documents import all_blob_faults
from app.store.outbox import FAILED, LOCAL, WAITING, count_by_state
from app.store.signings import count_certificates, revoked_certificates
from app.store.uow import UnitOfWork


@dataclass(frozen=True, slots=True)
class Alarm:
    """A sentence for every page of the administrator's, until it is mended."""

    message: str


@dataclass(frozen=True, slots=True)
class Setup:
    """``clock_seen``: the clock's last beat. ``certificates`` empty: none was needed yet. ``problem``: why the authority or its keys can't be used."""

    certificates: tuple[OwnCertificate, ...]
    issued: int
    revoked: int
    problem: str
    keys: KeyHealth | None
    mails: dict[str, int]
    damaged: int
    log_sound: bool | None
    log_checked: datetime | None
    alarms: tuple[Alarm, ...]
    clock_seen: datetime | None = None
    clock_stopped: bool = False


def read_setup(uow: UnitOfWork, actor: Actor, now: datetime, room: AuthorityServices) -> Setup:
    """Everything at once; what can't be read is an alarm, never an error."""
    require(actor, Action.READ_SETUP)
    return setup_at_machine(uow, now, room)


def setup_at_machine(uow: UnitOfWork, now: datetime, room: AuthorityServices) -> Setup:
    """The same for somebody at the machine itself."""
    problem, keys = "", None
    certificates: tuple[OwnCertificate, ...] = ()
    try:
        keys = room.key_health()
        certificates = room.own_certificates()
    except ContractError as error:
        problem = error.message
    verified = last_verification(uow.session)
    counts = count_by_state(uow.session)
    setup = Setup(
        certificates, count_certificates(uow.session), len(revoked_certificates(uow.session)), problem, keys,
        {state: counts.get(state, 0) for state in (WAITING, FAILED, LOCAL)}, len(all_blob_faults(uow.session)),
        verified.sound if verified else None, verified.at if verified else None, (), last_beat(uow), stopped_since(uow, now) is not None,
    )  # fmt: skip
    return replace(setup, alarms=_alarms(setup))


def alarms_of(uow: UnitOfWork, actor: Actor, room: AuthorityServices) -> tuple[Alarm, ...]:
    """For the banner: only what keeps people from signing, or will soon."""
    require(actor, Action.READ_SETUP)
    issued = count_certificates(uow.session)
    if not issued and not room.made:
        return ()
    try:
        certificates = room.own_certificates()
    except ContractError as error:
        return (Alarm(error.message),)
    return _certificate_alarms(certificates, issued)


def _alarms(setup: Setup) -> tuple[Alarm, ...]:
    stopped = setup.clock_seen if setup.clock_stopped else None
    since = (
        f"后台任务自 {stopped.astimezone(BEIJING):%Y-%m-%d %H:%M} 起没有运行：邮件、到期提醒和合同阶段都已停止，请检查 clock 进程。"
        if stopped
        else ""
    )
    found = [Alarm(since)] if since else []
    found += [Alarm(setup.problem)] if setup.problem else list(_certificate_alarms(setup.certificates, setup.issued))
    if setup.damaged:
        found.append(Alarm(f"有{setup.damaged}个存储的文件损坏或者丢失，请从备份恢复。"))
    if setup.log_sound is False:
        found.append(Alarm("审计日志的验证没有通过，请查看审计日志。"))
    if setup.mails[FAILED]:
        found.append(Alarm(f"有{setup.mails[FAILED]}封邮件投递失败，请查看发件箱。"))
    return tuple(found)


def _certificate_alarms(certificates: tuple[OwnCertificate, ...], issued: int) -> tuple[Alarm, ...]:
    if issued and not certificates:
        return (Alarm("内置证书机构的文件丢失，而已有签发的证书；请从备份恢复数据目录下的 pki，不要重新生成。"),)
    return tuple(Alarm(c.alarm) for c in certificates if c.alarm)
