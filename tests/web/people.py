"""People for tests of the pages: made and signed in through the services, as the pages would."""

from __future__ import annotations

from app.domain.approval_route import Function
from app.domain.numbering_pattern import parse_pattern
from app.domain.permissions import Actor, Role
from app.services.access import Client, actor_of, sign_in
from app.services.accounts import CONSOLE, Post, UserDetails, create_administrator, first_run_token, invite
from app.services.approval_mails import Post as ApprovalPost
from app.services.approval_rows import Asked, current
from app.services.deciding import approve
from app.services.drafts import acknowledge, create_draft
from app.services.filing import create_contract, load_contract_unasked
from app.services.own_account import set_password_by_link
from app.services.review import acknowledgement_place, review_draft
from app.services.submitting import submit
from app.store.users import user_with_login
from app.web.desk import Desk

PASSWORD = "正确的马电池钉书针-测试"
LAWYER = UserDetails(
    "wang", "王律师", "wang@example.com", frozenset({Role.SYSTEM_ADMINISTRATOR, Role.DRAFTER, Role.CONTRACT_ADMINISTRATOR})
)


def first_lawyer(desk: Desk) -> str:
    """The first user, who drafts and administers; returns the id."""
    with desk.unit_of_work() as uow:
        token = first_run_token(uow, desk.now())
    assert token
    with desk.unit_of_work() as uow:
        return create_administrator(uow, desk.now(), token, LAWYER, PASSWORD)


def person(
    desk: Desk, login: str, *roles: Role, name: str = "", email: str = "", offices: frozenset[Function] = frozenset()
) -> str:
    """One more user with a password; returns the id."""
    links: list[str] = []
    post = Post(desk.write_mail, lambda token: links.append(token) or token)
    with desk.unit_of_work() as uow:
        made = invite(uow, CONSOLE, desk.now(), UserDetails(login, name or login, email, frozenset(roles), offices), post)
    with desk.unit_of_work() as uow:
        set_password_by_link(uow, desk.now(), made.link, PASSWORD, desk.write_mail)
    return made.user_id


def session_of(desk: Desk, login: str) -> str:
    """The token of a new session."""
    with desk.unit_of_work() as uow:
        return sign_in(uow, desk.now(), login, PASSWORD, Client("127.0.0.1", "test"), desk.write_mail).token


def actor_named(desk: Desk, login: str) -> Actor:
    """Somebody of this house as the services know them."""
    with desk.reading() as uow:
        found = user_with_login(uow.session, login)
        assert found
        return actor_of(found)


def contract_of(desk: Desk, owner: Actor, *, confidential: bool = False) -> str:
    """A contract made from the demonstration answers, being drafted; returns the id."""
    raw = {**desk.example_answers()}
    raw["contract"] = {k: v for k, v in raw["contract"].items() if k != "no"}
    with desk.unit_of_work() as uow:
        draft = create_draft(uow, owner, desk.now(), desk.library, raw)
    pattern = parse_pattern(desk.settings.contract_number)
    with desk.unit_of_work() as uow:
        return create_contract(uow, owner, desk.now(), desk.today(), desk.reference, draft, pattern, confidential=confidential).id


OFFICES = {"zhou": ("周法务", Function.LEGAL), "qian": ("钱业务", Function.BUSINESS), "sun": ("孙财务", Function.FINANCE),
           "wu": ("吴总监", Function.LEGAL_HEAD)}  # fmt: skip


def approvers(desk: Desk) -> None:
    """One approver for each office that the demonstration contract may need."""
    for login, (name, office) in OFFICES.items():
        person(desk, login, Role.APPROVER, name=name, email=f"{login}@example.com", offices=frozenset({office}))


def ready_contract(desk: Desk, owner: Actor) -> str:
    """A contract that can be submitted: every warning let pass with a reason."""
    contract = contract_of(desk, owner)
    let_warnings_pass(desk, owner, contract)
    return contract


def let_warnings_pass(desk: Desk, owner: Actor, contract: str) -> None:
    with desk.reading() as uow:
        draft = load_contract_unasked(uow, contract).draft_id
        _, compiled = review_draft(uow, owner, desk.reference, draft, desk.today())
    for finding in compiled.blocking:
        with desk.unit_of_work() as uow:
            place = acknowledgement_place(finding)
            reason = "双方业务负责人已就此当面确认，按现行口径执行，期满前复核一次"
            acknowledge(uow, owner, desk.now(), desk.library, draft, rule=finding.rule, place=place, reason=reason)


def approve_all(desk: Desk, contract: str) -> None:
    """Submit it and let every seat consent, in its turn."""
    post, owner = ApprovalPost(desk.write_mail, lambda _contract: ""), actor_named(desk, LAWYER.login)
    with desk.unit_of_work() as uow:
        submit(uow, owner, desk.now(), desk.today(), desk.reference, post, contract, Asked())
    people = {office: login for login, (_name, office) in OFFICES.items()}
    while True:
        with desk.reading() as uow:
            found = current(uow, contract)
            assert found
            waiting, digest = found[1].waiting, found[0].digest
        if not waiting:
            return
        who = actor_named(desk, people[waiting[0].function])
        with desk.unit_of_work() as uow:
            words = "已核对文本和金额，同意按现行条款签订"
            approve(uow, who, desk.now(), desk.today(), desk.reference, post, contract, waiting[0].function, digest, words)
