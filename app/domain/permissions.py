"""Who may do what: one table of predicates over (actor, record).

The record is a contract or a draft, or nothing where an action concerns no single one. Two questions are asked of the table:
may the actor know of it at all (if not, the answer is that there is no such thing), and may the actor do this with it.
What a stage allows is not asked here (``lifecycle``), nor who may take an approval seat (``approval``): a permission opens
the door, the other two decide what can be done in the room.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum

from app.domain.approval import Approver
from app.domain.approval_route import Function
from app.domain.errors import ContractError
from app.domain.lifecycle import AUTOMATIC, Event


class Role(Enum):
    """What somebody is in this house. A person may have several; a person without any sees only the own account."""

    DRAFTER = "drafter"
    """法务: drafts, submits, leads the contract to signature and keeps what follows it."""
    APPROVER = "approver"
    """审批人: reads and comments; decides the seats of the offices held."""
    CONTRACT_ADMINISTRATOR = "administrator"
    """合同管理员: keeps the register, the master data, the papers and the archive; what a drafter may do, too."""
    AUDITOR = "auditor"
    """审计（只读）: reads contracts and the audit log, exports them, changes nothing."""
    SYSTEM_ADMINISTRATOR = "system_administrator"
    """系统管理员: accounts, mails, settings; reads no contract by this role."""

    @property
    def label(self) -> str:
        return _ROLE_LABELS[self]


_ROLE_LABELS = {
    Role.DRAFTER: "法务",
    Role.APPROVER: "审批人",
    Role.CONTRACT_ADMINISTRATOR: "合同管理员",
    Role.AUDITOR: "审计（只读）",
    Role.SYSTEM_ADMINISTRATOR: "系统管理员",
}


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: the name as shown, the user's id, roles, and the offices held in approvals.

    Without an id it is the program itself or somebody at the machine; such an actor has no role and passes no permission. ``via``:
    the door through which the person came where it was not a signed-in browser; it goes into the audit log.
    """

    name: str
    id: str = ""
    roles: frozenset[Role] = frozenset()
    offices: frozenset[Function] = frozenset()
    via: str = ""

    def approver(self) -> Approver:
        """The same person as the approval rules know them."""
        return Approver(self.id, self.offices if Role.APPROVER in self.roles else frozenset())


@dataclass(frozen=True, slots=True)
class Record:
    """What the table has to know of a contract or a draft. ``named``: the people named to read a confidential one."""

    owner: str = ""
    confidential: bool = False
    named: frozenset[str] = frozenset()


NOTHING = Record()
"""For actions that concern no single record."""


class Action(Enum):
    """Everything that a door lets somebody do. The value is stable."""

    # drafts and the text
    READ_DRAFTS = "draft.read"
    CREATE_DRAFT = "draft.create"
    EDIT_DRAFT = "draft.edit"
    DELETE_DRAFT = "draft.delete"
    GENERATE_DOCUMENTS = "document.generate"
    # the record
    READ_CONTRACTS = "contract.read"
    FILE_CONTRACT = "contract.file"
    SUBMIT_CONTRACT = "contract.submit"
    DECIDE_APPROVAL = "contract.decide"
    DELEGATE_APPROVAL = "contract.delegate"
    COMMENT = "contract.comment"
    VOID_CONTRACT = "contract.void"
    LEAD_SIGNING = "contract.signing"
    KEEP_PERFORMANCE = "contract.performance"
    WAIVE_OBLIGATION = "contract.waive"
    END_CONTRACT = "contract.ending"
    ARCHIVE_CONTRACT = "contract.archive"
    FILE_PAPER = "contract.paper"
    SET_CONFIDENTIALITY = "contract.confidentiality"
    CHANGE_OWNER = "contract.owner"
    # the register and master data
    EXPORT_REGISTER = "register.export"
    IMPORT_REGISTER = "register.import"
    READ_ORGANISATIONS = "organisation.read"
    EDIT_ORGANISATIONS = "organisation.edit"
    # seals
    READ_SEALS = "seal.read"
    KEEP_SEALS = "seal.keep"
    """Register seals, appoint their keepers, approvers and users, move them through their states."""
    APPLY_FOR_SEAL = "seal.apply"
    HANDLE_SEAL = "seal.handle"
    """Act on an application; what somebody may do there hangs on the offices held by written authority (``seal_register``)."""
    # reminders
    READ_REMINDERS = "reminder.read"
    KEEP_REMINDERS = "reminder.keep"
    # certificates and the installation
    READ_CERTIFICATES = "certificate.read"
    REVOKE_CERTIFICATES = "certificate.revoke"
    READ_SETUP = "setup.read"
    READ_TRUST = "trust.read"
    """See which outside authorities' certificates this installation takes."""
    KEEP_TRUST = "trust.keep"
    KEEP_API_TOKENS = "api_token.keep"
    """Make and revoke tokens with which a program signs for others by the API; each acts with its maker's own permissions."""
    # the log
    READ_AUDIT = "audit.read"
    EXPORT_CONTRACT_AUDIT = "audit.export"
    # the house
    READ_USERS = "user.read"
    MANAGE_USERS = "user.manage"
    READ_OUTBOX = "outbox.read"
    RETRY_MAIL = "outbox.retry"
    USE_OWN_ACCOUNT = "account.use"


