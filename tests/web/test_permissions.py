"""Every route × every role, against a table that was written without looking at the application's own."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pytest
from flask import Flask

from app.domain.organisations import Organisation
from app.domain.permissions import Actor, Role
from app.factory import create_app
from app.services.comment_mails import Post
from app.services.commenting import open_thread
from app.services.drafts import create_draft, load_draft_unasked
from app.services.filing import load_contract_unasked
from app.services.registering import create_organisation
from app.settings import Settings
from app.web.desk import KEY, Desk
from app.web.gate import NEEDS, OPEN_TO_ALL
from tests.web.conftest import Visitor
from tests.web.people import actor_named, contract_of, first_lawyer, person, session_of

# Columns: anonymous, no role, drafter, approver, contract administrator, auditor, system administrator.
# o let in (whatever the page then says of the entries), f refused with 403, n there is no such page (404), i sign in first.
EXPECTED = """
GET  /                                        ioooooo
GET  /workbench/                              inoooon
GET  /workbench/dates/                        inoooon
GET  /workbench/report                        inoooon
POST /language                                ooooooo
GET  /sign-in                                 ooooooo
POST /sign-in                                 ooooooo
GET  /sign-in/second-factor                   ioooooo
POST /sign-in/second-factor                   ooooooo
GET  /forgotten                               ooooooo
POST /forgotten                               ooooooo
GET  /first-run/TOKEN                         nnnnnnn
POST /first-run/TOKEN                         ooooooo
GET  /password/TOKEN                          nnnnnnn
POST /password/TOKEN                          nnnnnnn
GET  /verify/                                 ooooooo
POST /verify/                                 ooooooo
GET  /decide/LINK/CHOICE/SIGNATURE            nnnnnnn
POST /decide/LINK/CHOICE/SIGNATURE            nnnnnnn
GET  /verify/DIGEST                           nnnnnnn
GET  /calendar/TOKEN.ics                      nnnnnnn
GET  /account/calendar                        ioooooo
POST /account/calendar                        ioooooo
POST /account/calendar/revoke                 ioooooo
GET  /reminders/                              inooooo
POST /reminders/DATE/snooze                   inooooo
GET  /reminders/policies/                     inooooo
POST /reminders/policies/                     inffofo
POST /reminders/house                         inffofo
POST /reminders/replan                        inffofo
POST /reminders/deputy                        inooooo
GET  /reminders/channels/                     inooooo
POST /reminders/channels/                     inffofo
POST /reminders/channels/CHANNEL/switch       inffofo
POST /reminders/channels/CHANNEL/try          inffofo
GET  /contracts/CONTRACT/reminders/           inoooon
POST /contracts/CONTRACT/reminders/policies   inofofn
POST /contracts/CONTRACT/reminders/DATE/snooze inofofn
GET  /sign/TOKEN/                             nnnnnnn
POST /sign/TOKEN/code                         nnnnnnn
POST /sign/TOKEN/enter                        nnnnnnn
GET  /sign/TOKEN/pages/1.png                  nnnnnnn
POST /sign/TOKEN/read                         nnnnnnn
POST /sign/TOKEN/consent                      nnnnnnn
POST /sign/TOKEN/sign                         nnnnnnn
POST /sign/TOKEN/forget                       nnnnnnn
POST /sign/TOKEN/refuse                       nnnnnnn
GET  /sign/TOKEN/copy                         nnnnnnn
GET  /account/                                ioooooo
POST /account/password                        ioooooo
POST /account/sessions/SESSION/end            ioooooo
POST /account/sessions/end-others             ioooooo
GET  /account/second-factor                   ioooooo
POST /account/second-factor                   ioooooo
POST /account/second-factor/disable           ioooooo
POST /account/second-factor/codes             ioooooo
GET  /users/                                  innnnoo
POST /users/                                  innnnfo
GET  /users/new                               innnnfo
GET  /users/USER/                             innnnoo
POST /users/USER/                             innnnfo
POST /users/USER/active                       innnnfo
POST /users/USER/link                         innnnfo
POST /users/USER/second-factor                innnnfo
POST /users/USER/sessions                     innnnfo
GET  /drafts/                                 inoooon
POST /drafts/                                 inofofn
GET  /drafts/new                              inofofn
POST /drafts/demonstration                    inofofn
POST /drafts/upload                           inofofn
GET  /drafts/DRAFT/                           inoooon
GET  /drafts/DRAFT/summary                    inoooon
GET  /drafts/DRAFT/answers                    inoooon
POST /drafts/DRAFT/answers                    inofofn
GET  /drafts/DRAFT/preview                    inoooon
POST /drafts/DRAFT/delete                     inofofn
GET  /drafts/DRAFT/findings/                  inoooon
POST /drafts/DRAFT/findings/fix               inofofn
POST /drafts/DRAFT/findings/acknowledge       inofofn
POST /drafts/DRAFT/findings/withdraw          inofofn
GET  /drafts/DRAFT/playbook/                  inoooon
POST /drafts/DRAFT/playbook/                  inofofn
GET  /drafts/DRAFT/deviations/                inoooon
POST /drafts/DRAFT/deviations/                inofofn
GET  /drafts/DRAFT/deviations/new             inofofn
POST /drafts/DRAFT/deviations/withdraw        inofofn
GET  /service-list-template.xlsx              inoooon
POST /drafts/DRAFT/service-list               inofofn
GET  /drafts/DRAFT/documents/                 inoooon
POST /drafts/DRAFT/documents/                 inofofn
GET  /drafts/DRAFT/documents/999-final/       inoooon
GET  /drafts/DRAFT/documents/999-final/NAME   innnnnn
GET  /drafts/DRAFT/parties/a/                 inofofn
POST /drafts/DRAFT/parties/a/                 inofofn
POST /drafts/DRAFT/contract                   inofofn
GET  /contracts/                              inoooon
GET  /contracts/CONTRACT/hits                 inoooon
POST /register/views                          inoooon
POST /register/views/default                  inoooon
POST /register/views/VIEW/delete              innnnnn
POST /register/export                         inofoon
GET  /register/exports/EXPORT/                innfnnn
GET  /register/exports/EXPORT/register.xlsx   innfnnn
GET  /register/import                         inffofn
GET  /register/import/template.xlsx           inffofn
POST /register/import                         inffofn
GET  /register/imports/IMPORT/                inffnfn
POST /register/imports/IMPORT/record          inffnfn
POST /register/imports/IMPORT/discard         inffnfn
GET  /contracts/CONTRACT/                     inoooon
GET  /contracts/CONTRACT/text                 inoooon
GET  /contracts/CONTRACT/text/new             inooofn
POST /contracts/CONTRACT/text/comments        inooofn
POST /contracts/CONTRACT/text/comments/THREAD/replies inooofn
POST /contracts/CONTRACT/text/comments/THREAD/resolve inooofn
POST /contracts/CONTRACT/text/comments/THREAD/reopen inooofn
POST /contracts/CONTRACT/text/comments/THREAD/audience/THREAD inooofn
GET  /contracts/CONTRACT/text/share           inofofn
POST /contracts/CONTRACT/text/share           inofofn
GET  /contracts/CONTRACT/text/share/NAME      innfnfn
GET  /contracts/CONTRACT/versions             inoooon
POST /contracts/CONTRACT/versions             inofofn
GET  /contracts/CONTRACT/versions/999/documents innnnnn
POST /contracts/CONTRACT/versions/999/documents innnnnn
GET  /contracts/CONTRACT/versions/999/documents/NAME innnnnn
GET  /contracts/CONTRACT/compare              inoooon
GET  /contracts/CONTRACT/compare/part         inoooon
GET  /contracts/CONTRACT/compare/files        inoooon
POST /contracts/CONTRACT/compare/files        inoooon
GET  /contracts/CONTRACT/compare/files/NAME   inoooon
GET  /contracts/CONTRACT/signing/             inoooon
GET  /contracts/CONTRACT/signing/state        inoooon
POST /contracts/CONTRACT/signing/start        inofofn
POST /contracts/CONTRACT/signing/remind       inofofn
POST /contracts/CONTRACT/signing/address      inofofn
POST /contracts/CONTRACT/signing/replace      inofofn
POST /contracts/CONTRACT/signing/withdraw     inofofn
GET  /contracts/CONTRACT/signing/paper/       inoooon
GET  /contracts/CONTRACT/signing/paper/state  inoooon
GET  /contracts/CONTRACT/signing/paper/copy   inofofn
POST /contracts/CONTRACT/signing/paper/scan   inofofn
GET  /contracts/CONTRACT/signing/paper/sheets/DIGEST innnnnn
POST /contracts/CONTRACT/signing/paper/record inofofn
GET  /contracts/CONTRACT/evidence/            inoooon
GET  /contracts/CONTRACT/evidence/state       inoooon
POST /contracts/CONTRACT/evidence/            inofofn
GET  /contracts/CONTRACT/documents/           inoooon
POST /contracts/CONTRACT/documents/           inofofn
GET  /contracts/CONTRACT/documents/DOCUMENT   innnnnn
GET  /contracts/CONTRACT/people/              inoooon
POST /contracts/CONTRACT/people/confidentiality inffofn
POST /contracts/CONTRACT/people/owner         innnonn
POST /contracts/CONTRACT/effect/check         inofofn
POST /contracts/CONTRACT/effect/undo          inofofn
POST /contracts/CONTRACT/effect/approval      inofofn
POST /contracts/CONTRACT/effect/approval/drop inofofn
GET  /contracts/CONTRACT/audit/               inoooon
GET  /contracts/CONTRACT/audit/export         inffoon
GET  /audit/                                  innnnon
GET  /outbox/                                 innnnno
GET  /outbox/MESSAGE/                         innnnnn
POST /outbox/MESSAGE/uncover                  innnnnn
POST /outbox/MESSAGE/retry                    innnnnn
POST /users/USER/hand-over                    innnnfo
GET  /organisations/                          inoooon
POST /organisations/                          inofofn
GET  /organisations/new                       inofofn
GET  /organisations/ORGANISATION/             inoooon
POST /organisations/ORGANISATION/             inofofn
GET  /organisations/ORGANISATION/edit         inofofn
POST /contracts/CONTRACT/void                 inffofn
POST /contracts/CONTRACT/redraft              inofofn
GET  /contracts/CONTRACT/papers               inoooon
POST /contracts/CONTRACT/papers               inofofn
GET  /contracts/CONTRACT/papers/PAPER         innnnnn
POST /contracts/CONTRACT/papers/PAPER/freeze  innfnfn
POST /contracts/CONTRACT/papers/PAPER/reopen  innfnfn
POST /contracts/CONTRACT/papers/PAPER/void    innfnfn
POST /contracts/CONTRACT/papers/PAPER/sending innfnfn
POST /contracts/CONTRACT/papers/PAPER/arrivals/DELIVERY innfnfn
POST /contracts/CONTRACT/papers/PAPER/confirmation innfnfn
GET  /contracts/CONTRACT/papers/PAPER/form/answers innnnnn
POST /contracts/CONTRACT/papers/PAPER/form/answers innfnfn
GET  /contracts/CONTRACT/papers/PAPER/form/preview innnnnn
GET  /contracts/CONTRACT/papers/PAPER/form/findings innnnnn
POST /contracts/CONTRACT/papers/PAPER/form/findings innfnfn
GET  /contracts/CONTRACT/papers/PAPER/documents innnnnn
POST /contracts/CONTRACT/papers/PAPER/documents innnnnn
GET  /contracts/CONTRACT/papers/PAPER/documents/NAME innnnnn
POST /contracts/CONTRACT/papers/PAPER/documents/record innfnfn
GET  /contracts/CONTRACT/amendments/PAPER     innnnnn
GET  /contracts/CONTRACT/amendments/PAPER/text innnnnn
GET  /contracts/CONTRACT/amendments/PAPER/state innnnnn
GET  /contracts/CONTRACT/amendments/PAPER/values innfnfn
POST /contracts/CONTRACT/amendments/PAPER/values innfnfn
GET  /contracts/CONTRACT/amendments/PAPER/edit innfnfn
POST /contracts/CONTRACT/amendments/PAPER/words innfnfn
POST /contracts/CONTRACT/amendments/PAPER/additions innfnfn
POST /contracts/CONTRACT/amendments/PAPER/deletions innfnfn
POST /contracts/CONTRACT/amendments/PAPER/take-back innfnfn
POST /contracts/CONTRACT/amendments/PAPER/rebase innfnfn
POST /contracts/CONTRACT/amendments/PAPER/signature innfnfn
GET  /contracts/CONTRACT/consolidated         inoooon
GET  /contracts/CONTRACT/consolidated/text    inoooon
GET  /contracts/CONTRACT/consolidated/history inoooon
GET  /contracts/CONTRACT/consolidated/documents inoooon
POST /contracts/CONTRACT/consolidated/documents inoooon
GET  /contracts/CONTRACT/consolidated/documents/NAME innnnnn
GET  /contracts/CONTRACT/term/                inoooon
POST /contracts/CONTRACT/term/decision        inofofn
POST /contracts/CONTRACT/term/option          inofofn
POST /contracts/CONTRACT/term/papers/PAPER/sending inofofn
POST /contracts/CONTRACT/term/papers/PAPER/signature inofofn
POST /contracts/CONTRACT/term/deliveries/DELIVERY/arrival inofofn
GET  /contracts/CONTRACT/term/notice          inoooon
GET  /contracts/CONTRACT/term/price           inoooon
POST /contracts/CONTRACT/term/price           inofofn
GET  /contracts/CONTRACT/ending/              inoooon
POST /contracts/CONTRACT/ending/              inofofn
POST /contracts/CONTRACT/ending/CASE/         inofofn
POST /contracts/CONTRACT/ending/CASE/demand   inofofn
POST /contracts/CONTRACT/ending/CASE/notice   inofofn
POST /contracts/CONTRACT/ending/CASE/confirmation inofofn
POST /contracts/CONTRACT/ending/CASE/agreement inofofn
POST /contracts/CONTRACT/ending/CASE/signature inofofn
POST /contracts/CONTRACT/ending/CASE/happening inofofn
POST /contracts/CONTRACT/ending/CASE/withdrawal inofofn
POST /contracts/CONTRACT/ending/CASE/objection inofofn
POST /contracts/CONTRACT/ending/CASE/objection/close inofofn
POST /contracts/CONTRACT/ending/papers/PAPER/sending inofofn
POST /contracts/CONTRACT/ending/deliveries/DELIVERY/arrival inofofn
GET  /settlements/                            inoooon
GET  /contracts/CONTRACT/settlements/         inoooon
POST /contracts/CONTRACT/settlements/         inofofn
POST /contracts/CONTRACT/settlements/payments inofofn
GET  /contracts/CONTRACT/settlements/payments/PAYMENT innnnnn
POST /contracts/CONTRACT/settlements/payments/PAYMENT innfnfn
POST /contracts/CONTRACT/settlements/payments/PAYMENT/reversal innfnfn
POST /contracts/CONTRACT/settlements/dunning  inofofn
POST /contracts/CONTRACT/settlements/failure  inofofn
GET  /contracts/CONTRACT/settlements/corrections inoooon
POST /contracts/CONTRACT/settlements/corrections/months/2027-03 inofofn
POST /contracts/CONTRACT/settlements/corrections/terms/SETTLEMENT innfnfn
POST /contracts/CONTRACT/settlements/corrections/CORRECTION/acceptance innfnfn
POST /contracts/CONTRACT/settlements/corrections/CORRECTION/refusal innfnfn
GET  /contracts/CONTRACT/settlements/plan     inoooon
POST /contracts/CONTRACT/settlements/plan     inofofn
GET  /contracts/CONTRACT/settlements/months/2027-03 inoooon
POST /contracts/CONTRACT/settlements/months/2027-03 inofofn
POST /contracts/CONTRACT/settlements/months/2027-03/upload inofofn
GET  /contracts/CONTRACT/settlements/months/2027-03/template.xlsx inoooon
POST /contracts/CONTRACT/settlements/months/2027-03/review inofofn
POST /contracts/CONTRACT/settlements/months/2027-03/answer inofofn
POST /contracts/CONTRACT/settlements/months/2027-03/lapse inofofn
POST /contracts/CONTRACT/settlements/months/2027-03/reopening inofofn
GET  /contracts/CONTRACT/settlements/SETTLEMENT innnnnn
GET  /contracts/CONTRACT/settlements/SETTLEMENT/sheet.xlsx innnnnn
POST /contracts/CONTRACT/settlements/SETTLEMENT/receipt innfnfn
POST /contracts/CONTRACT/settlements/SETTLEMENT/confirmation innfnfn
POST /contracts/CONTRACT/settlements/SETTLEMENT/objection innfnfn
POST /contracts/CONTRACT/settlements/SETTLEMENT/resolution innfnfn
POST /contracts/CONTRACT/settlements/SETTLEMENT/voiding innfnfn
POST /contracts/CONTRACT/settlements/SETTLEMENT/invoices innfnfn
GET  /contracts/CONTRACT/exit/                inoooon
POST /contracts/CONTRACT/exit/EXIT/tasks/KEY  inofofn
POST /contracts/CONTRACT/exit/EXIT/tasks/KEY/reopening inofofn
POST /contracts/CONTRACT/exit/archive         inffofn
GET  /contracts/CONTRACT/annex/               inoooon
GET  /contracts/CONTRACT/annex/current.xlsx   inoooon
POST /contracts/CONTRACT/annex/comparison     inoooon
POST /contracts/CONTRACT/annex/amendment      inofofn
GET  /contracts/CONTRACT/obligations/         inoooon
POST /contracts/CONTRACT/obligations/plan     inofofn
GET  /contracts/CONTRACT/obligations/export.xlsx inofoon
GET  /contracts/CONTRACT/obligations/OBLIGATION/ innnnnn
POST /contracts/CONTRACT/obligations/OBLIGATION/done innfnfn
POST /contracts/CONTRACT/obligations/OBLIGATION/waiver inffnfn
POST /contracts/CONTRACT/obligations/OBLIGATION/dispute innfnfn
POST /contracts/CONTRACT/obligations/OBLIGATION/reopen innfnfn
POST /contracts/CONTRACT/obligations/OBLIGATION/responsible innfnfn
GET  /contracts/CONTRACT/obligations/events/  inoooon
POST /contracts/CONTRACT/obligations/events/  inofofn
POST /contracts/CONTRACT/obligations/events/import inofofn
POST /contracts/CONTRACT/obligations/events/EVENT/withdrawal inofofn
POST /contracts/CONTRACT/obligations/events/EVENT/stop inofofn
POST /contracts/CONTRACT/obligations/events/EVENT/start inofofn
POST /contracts/CONTRACT/obligations/events/EVENT/end inofofn
POST /contracts/CONTRACT/obligations/takeover inffofn
POST /contracts/CONTRACT/obligations/responsible inofofn
POST /obligations/responsible                 inofofn
GET  /obligations/                            inoooon
GET  /obligations/export.xlsx                 inofoon
GET  /obligations/events                      inofofn
POST /obligations/events                      inofofn
GET  /obligations/events/template.xlsx        inoooon
GET  /contracts/CONTRACT/approvals            inoooon
GET  /contracts/CONTRACT/submission           inofofn
POST /contracts/CONTRACT/submission           inofofn
POST /contracts/CONTRACT/approvals/withdraw   inofofn
POST /contracts/CONTRACT/approvals/approve    infoffn
POST /contracts/CONTRACT/approvals/return     infoffn
GET  /contracts/CONTRACT/approvals/remark     infoffn
POST /contracts/CONTRACT/approvals/delegate   infoffn
POST /contracts/CONTRACT/approvals/recall     infoffn
POST /contracts/CONTRACT/approvals/revoke     infoffn
GET  /approvals/                              inoooon
GET  /renewals/                               inoooon
GET  /endings/                                inoooon
GET  /renewals/CONTRACT/reasons               inoooon
GET  /pki/root.cer                            ooooooo
GET  /pki/root.crl                            ooooooo
POST /pki/ocsp                                ooooooo
GET  /pki/ocsp/BASE64                         ooooooo
POST /pki/tsa                                 ooooooo
GET  /certificates/                           innnnoo
POST /certificates/SERIAL/revocation          innnnfo
GET  /setup/                                  innnnno
POST /setup/time                              innnnno
GET  /seals/                                  inoooon
POST /seals/                                  inffofn
GET  /seals/new                               inffofn
GET  /seals/SEAL/                             innnnnn
GET  /seals/SEAL/specimen                     innnnnn
POST /seals/SEAL/image                        innnnnn
POST /seals/SEAL/state                        innnnnn
POST /seals/SEAL/offices                      inffnfn
POST /seals/SEAL/offices/GRANT/end            inffnfn
GET  /seals/SEAL/offices/GRANT/document       inoooon
GET  /contracts/CONTRACT/seals/               inoooon
POST /contracts/CONTRACT/seals/               inofofn
POST /contracts/CONTRACT/seals/APPLICATION/decide inooofn
POST /contracts/CONTRACT/seals/APPLICATION/release inooofn
POST /contracts/CONTRACT/seals/APPLICATION/use inooofn
POST /contracts/CONTRACT/seals/APPLICATION/withdraw inooofn
GET  /static/css/app.css                      ooooooo
POST /sign-out                                ooooooo
"""
ROWS = [tuple(line.split()) for line in EXPECTED.strip().splitlines()]
PEOPLE = ("anonymous", "nobody", *(role.value for role in Role))
NAMES = {
    "<draft_id>": "DRAFT", "<contract_id>": "CONTRACT", "<user_id>": "USER", "<token>": "TOKEN", "<session_id>": "SESSION", "<int:revision>": "999",
    "<thread_id>": "THREAD", "<comment_id>": "THREAD", "<int:ordinal>": "999", "<any(draft,final):kind>": "final", "<name>": "NAME",
    "<path:filename>": "css/app.css", "<any(a,b):role>": "a", "<organisation_id>": "ORGANISATION", "<view_id>": "VIEW", "<export_id>": "EXPORT",
    "<import_id>": "IMPORT", "<digest>": "DIGEST",
    "<any(root,issuing):name>": "root", "<any(root,signatories):name>": "root", "<path:encoded>": "BASE64", "<serial>": "SERIAL",
    "<seal_id>": "SEAL", "<grant_id>": "GRANT", "<application_id>": "APPLICATION",
    "<paper_id>": "PAPER", "<delivery_id>": "DELIVERY", "<case_id>": "CASE", "<exit_id>": "EXIT", "<key>": "KEY",
    "<obligation_id>": "OBLIGATION", "<event_id>": "EVENT", "<kind>": "xlsx",
    "<link_id>": "LINK", "<date_id>": "DATE", "<channel_id>": "CHANNEL",
    "<choice>": "CHOICE", "<signature>": "SIGNATURE", "<document_id>": "DOCUMENT", "<message_id>": "MESSAGE",
    "<settlement_id>": "SETTLEMENT", "<payment_id>": "PAYMENT", "<correction_id>": "CORRECTION", "<month>": "2027-03",
    "<int:number>": "1",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class House:
    """An application with one person of each role, and somebody to be administered."""

    app: Flask
    desk: Desk
    target: str
    organisation: str

    def draft(self) -> str:
        with self.desk.unit_of_work() as uow:
            return create_draft(uow, Actor("旁人", "somebody", frozenset({Role.DRAFTER})), self.desk.now(), self.desk.library, {})

    def contract(self) -> str:
        return contract_of(self.desk, actor_named(self.desk, "wang"))

    def thread(self, contract: str) -> str:
        desk = self.desk
        with desk.unit_of_work() as uow:
            return open_thread(
                uow, actor_named(desk, "wang"), desk.now(), desk.today(), desk.reference, Post(desk.write_mail, lambda _c, _t: ""),
                contract, "请核对。", ordinal=0,
            )  # fmt: skip

    def visitor(self, who: str) -> Visitor:
        visitor = Visitor(self.app.test_client())
        if who != "anonymous":
            visitor.sign_in(session_of(self.desk, who))
        return visitor


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> House:
    app = create_app(Settings(data_dir=tmp_path_factory.mktemp("house")))
    desk: Desk = app.extensions[KEY]
    first_lawyer(desk)
    person(desk, "nobody")
    for role in Role:
        person(desk, role.value, role, name=role.label)
    keeper = actor_named(desk, "administrator")
    with desk.unit_of_work() as uow:
        organisation = create_organisation(uow, keeper, desk.now(), Organisation("示例有限公司"))
    return House(app, desk, person(desk, "target", Role.DRAFTER), organisation)


def _outcome(visitor: Visitor, method: str, path: str) -> str:
    answer = visitor.post(path, {"kind": "final"}) if method == "POST" else visitor.get(path)
    place = answer.headers.get("Location", "")
    if answer.status_code == 401 or place == "/sign-in" or place.startswith("/sign-in?next="):
        return "i"
    assert answer.status_code < 500, (method, path, answer.status_code)
    return {403: "f", 404: "n"}.get(answer.status_code, "o")


def test_every_route_is_in_the_table(house: House) -> None:
    found = set()
    for rule in house.app.url_map.iter_rules():
        path = re.sub(r"<[^>]+>", lambda part: NAMES[part[0]], rule.rule)
        found |= {(method, path) for method in rule.methods or () if method in ("GET", "POST")}
    assert found == {(method, path) for method, path, _ in ROWS}


def test_every_route_is_either_open_to_all_or_asks_the_permission_table(house: House) -> None:
    endpoints = {rule.endpoint for rule in house.app.url_map.iter_rules()}
    assert endpoints == OPEN_TO_ALL | NEEDS.keys()
    assert not OPEN_TO_ALL & NEEDS.keys()


@pytest.mark.parametrize("who", PEOPLE)
def test_each_role_gets_through_where_the_table_says_and_nowhere_else(house: House, who: str) -> None:
    visitor = house.visitor(who)
    expected = {f"{method} {path}": letters[PEOPLE.index(who)] for method, path, letters in ROWS}
    found = {}
    contract = house.contract()
    thread = house.thread(contract)
    for method, path, _ in ROWS:
        real = path.replace("DRAFT", house.draft() if "DRAFT" in path else "").replace("USER", house.target)
        real = real.replace("CONTRACT", contract).replace("THREAD", thread).replace("ORGANISATION", house.organisation)
        found[f"{method} {path}"] = _outcome(visitor, method, real)
    assert {k: v for k, v in found.items() if v != expected[k]} == {}


def test_a_route_that_nobody_thought_of_is_shut(tmp_path_factory: pytest.TempPathFactory) -> None:
    app = create_app(Settings(data_dir=tmp_path_factory.mktemp("shut")))
    app.add_url_rule("/forgotten-by-all", "forgotten_by_all", lambda: "secret")
    first_lawyer(app.extensions[KEY])
    visitor = Visitor(app.test_client())
    visitor.sign_in(session_of(app.extensions[KEY], "wang"))
    answer = visitor.get("/forgotten-by-all")
    assert answer.status_code == 404
    assert "secret" not in answer.get_data(as_text=True)


@pytest.mark.parametrize("who", [role.value for role in Role])
def test_a_confidential_draft_answers_like_one_that_does_not_exist(house: House, who: str) -> None:
    desk = house.desk
    owner = actor_named(desk, "drafter" if who != "drafter" else "wang")
    contract = contract_of(desk, owner, confidential=True)
    with desk.reading() as uow:
        draft = load_contract_unasked(uow, contract).draft_id
    visitor, named = house.visitor(who), house.visitor("drafter" if who != "drafter" else "wang")
    assert named.get(f"/drafts/{draft}/").status_code == 200
    for path in ("", "preview", "findings/", "playbook/", "documents/", "summary"):
        hidden = visitor.get(f"/drafts/{draft}/{path}")
        absent = visitor.get(f"/drafts/{'0' * 32}/{path}")
        assert hidden.status_code == absent.status_code == 404
        assert _words(hidden, draft) == _words(absent, "0" * 32)
    assert visitor.post(f"/drafts/{draft}/delete").status_code == 404
    assert draft not in visitor.get("/drafts/").get_data(as_text=True)
    assert draft in named.get("/drafts/").get_data(as_text=True)
    assert contract not in visitor.get("/contracts/").get_data(as_text=True)
    assert contract in named.get("/contracts/").get_data(as_text=True)
    hidden, absent = visitor.get(f"/contracts/{contract}/"), visitor.get(f"/contracts/{'0' * 32}/")
    assert hidden.status_code == absent.status_code == 404
    assert _words(hidden, contract) == _words(absent, "0" * 32)


def _words(answer, draft: str) -> str:  # type: ignore[no-untyped-def]
    """The page without what differs between any two answers."""
    page = re.sub(r'(csrf[^>]*?(?:content|value)="|"X-CSRFToken":")[^"]+', r"\1", answer.get_data(as_text=True))
    return page.replace(draft, "DRAFT")


def test_changes_carry_the_name_of_the_one_signed_in(house: House) -> None:
    visitor, draft = house.visitor("administrator"), house.draft()
    visitor.save(draft, party_a__name="甲方有限公司")
    with house.desk.reading() as uow:
        assert load_draft_unasked(uow, house.desk.library, draft).updated_by == "合同管理员"


def test_who_may_only_read_is_offered_no_way_to_change(house: House) -> None:
    draft, visitor = house.draft(), house.visitor("auditor")
    page = visitor.get(f"/drafts/{draft}/").get_data(as_text=True)
    assert '<fieldset class="bare" disabled>' in page
    assert "data-read-only" in page
    assert 'class="button primary" href="/drafts/new"' not in visitor.get("/drafts/").get_data(as_text=True)
    assert '<form method="post" action="/drafts/' not in visitor.get(f"/drafts/{draft}/documents/").get_data(as_text=True)
