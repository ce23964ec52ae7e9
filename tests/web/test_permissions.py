"""Every route × every role, against a table that was written without looking at the application's own."""

from __future__ import annotations

import re

import pytest

from app.domain.permissions import Role
from app.settings import Settings
from app.web.desk import KEY
from app.web.gate import NEEDS, OPEN_TO_ALL
from tests.data_folders import with_database
from tests.web.applications import application
from tests.web.conftest import Visitor
from tests.web.people import first_lawyer, session_of
from tests.web.permission_rows import ROWS_BEFORE_A_CONTRACT
from tests.web.role_house import House, house_in

# Columns: anonymous, no role, drafter, approver, contract administrator, auditor, system administrator.
# o let in (whatever the page then says of the entries), f refused with 403, n there is no such page (404), i sign in first.
EXPECTED = """
GET  /                                        ioooooo
GET  /workbench/                              inoooon
GET  /workbench/dates/                        inoooon
GET  /workbench/report                        inoooon
GET  /verify/                                 ooooooo
POST /verify/                                 ooooooo
GET  /decide/LINK/CHOICE/SIGNATURE            nnnnnnn
POST /decide/LINK/CHOICE/SIGNATURE            nnnnnnn
GET  /verify/DIGEST                           nnnnnnn
GET  /calendar/TOKEN.ics                      nnnnnnn
GET  /reminders/                              inooooo
POST /reminders/DATE/snooze                   inooooo
GET  /reminders/policies/                     inooooo
POST /reminders/policies/                     inffofo
POST /reminders/house                         inffofo
POST /reminders/replan                        inffofo
POST /reminders/deputy                        inooooo
GET  /reminders/lpr/                          inooooo
POST /reminders/lpr/                          inffofo
POST /reminders/lpr/DAY/removal               inffnfn
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
GET  /sign/TOKEN/elsewhere/                   nnnnnnn
POST /sign/TOKEN/elsewhere/                   nnnnnnn
GET  /contracts/                              inoooon
GET  /contracts/CONTRACT/hits                 inoooon
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
POST /contracts/CONTRACT/signing/code-way     inofofn
POST /contracts/CONTRACT/signing/authority    inofofn
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
POST /contracts/CONTRACT/settlements/SETTLEMENT/invoices/INVOICE/assignment innfnfn
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
POST /contracts/CONTRACT/obligations/events/EVENT/judgement inofofn
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
GET  /account/api-tokens/                     inononn
POST /account/api-tokens/                     inononn
POST /account/api-tokens/KEPT/revocation      innnnnn
GET  /api/v1/contracts/NUMBER/signing         iiiiiii
GET  /api/v1/contracts/NUMBER/file            iiiiiii
POST /api/v1/contracts/NUMBER/signatures      iiiiiii
GET  /api/v1/signatures/REMOTE                iiiiiii
GET  /api/v1/signatures/REMOTE/content        iiiiiii
POST /api/v1/signatures/REMOTE/completion     iiiiiii
GET  /trust/                                  inooooo
POST /trust/                                  inffffo
POST /trust/look                              inffffo
POST /trust/ROOT/removal                      inffffo
GET  /contracts/CONTRACT/signing/elsewhere/   inofofn
POST /contracts/CONTRACT/signing/elsewhere/   inofofn
GET  /contracts/CONTRACT/signing/elsewhere/file inofofn
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
ROWS = [tuple(line.split()) for line in (ROWS_BEFORE_A_CONTRACT + EXPECTED).split("\n") if line]
PEOPLE = ("anonymous", "nobody", *(role.value for role in Role))
NAMES = {
    "<draft_id>": "DRAFT", "<contract_id>": "CONTRACT", "<user_id>": "USER", "<token>": "TOKEN", "<session_id>": "SESSION", "<int:revision>": "999",
    "<thread_id>": "THREAD", "<comment_id>": "THREAD", "<int:ordinal>": "999", "<any(draft,final):kind>": "final", "<name>": "NAME",
    "<path:filename>": "css/app.css", "<any(a,b):role>": "a", "<organisation_id>": "ORGANISATION", "<view_id>": "VIEW", "<export_id>": "EXPORT",
    "<import_id>": "IMPORT", "<digest>": "DIGEST",
    "<any(root,issuing):name>": "root", "<any(root,signatories):name>": "root", "<path:encoded>": "BASE64", "<serial>": "SERIAL",
    "<seal_id>": "SEAL", "<root_id>": "ROOT", "<token_id>": "KEPT", "<remote_id>": "REMOTE", "<number>": "NUMBER",
    "<grant_id>": "GRANT", "<application_id>": "APPLICATION",
    "<paper_id>": "PAPER", "<delivery_id>": "DELIVERY", "<case_id>": "CASE", "<exit_id>": "EXIT", "<key>": "KEY",
    "<obligation_id>": "OBLIGATION", "<event_id>": "EVENT", "<kind>": "xlsx",
    "<link_id>": "LINK", "<date_id>": "DATE", "<channel_id>": "CHANNEL",
    "<choice>": "CHOICE", "<signature>": "SIGNATURE", "<document_id>": "DOCUMENT", "<message_id>": "MESSAGE",
    "<settlement_id>": "SETTLEMENT", "<payment_id>": "PAYMENT", "<correction_id>": "CORRECTION", "<month>": "2027-03",
    "<int:number>": "1", "<day>": "DAY", "<invoice_id>": "INVOICE",
}  # fmt: skip


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> House:
    return house_in(tmp_path_factory.mktemp("house"))


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
    app = application(Settings(data_dir=with_database(tmp_path_factory.mktemp("shut"))))
    app.add_url_rule("/forgotten-by-all", "forgotten_by_all", lambda: "secret")
    first_lawyer(app.extensions[KEY])
    visitor = Visitor(app.test_client())
    visitor.sign_in(session_of(app.extensions[KEY], "wang"))
    answer = visitor.get("/forgotten-by-all")
    assert answer.status_code == 404
    assert "secret" not in answer.get_data(as_text=True)