class Decision(Enum):
    """The table's answer."""

    ALLOWED = "allowed"
    FORBIDDEN = "forbidden"
    """The actor may know of it, but not do this: 403, with a sentence."""
    HIDDEN = "hidden"
    """The actor may not even know that it exists: 404."""


Predicate = Callable[[Actor, Record], bool]

_R = Role
_READERS = frozenset({_R.DRAFTER, _R.APPROVER, _R.CONTRACT_ADMINISTRATOR, _R.AUDITOR})
_WRITERS = frozenset({_R.DRAFTER, _R.CONTRACT_ADMINISTRATOR})


def _is_named(actor: Actor, record: Record) -> bool:
    return bool(actor.id) and (actor.id == record.owner or actor.id in record.named)


def _sees(actor: Actor, record: Record) -> bool:
    """A reading role; of a confidential record the name, too, whatever the role."""
    return bool(actor.id) and not _READERS.isdisjoint(actor.roles) and (not record.confidential or _is_named(actor, record))


def _signed_in(actor: Actor, _record: Record) -> bool:
    return bool(actor.id)


def _role(*roles: Role) -> Predicate:
    """One of these roles, where no single record is concerned."""
    return lambda actor, _record: bool(actor.id) and not actor.roles.isdisjoint(roles)


def _with(*roles: Role) -> Predicate:
    """One of these roles, on a record that the actor sees."""
    return lambda actor, record: _sees(actor, record) and not actor.roles.isdisjoint(roles)


def _keeps(actor: Actor, record: Record) -> bool:
    """Decides who else may read: a contract administrator who sees it, and its owner while still a drafter."""
    mine = Role.DRAFTER in actor.roles and record.owner in ("", actor.id)
    return _sees(actor, record) and (mine or Role.CONTRACT_ADMINISTRATOR in actor.roles)


def _hands_over(actor: Actor, record: Record) -> bool:
    """Somebody must be able to hand over the confidential contract of one who left: the system administrator, unseen."""
    return _keeps(actor, record) or _role(Role.SYSTEM_ADMINISTRATOR)(actor, record)


def _trusts(actor: Actor, _record: Record) -> bool:
    """Decides whose certificates count: the system administrator, or the head of legal as an approver."""
    head = Role.APPROVER in actor.roles and Function.LEGAL_HEAD in actor.offices
    return bool(actor.id) and (head or Role.SYSTEM_ADMINISTRATOR in actor.roles)


def _keeps_tokens(actor: Actor, record: Record) -> bool:
    """The own ones of who leads signings; a contract administrator those of everybody. ``record.owner``: who made the token."""
    mine = Role.DRAFTER in actor.roles and record.owner in ("", actor.id)
    return bool(actor.id) and (mine or Role.CONTRACT_ADMINISTRATOR in actor.roles)


def _waives(actor: Actor, record: Record) -> bool:
    """Gives up what a party owes: a contract administrator, or the head of legal as an approver."""
    head = Role.APPROVER in actor.roles and Function.LEGAL_HEAD in actor.offices
    return _sees(actor, record) and (head or Role.CONTRACT_ADMINISTRATOR in actor.roles)


