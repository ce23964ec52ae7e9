"""The web application: settings in, a WSGI application out."""

from __future__ import annotations

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from app.settings import Settings
from app.web import (
    access,
    account,
    amendments,
    annex,
    api,
    api_tokens,
    approval,
    approval_desk,
    calendar_feed,
    ceremony,
    certificates,
    commentary,
    comparison,
    consolidated,
    contract_people,
    contract_seals,
    contracts,
    corrections,
    deciding,
    deviations,
    documents,
    drafts,
    duties,
    duty_events,
    effect,
    elsewhere,
    ending,
    exits,
    files,
    findings,
    log,
    lpr,
    obligations,
    organisations,
    outbox,
    paper_documents,
    paper_form,
    paper_signing,
    papers,
    parties,
    payments,
    pki,
    playbook,
    proving,
    register,
    register_import,
    reminders,
    seals,
    service_list,
    settlement_months,
    settlement_sheets,
    settlements,
    setup,
    sharing,
    signing,
    term,
    term_desks,
    trust,
    users,
    verification,
    versions,
    workbench,
    workspace,
)  # fmt: skip
from app.web.api import init_api
from app.web.contract_pages import init_contract_pages
from app.web.desk import KEY, Desk
from app.web.errors import init_errors
from app.web.exporting import init_exports
from app.web.gate import init_gate
from app.web.importing import init_imports
from app.web.jobs import JOBS, Jobs
from app.web.language import init_language
from app.web.pages import ROOT, init_pages
from app.web.paper_signing import init_paper_signing
from app.web.pki import init_pki
from app.web.proving import init_evidence
from app.web.received import init_received
from app.web.register_words import init_register
from app.web.routes import Route
from app.web.security import init_security
from app.web.setup import init_setup
from app.web.starting import STARTS, Starts
from app.web.term_words import init_term_words
from app.web.throttle import Throttle
from app.web.verification import init_verification
from app.wiring import Wiring

BLUEPRINTS = (
    workbench.pages,
    access.pages, account.pages, users.pages, drafts.pages, workspace.pages, findings.pages, playbook.pages, deviations.pages, service_list.pages,
    documents.pages, contracts.pages, commentary.pages, sharing.pages, approval.pages, approval_desk.pages, versions.pages, comparison.pages,
    papers.pages, paper_form.pages, paper_documents.pages, amendments.pages, consolidated.pages, term.pages, ending.pages, exits.pages,
    settlements.pages, settlement_months.pages, settlement_sheets.pages, payments.pages, corrections.pages, settlements.money_pages,
    deciding.pages, term_desks.pages,
    obligations.pages, duty_events.pages, duties.pages, annex.pages,
    reminders.pages, reminders.contract_pages, lpr.pages, calendar_feed.pages,
    organisations.pages, parties.pages, files.pages, contract_people.pages, effect.pages, log.contract_pages, log.house_pages,
    outbox.pages, register.pages, register_import.pages, verification.pages, seals.pages, contract_seals.pages,
    pki.pages, certificates.pages, setup.pages,
    signing.pages, ceremony.pages, paper_signing.pages, proving.pages,
    elsewhere.pages, elsewhere.ceremony_pages, trust.pages, api.pages, api_tokens.pages,
)  # fmt: skip


def create_app(settings: Settings, wiring: Desk | None = None) -> Flask:
    """The application over real tools; the database is opened and migrated here, heavier tools on first use."""
    tools: Desk = wiring or Wiring(settings)
    app = Flask("app.web", static_folder=str(ROOT / "app" / "web" / "static"), template_folder=str(ROOT / "templates" / "web"))
    app.url_rule_class = Route
    app.config["MAX_CONTENT_LENGTH"] = settings.max_upload_mb * 1024 * 1024
    app.config["MAX_FORM_MEMORY_SIZE"] = settings.max_upload_mb * 1024 * 1024
    app.extensions[KEY] = tools
    app.extensions[JOBS] = Jobs(settings.data_dir / "documents")
    app.extensions[STARTS] = Starts()
    app.extensions[access.THROTTLE] = Throttle()
    init_received(app)
    init_security(app, secret_key=tools.secret_key, secure_cookies=settings.secure_cookies)
    init_language(app, settings.data_dir, settings.language)
    init_errors(app)
    init_pages(app)
    init_gate(app)
    init_contract_pages(app)
    init_register(app)
    init_term_words(app)
    init_exports(app, settings.data_dir / "exports")
    init_imports(app, settings.data_dir / "imports")
    init_verification(app)
    init_paper_signing(app)
    init_evidence(app)
    init_pki(app)
    init_api(app)
    init_setup(app)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    if settings.trusted_proxies:
        count = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=count, x_proto=count, x_host=count)  # type: ignore[method-assign]
    with tools.unit_of_work():
        pass
    return app
