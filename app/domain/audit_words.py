"""The audit log in sentences: what each entry says happened, for people who read it in the web interface.

The entry itself stays what counts; a sentence leaves out what only a machine wants. Every action has its line here; one that is
missing is shown by its code with everything it carries.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from app.domain.approval_route import Function
from app.domain.audit import Entry
from app.domain.audit_money import MONEY
from app.domain.audit_sentence import Data, Names, plain, said
from app.domain.comments import Audience
from app.domain.effect import Condition, Ground
from app.domain.exit_plan import TASKS, TaskKey
from app.domain.lifecycle import Event, Flag, Stage
from app.domain.notice import Method, Proof
from app.domain.obligation_events import EVENTS
from app.domain.organisations import LABELS
from app.domain.reminders import Level, Topic, show_days
from app.domain.renewal_decision import Choice
from app.domain.term_chain import Origin
from app.domain.termination import HAPPENINGS, Outcome, Route
from app.domain.termination import ground as ending_ground

_KINDS = {
    "generated": "生成的文件", "signed": "签署件", "evidence": "证据", "correspondence": "往来函件", "licence": "证照", "other": "其他文件",
}  # fmt: skip
_FAULTS = {"missing": "的内容丢失", "damaged": "的内容与其 SHA-256 不符"}


@dataclass(frozen=True, slots=True)
class Words:
    """``who``: the name at that time; ``what``: a sentence without its subject; ``details``: label and text of what else it carries."""

    who: str
    what: str
    details: tuple[tuple[str, str], ...] = ()


def words_of(entry: Entry, names: Names | None = None) -> Words:
    """The sentence of an entry. Never raises for what is in the log."""
    known = names or {}
    data = _data(entry)
    unnamed = {"clock": "后台任务", "program": "系统"}.get(entry.actor, entry.actor)
    who = str(data.get("actor_name") or known.get(entry.actor) or unnamed) + (f"（{data['via']}）" if data.get("via") else "")
    write = SENTENCES.get(entry.action)
    try:
        what = write(data, known) if write is not None else f"操作 {entry.action}"
    except (KeyError, TypeError, ValueError, AttributeError):
        what, write = f"操作 {entry.action}", None
    return Words(who, what, _details(entry.action, data, known, whole=write is None))


def _data(entry: Entry) -> Data:
    try:
        found = json.loads(entry.data)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


_SHOWN = {
    "reason": "理由",
    "remark": "说明",
    "evidence": "证据",
    "note": "说明",
    "words": "意见",
    "sha256": "SHA-256",
    "digest": "文本哈希",
    "seats": "审批席位",
    "waivers": "豁免",
    "due": "应办日期",
}
"""Fields that are shown beside the sentence."""


def _details(action: str, data: Data, names: Names, *, whole: bool) -> tuple[tuple[str, str], ...]:
    if whole:
        return tuple((key, plain(value)) for key, value in data.items() if key not in ("actor_name", "via"))
    shown = [(label, plain(data[key])) for key, label in _SHOWN.items() if data.get(key)]
    if action == "organisation.changed":
        shown += [(LABELS.get(key, key), f"{plain(old) or '（空）'} → {plain(data['after'].get(key)) or '（空）'}")
                  for key, old in data.get("before", {}).items()]  # fmt: skip
    if action == "user.changed":
        shown += _user_changes(data)
    return tuple(shown)


def _user_changes(data: Data) -> list[tuple[str, str]]:
    labels = {"name": "姓名", "email": "邮箱", "roles": "角色", "offices": "审批职务"}
    before, after = data.get("before", {}), data.get("after", {})
    return [(label, f"{plain(before.get(key)) or '（空）'} → {plain(after.get(key)) or '（空）'}")
            for key, label in labels.items() if before.get(key) != after.get(key)]  # fmt: skip


# ---- sentences


def _state(state: Sequence[str]) -> str:
    flags = "、".join(Flag(f).label for f in state[1:])
    return f"{Stage(state[0]).label}（{flags}）" if flags else Stage(state[0]).label


def _moved(data: Data, _names: Names) -> str:
    event, before, after = Event(data["event"]).label, _state(data["before"]), _state(data["after"])
    return f"{event}：{before} → {after}" if before != after else f"{event}（{after}）"


def _people(ids: Sequence[str], names: Names) -> str:
    return "、".join(names.get(i, "已不在册的人员") for i in ids) or "无"


def _confidentiality(data: Data, names: Names) -> str:
    if not data["confidential"]:
        return "取消保密，合同对有阅读权限的人员开放"
    return f"设为保密，指定可以阅读的人员：{_people(data['after'], names)}"


def _owner(data: Data, names: Names) -> str:
    before = names.get(data["before"], data["before"] or "无")
    return f"移交合同：负责人由“{before}”改为“{data['owner_name']}”"


def _document(data: Data, _names: Names) -> str:
    return f"存入{_KINDS.get(data['kind'], '文件')}“{data['name']}”（{data['size']:,} 字节）"


def _version(data: Data, _names: Names) -> str:
    return f"冻结第{data['ordinal']}版"


def _created(data: Data, _names: Names) -> str:
    how = "自动编号" if data["assigned"] else "沿用草稿中的编号"
    return f"登记为合同 {data['number']}（{how}{'，保密' if data['confidential'] else ''}）"


def _organisation(what: str) -> Callable[[Data, Names], str]:
    return lambda data, _names: f"{what}“{data['details']['name']}”" if "details" in data else f"{what}：{_fields(data['after'])}"


def _fields(changed: Data) -> str:
    return "、".join(LABELS.get(key, key) for key in changed)


def _seat(what: str) -> Callable[[Data, Names], str]:
    """A sentence about an approval seat."""
    return lambda data, _names: what.format(seat=Function(data["function"]).label, to=data.get("to_name", ""))


def _remark(what: str) -> Callable[[Data, Names], str]:
    """A sentence about a remark; its text is not in the log, its hash is."""
    return lambda data, _names: f"{what}（{Audience(data['audience']).label}）"


def _reminder_moved(data: Data, _names: Names) -> str:
    what = f"{Topic(data['topic']).label}“{data['title']}”"
    return (
        f"{what}的日期由 {data['before']} 改为 {data['after']}，提醒随之重排"
        if data["after"]
        else f"{what}（{data['before']}）已经办结，不再提醒"
    )


def _reminder_policy(data: Data, _names: Names) -> str:
    what = f"{Level(data['level']).label}的提醒策略“{Topic(data['topic']).label}”"
    return f"设置{what}：{show_days(data['days'])}" if data["days"] else f"{what}改为沿用上级"


def _reminder_raised(data: Data, _names: Names) -> str:
    told = "、".join(data["to"])
    whom = f"提醒{told}" if told else "到了提醒日，但没有可以通知的人"
    return f"{whom}：{Topic(data['topic']).label}“{data['title']}”，{Topic(data['topic']).day_label} {data['due_on']}"


def _condition(what: str) -> Callable[[Data, Names], str]:
    def sentence(data: Data, _names: Names) -> str:
        tail = f"（{Ground(data['ground']).label}，{data['on']}）" if "ground" in data else ""
        return what.format(condition=Condition(data["condition"]).label) + tail

    return sentence


def _signed(data: Data, _names: Names) -> str:
    parts = (
        f"{'甲方' if role == 'a' else '乙方'}{signatory and f' {signatory}'} {day}" for role, signatory, day in data["signatures"]
    )
    return f"记录签署日期：{'；'.join(parts)}"


def _paper(what: str) -> Callable[[Data, Names], str]:
    """A sentence about a paper that follows the contract."""

    def sentence(data: Data, _names: Names) -> str:
        how = f"，{Method(data['method']).label}，{data['sent_on']}" if "method" in data else ""
        arrived = f"，{data['arrived_on']}到达（{Proof(data['proof']).label}）" if "proof" in data else ""
        return f"{what} {data['number']}{how}{arrived}"

    return sentence


def _amendment(data: Data, _names: Names) -> str:
    reach = f"，追溯至{data['retroactive_from']}" if data.get("retroactive_from") else ""
    return f"记录补充协议签署 {data['number']}：{data['signed_on']}签署，{data['effective_on']}生效{reach}"


def _term(what: str) -> Callable[[Data, Names], str]:
    return lambda data, _names: f"{what}：{data['first_day']} 至 {data['last_day']}（{Origin(data['origin']).label}）"


def _ending(what: str) -> Callable[[Data, Names], str]:
    """A sentence about a case of ending before the term."""

    def sentence(data: Data, _names: Names) -> str:
        reason = ending_ground(data["ground"])
        return f"{what}：{Route(data['route']).label}{f'（{reason.label}）' if reason else ''}"

    return sentence


def _about(what: str) -> Callable[[Data, Names], str]:
    """A sentence about a user."""
    return lambda data, names: what.format(user=data.get("name") or names.get(data["user"], "已不在册的人员"))


def _event(what: str) -> Callable[[Data, Names], str]:
    """A sentence about an event that begins periods."""

    def sentence(data: Data, _names: Names) -> str:
        kind = EVENTS[data["kind"]]
        words = what.format_map({**{k: plain(v) for k, v in data.items()}, "kind": kind.label})
        return " ".join(words.replace("（", " （").split()).replace(" （", "（")

    return sentence


SENTENCES: Mapping[str, Callable[[Data, Names], str]] = {
    **MONEY,
    "approval.consented": _seat("以{seat}身份同意"),
    "approval.delegated": _seat("将{seat}的审批转交给“{to}”"),
    "approval.recalled": _seat("收回{seat}审批的转交"),
    "approval.returned": _seat("以{seat}身份退回修改"),
    "api_token.made": said("生成接口令牌“{name}”（{scope}），有效至{until}"),
    "api_token.revoked": said("撤销接口令牌“{name}”"),
    "approval.revoked": said("撤销审批"),
    "approval.submitted": said("提交审批"),
    "approval.voided": said("审批随文本改动或者作废而失效"),
    "approval.withdrawn": said("撤回送审"),
    "comment.added": _remark("提出批注"),
    "comment.answered": _remark("回复批注"),
    "comment.audience_changed": lambda data, _names: f"批注由{Audience(data['before']).label}改为{Audience(data['after']).label}",
    "comment.exported": said("导出带批注的文本（{threads}组、{remarks}条）"),
    "comment.reopened": said("重新打开批注"),
    "comment.resolved": said("将批注标为已解决"),
    "contract.signed": _signed,
    "effect.checked_off": _condition("勾销生效前置条件“{condition}”"),
    "effect.condition_added": _condition("增列生效前置条件“{condition}”"),
    "effect.condition_dropped": _condition("取消增列的生效前置条件“{condition}”"),
    "effect.undone": _condition("撤销对“{condition}”的勾销"),
    "ending.changed": _ending("更正终止事项"),
    "ending.ended": lambda data, _names: f"{'部分' if data['part'] else '合同'}终止：{data['ended_on']}（{data['paper']}）",
    "ending.happened": lambda data, _names: f"记录{HAPPENINGS[data['what']]}：{data['on']}",
    "ending.objection_closed": lambda data, _names: f"了结对终止的异议：{Outcome(data['outcome']).label}",
    "ending.opened": _ending("启动终止事项"),
    "ending.withdrawn": said("撤回终止事项"),
    "exit.begun": said("建立退出任务，终止日 {ended_on}"),
    "exit.cancelled": said("取消终止清理"),
    "exit.task_done": lambda data, _names: (
        f"{'不再办理' if data['waived'] else '完成'}退出任务“{TASKS[TaskKey(data['task'])]}”：{data['done_on']}"
    ),
    "exit.tasks_moved": lambda data, _names: f"退出任务改期：{'；'.join(data['moves'])}",
    "exit.task_reopened": lambda data, _names: f"重新办理退出任务“{TASKS[TaskKey(data['task'])]}”",
    "event.ended": _event("{kind} {subject}的状态解除"),
    "event.judged": _event("认定{kind} {subject}的原因：{found}"),
    "event.paused": _event("{kind} {subject}停钟"),
    "event.recorded": _event("记录事件“{kind}” {subject}（{on}）"),
    "event.resumed": _event("{kind} {subject}恢复计时"),
    "event.restated": _event("按现有事件更新“{kind}” {subject}（{on}），原为{before}"),
    "event.withdrawn": _event("撤回事件“{kind}” {subject}（{on}）"),
    "obligation.assigned": said("将义务“{what}”交由 {name} 负责（{count}项）"),
    "obligation.disputed": said("义务“{name}”提出争议"),
    "obligation.done": said("完成义务“{name}”：{done_on}"),
    "obligation.exported": said("导出履行清单，{count}项"),
    "obligation.planned": said("排定履行计划：新增{added}项，改期{moved}项，取消{dropped}项"),
    "obligation.reopened": said("重新办理义务“{name}”"),
    "obligation.taken_over": lambda data, _names: (
        f"接管日定为 {data['day']}：此前到期的事项视为接管前已办（本次{data['taken']}项，恢复{data['reopened']}项）"
        if data["day"]
        else f"取消接管日，恢复{data['reopened']}项"
    ),
    "obligation.waived": said("豁免义务“{name}”，依据：{authority}"),
    "outbox.retried": said("重新投递发往 {recipient} 的邮件"),
    "outbox.uncovered": said("查看发往 {recipient} 的邮件中的一次性链接"),
    "amendment.edited": said("在 {number} 中修订 {place}"),
    "amendment.rebased": said("将 {number} 改以最新文本为基础"),
    "amendment.signed": _amendment,
    "amendment.taken_back": said("撤回 {number} 对 {place} 的修订"),
    "amendment.took_effect": said("补充协议 {number} 生效，合并文本存为新的版本"),
    "paper.arrived": _paper("记录文书到达"),
    "paper.drafted": _paper("草拟文书"),
    "paper.filled": said("填写文书 {number}"),
    "paper.frozen": said("文书 {number} 定稿（第{ordinal}次）"),
    "paper.let_pass": said("放行文书的警告 {rule}"),
    "paper.reopened": said("恢复起草文书 {number}"),
    "paper.sent": _paper("发出文书"),
    "paper.signed": lambda data, _names: f"记录文书签署 {data['number']}，{data['signed_on']}",
    "paper.voided": _paper("作废文书"),
    "reminder.moved": _reminder_moved,
    "reminder.raised": _reminder_raised,
    "reminder.snoozed": lambda data, _names: f"推迟提醒“{data['title']}”至 {data['until']}",
    "reminder.policy": _reminder_policy,
    "reminder.house": lambda data, _names: (
        f"设置提醒时刻 {data['send_at']}，免打扰 {data['quiet_from']} 至 {data['quiet_until']}"
        + (f"，视为确认的宽限{data['silence_grace']}个工作日" if "silence_grace" in data else "")
    ),
    "reminder.deputy": lambda data, _names: f"设置提醒代理人：{data['deputy'] or '无'}",
    "channel.added": lambda data, _names: f"登记通知渠道“{data['name']}”",
    "channel.switched": lambda data, _names: f"{'启用' if data['active'] else '停用'}通知渠道“{data['name']}”",
    "channel.tried": lambda data, _names: f"测试通知渠道“{data['name']}”：{data['problem'] or '成功'}",
    "calendar.opened": lambda _data, _names: "生成本人日历的订阅地址",
    "calendar.revoked": lambda _data, _names: "停用本人日历的订阅地址",
    "reminder.planned_anew": lambda data, _names: (
        f"依放假安排（{'、'.join(data['years'])}年）重新计算：{data['contracts']}份合同的期限和义务，{data['dates']}个日期的提醒"
        if "years" in data
        else "重新安排全部提醒"
    ),
    "renewal.decided": lambda data, _names: f"作出续约决定：{Choice(data['choice']).label}",
    "certificate.issued": said("为“{holder}”签发签名证书 {serial}"),
    "certificate.revoked": said("吊销“{holder}”的签名证书 {serial}"),
    "evidence.made": said("制作证据包"),
    "signing.paper_scan": said("上传纸质签署的扫描件并核对，共 {sheets} 张"),
    "signing.paper_signed": said("登记纸质签署：{where}，原件 {originals} 份"),
    "signing.address": said("更正{label}的邮箱"),
    "signing.authority": said("更新“{who}”的授权委托书为 {number}（有效期 {valid_from} 至 {valid_until}）"),
    "signing.code_undelivered": said("发给“{who}”的短信验证码未能送达（{to}）：{problem}"),
    "signing.code_way": said("{label}的验证码改以{way}接收（{to}）"),
    "signing.archive_lapsed": said("存档时间戳已于{until}到期，未能及时续期"),
    "signing.archived": said("加盖存档时间戳，签署完毕的文件存入合同"),
    "signing.imported": said("接受在系统外签署的文件：{label}，证书由“{issuer}”签发"),
    "signing.invited": said("向“{who}”发送签署链接"),
    "signing.lapsed": said("签署期限 {deadline} 届满，本次签署停止"),
    "signing.refused": said("拒绝签署：{reason}"),
    "signing.reminded": said("提醒“{who}”签署，原链接失效"),
    "signing.remote_begun": said("准备由外部设备签署摘要：{label}"),
    "signing.remote_signed": said("接受外部设备的签名：{label}，证书由“{issuer}”签发"),
    "signing.renewed": said("续期签署原件的存档时间戳至{until}"),
    "signing.replaced": said("将签署人“{before}”更换为“{who}”：{reason}"),
    "signing.signed": said("签署：{label}"),
    "signing.started": said("文本定稿认证并发起签署，期限 {deadline}"),
    "signing.withdrawn": said("撤回签署：{reason}"),
    "term.renewed": _term("续展期限"),
    "term.taken_back": _term("撤销误记的续展"),
    "access.locked": _about("“{user}”连续输错，账号暂停登录"),
    "access.password_changed": said("修改密码"),
    "access.password_reset": said("以一次性链接重设密码"),
    "access.password_set": said("设置密码"),
    "access.recovery_code_used": said("使用恢复码登录"),
    "access.recovery_codes_renewed": said("更换恢复码"),
    "access.reset_requested": said("申请重设密码的链接"),
    "access.second_factor_disabled": said("停用两步验证"),
    "access.second_factor_enabled": said("启用两步验证"),
    "access.second_factors_sealed": said("将{count}个两步验证密钥加密存储"),
    "access.session_ended": said("结束一个登录会话"),
    "access.sessions_ended": said("结束其他{count}个登录会话"),
    "access.signed_in": lambda data, _names: "登录（两步验证）" if data["second_factor"] else "登录",
    "access.signed_out": said("退出"),
    "contract.confidentiality": _confidentiality,
    "contract.created": _created,
    "contract.moved": _moved,
    "contract.owner_changed": _owner,
    "contract.recorded": said("补录已签合同 {number}（{source} 第{row}行）"),
    "document.attached": _document,
    "document.damaged": lambda data, _names: f"发现文件“{data['name']}”{_FAULTS[data['fault']]}",
    "document.restored": said("文件“{name}”已恢复完好"),
    "draft.number_lost": said("另一份草稿失去编号 {number}，该编号已由本次登记使用"),
    "organisation.changed": _organisation("修改主体资料"),
    "organisation.created": _organisation("登记主体"),
    "register.exported": said("导出合同台账，{count}份"),
    "register.imported": said("从 {source} 补录合同{count}份"),
    "certificate.rewrapped": said("更换密钥加密密钥，{count}把签署私钥已重新加密"),
    "seal.applied": said("申请使用印章“{seal_name}”：{document}，{copies}份"),
    "seal.appointed": said("授权“{person}”为印章“{seal_name}”的{office}（{number}，{valid_from}至{valid_until}）"),
    "seal.approved": said("批准使用印章“{seal_name}”"),
    "seal.dismissed": said("收回“{person}”作为印章“{seal_name}”{office}的授权（{number}）"),
    "seal.image": said("上传印章“{seal_name}”的图样（{width}×{height}毫米），并确认有权使用"),
    "seal.moved": said("印章“{seal_name}”：{before} → {after}"),
    "seal.recalled": said("收回印章“{seal_name}”的电子签章放行"),
    "seal.refused": said("驳回使用印章“{seal_name}”的申请"),
    "seal.registered": said("登记印章“{seal_name}”（{organisation}，{look}）"),
    "seal.released": said("放行印章“{seal_name}”用于电子签署"),
    "seal.used": said("用印：“{seal_name}”盖于{document}，{copies}份（{medium}，{day}）"),
    "seal.withdrawn": said("撤回使用印章“{seal_name}”的申请"),
    "trust.added": said("信任证书机构“{holder}”，指纹 {fingerprint}"),
    "trust.removed": said("不再信任证书机构“{holder}”"),
    "user.changed": _about("修改用户“{user}”"),
    "user.closed": _about("停用账号“{user}”"),
    "user.first": _about("创建首位系统管理员“{user}”"),
    "user.invited": _about("邀请用户“{user}”"),
    "user.link_sent": _about("为“{user}”生成设置密码的链接"),
    "user.opened": _about("恢复账号“{user}”"),
    "user.second_factor_cleared": _about("清除“{user}”的两步验证"),
    "user.sessions_ended": _about("结束“{user}”的所有登录"),
    "version.saved": _version,
    "view.default": lambda data, _names: "选定台账的默认视图" if data["view"] else "取消台账的默认视图",
    "view.deleted": said("删除台账视图“{name}”"),
    "view.saved": lambda data, _names: f"保存台账视图“{data['name']}”{'（共享）' if data['shared'] else ''}",
}
"""Every action of the log, by its code."""