_A = Action
PERMISSIONS: Mapping[Action, Predicate] = {
    _A.READ_DRAFTS: _sees,
    _A.CREATE_DRAFT: _role(*_WRITERS),
    _A.EDIT_DRAFT: _with(*_WRITERS),
    _A.DELETE_DRAFT: _with(*_WRITERS),
    _A.GENERATE_DOCUMENTS: _with(*_WRITERS),
    _A.READ_CONTRACTS: _sees,
    _A.FILE_CONTRACT: _with(*_WRITERS),
    _A.SUBMIT_CONTRACT: _with(*_WRITERS),
    _A.DECIDE_APPROVAL: _with(_R.APPROVER),
    _A.DELEGATE_APPROVAL: _with(_R.APPROVER),
    _A.COMMENT: _with(_R.DRAFTER, _R.APPROVER, _R.CONTRACT_ADMINISTRATOR),
    _A.VOID_CONTRACT: _keeps,
    _A.LEAD_SIGNING: _with(*_WRITERS),
    _A.KEEP_PERFORMANCE: _with(*_WRITERS),
    _A.WAIVE_OBLIGATION: _waives,
    _A.END_CONTRACT: _with(*_WRITERS),
    _A.ARCHIVE_CONTRACT: _with(_R.CONTRACT_ADMINISTRATOR),
    _A.FILE_PAPER: _with(*_WRITERS),
    _A.SET_CONFIDENTIALITY: _keeps,
    _A.CHANGE_OWNER: _hands_over,
    _A.EXPORT_REGISTER: _with(_R.DRAFTER, _R.CONTRACT_ADMINISTRATOR, _R.AUDITOR),
    _A.IMPORT_REGISTER: _role(_R.CONTRACT_ADMINISTRATOR),
    _A.READ_ORGANISATIONS: _role(*_READERS),
    _A.EDIT_ORGANISATIONS: _role(*_WRITERS),
    _A.READ_SEALS: _role(*_READERS),
    _A.KEEP_SEALS: _role(_R.CONTRACT_ADMINISTRATOR),
    _A.APPLY_FOR_SEAL: _with(*_WRITERS),
    _A.HANDLE_SEAL: _with(_R.DRAFTER, _R.APPROVER, _R.CONTRACT_ADMINISTRATOR),
    _A.READ_REMINDERS: _role(*_READERS, _R.SYSTEM_ADMINISTRATOR),
    _A.KEEP_REMINDERS: _role(_R.CONTRACT_ADMINISTRATOR, _R.SYSTEM_ADMINISTRATOR),
    _A.READ_CERTIFICATES: _role(_R.AUDITOR, _R.SYSTEM_ADMINISTRATOR),
    _A.REVOKE_CERTIFICATES: _role(_R.SYSTEM_ADMINISTRATOR),
    _A.READ_SETUP: _role(_R.SYSTEM_ADMINISTRATOR),
    _A.READ_TRUST: _role(*_READERS, _R.SYSTEM_ADMINISTRATOR),
    _A.KEEP_TRUST: _trusts,
    _A.KEEP_API_TOKENS: _keeps_tokens,
    _A.READ_AUDIT: _role(_R.AUDITOR),
    _A.EXPORT_CONTRACT_AUDIT: _with(_R.CONTRACT_ADMINISTRATOR, _R.AUDITOR),
    _A.READ_USERS: _role(_R.SYSTEM_ADMINISTRATOR, _R.AUDITOR),
    _A.MANAGE_USERS: _role(_R.SYSTEM_ADMINISTRATOR),
    _A.READ_OUTBOX: _role(_R.SYSTEM_ADMINISTRATOR),
    _A.RETRY_MAIL: _role(_R.SYSTEM_ADMINISTRATOR),
    _A.USE_OWN_ACCOUNT: _signed_in,
}
"""The whole of who may do what. A test holds it against a table that was written without it."""

_OF_DRAFTS = frozenset({_A.CREATE_DRAFT, _A.EDIT_DRAFT, _A.DELETE_DRAFT, _A.GENERATE_DOCUMENTS})
_OF_USERS = frozenset({_A.MANAGE_USERS})
_UNSEEN = frozenset({_A.CHANGE_OWNER})
_OWN_READING: Mapping[Action, Action] = {
    _A.EDIT_ORGANISATIONS: _A.READ_ORGANISATIONS,
    _A.KEEP_SEALS: _A.READ_SEALS,
    _A.REVOKE_CERTIFICATES: _A.READ_CERTIFICATES,
    _A.READ_CERTIFICATES: _A.READ_CERTIFICATES,
    _A.READ_SETUP: _A.READ_SETUP,
    _A.READ_TRUST: _A.READ_TRUST,
    _A.KEEP_TRUST: _A.READ_TRUST,
    _A.KEEP_API_TOKENS: _A.KEEP_API_TOKENS,
    _A.READ_SEALS: _A.READ_SEALS,
    _A.RETRY_MAIL: _A.READ_OUTBOX,
    _A.READ_REMINDERS: _A.READ_REMINDERS,
    _A.KEEP_REMINDERS: _A.READ_REMINDERS,
    _A.READ_AUDIT: _A.READ_AUDIT,
    _A.READ_USERS: _A.READ_USERS,
    _A.READ_OUTBOX: _A.READ_OUTBOX,
    _A.READ_ORGANISATIONS: _A.READ_ORGANISATIONS,
    _A.READ_DRAFTS: _A.READ_DRAFTS,
    _A.USE_OWN_ACCOUNT: _A.USE_OWN_ACCOUNT,
}


def reading_of(action: Action) -> Action:
    """The permission that decides whether the actor may know of what ``action`` concerns."""
    if action in _OF_DRAFTS:
        return _A.READ_DRAFTS
    if action in _OF_USERS:
        return _A.READ_USERS
    return action if action in _UNSEEN else _OWN_READING.get(action, _A.READ_CONTRACTS)


def decide(actor: Actor, action: Action, record: Record = NOTHING) -> Decision:
    """May ``actor`` do this, and if not, may they know why."""
    if not PERMISSIONS[reading_of(action)](actor, record):
        return Decision.HIDDEN
    return Decision.ALLOWED if PERMISSIONS[action](actor, record) else Decision.FORBIDDEN


def may(actor: Actor, action: Action, record: Record = NOTHING) -> bool:
    return decide(actor, action, record) is Decision.ALLOWED


class Hidden(ContractError):
    """For the actor there is no such thing (404). The words say nothing about whether there is one."""

    def __init__(self) -> None:
        super().__init__("access.hidden", "没有找到这项内容，可能已被删除，或者地址有误。")


class Forbidden(ContractError):
    """The actor may know of it but not do this (403)."""

    def __init__(self, actor: Actor) -> None:
        roles = "、".join(r.label for r in Role if r in actor.roles) or "无"
        super().__init__("access.forbidden", f"您的角色（{roles}）不能进行这项操作；确有需要的，请联系系统管理员调整角色。")


def require(actor: Actor, action: Action, record: Record = NOTHING) -> None:
    """Pass, or raise ``Hidden`` or ``Forbidden``."""
    match decide(actor, action, record):
        case Decision.HIDDEN:
            raise Hidden
        case Decision.FORBIDDEN:
            raise Forbidden(actor)


_E = Event
EVENT_ACTIONS: Mapping[Event, Action] = {
    _E.CONTENT_CHANGED: _A.EDIT_DRAFT,
    _E.SUBMITTED: _A.SUBMIT_CONTRACT,
    _E.SUBMISSION_WITHDRAWN: _A.SUBMIT_CONTRACT,
    _E.RETURNED: _A.DECIDE_APPROVAL,
    _E.APPROVED: _A.DECIDE_APPROVAL,
    _E.APPROVAL_REVOKED: _A.DECIDE_APPROVAL,
    _E.VOIDED: _A.VOID_CONTRACT,
    _E.SIGNING_STARTED: _A.LEAD_SIGNING,
    _E.SIGNING_WITHDRAWN: _A.LEAD_SIGNING,
    _E.SIGNING_RETURNED: _A.LEAD_SIGNING,
    _E.SIGNING_LAPSED: _A.LEAD_SIGNING,
    _E.EXECUTED: _A.LEAD_SIGNING,
    _E.RECORDED_AS_SIGNED: _A.IMPORT_REGISTER,
    _E.TOOK_EFFECT: _A.KEEP_PERFORMANCE,
    _E.CONDITION_FAILED: _A.END_CONTRACT,
    _E.WINDOW_OPENED: _A.KEEP_PERFORMANCE,
    _E.NON_RENEWAL_NOTIFIED: _A.END_CONTRACT,
    _E.RENEWED_BY_AGREEMENT: _A.KEEP_PERFORMANCE,
    _E.RENEWED_AUTOMATICALLY: _A.KEEP_PERFORMANCE,
    _E.TERM_ENDED: _A.KEEP_PERFORMANCE,
    _E.HELD_OVER: _A.KEEP_PERFORMANCE,
    _E.TERMINATED_BY_AGREEMENT: _A.END_CONTRACT,
    _E.RESCINDED: _A.END_CONTRACT,
    _E.TERMINATED_FOR_CONVENIENCE: _A.END_CONTRACT,
    _E.ENDED_BY_DECISION: _A.END_CONTRACT,
    _E.ENDING_SET_ASIDE: _A.END_CONTRACT,
    _E.ENDING_SET_ASIDE_BEFORE_EFFECT: _A.END_CONTRACT,
    _E.RECTIFICATION_ORDERED: _A.KEEP_PERFORMANCE,
    _E.RECTIFICATION_CLOSED: _A.KEEP_PERFORMANCE,
    _E.DISPUTE_RAISED: _A.KEEP_PERFORMANCE,
    _E.DISPUTE_CLOSED: _A.KEEP_PERFORMANCE,
    _E.ARCHIVED: _A.ARCHIVE_CONTRACT,
}
"""What it takes to cause each move of the lifecycle by hand; the clock causes those of ``AUTOMATIC`` without anybody's leave."""


def action_of(event: Event) -> Action:
    return EVENT_ACTIONS[event]


def by_clock(event: Event) -> bool:
    return event in AUTOMATIC


BY_SIGNATORIES = frozenset({Event.EXECUTED, Event.SIGNING_RETURNED})
"""What signatories cause by signing and by refusing; they have no account here."""


def by_signatories(event: Event) -> bool:
    return event in BY_SIGNATORIES
