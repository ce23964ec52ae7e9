"""The register 合同台账: one list of contracts with search, filters, columns, saved views and export."""

from __future__ import annotations

import io
import json

from flask import Blueprint, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.domain.errors import ContractError, InputError, InputFault
from app.domain.lifecycle import Flag, Stage
from app.domain.searching import UnusableQuery
from app.services.register import RegisterPage, owners, read_register
from app.services.register_export import is_large
from app.services.register_settings import Settings, plain_settings, read_settings
from app.services.register_views import SavedView, choose_default, default_view, delete_view, list_views, save_view
from app.services.searching import all_hits
from app.web.desk import desk
from app.web.exporting import export_now, exports
from app.web.gate import actor
from app.web.register_words import address_of, form_titles, view_address, words_of_register

pages = Blueprint("register", __name__)


@pages.get("/contracts/")
def index() -> ResponseReturnValue:
    if not request.args:
        with desk().reading() as uow:
            view = default_view(uow, actor())
        if view is not None and plain_settings(view.settings):
            return redirect(view_address(view))
    settings, faults = read_settings(request.args.to_dict(flat=False))
    page, problem = _page(settings)
    return _shown(settings, page, faults, problem), 422 if faults or problem else 200


@pages.get("/contracts/<contract_id>/hits")
def hits(contract_id: str) -> str:
    typed = request.args.get("q", "")
    with desk().reading() as uow:
        found = all_hits(uow, actor(), contract_id, typed)
    return render_template("register/_hits.html", hits=found, contract_id=contract_id)


@pages.post("/register/views")
def keep_view() -> ResponseReturnValue:
    settings = _posted()
    try:
        with desk().unit_of_work() as uow:
            view_id = save_view(
                uow, actor(), desk().now(), request.form.get("name", ""), settings, shared="shared" in request.form
            )
        if "default" in request.form:
            with desk().unit_of_work() as uow:
                choose_default(uow, actor(), desk().now(), view_id)
    except InputError as error:
        page, problem = _page(settings)
        return _shown(settings, page, error.faults, problem, name=request.form.get("name", "")), 422
    return redirect(address_of(plain_settings(settings)))


@pages.post("/register/views/default")
def open_with() -> ResponseReturnValue:
    with desk().unit_of_work() as uow:
        choose_default(uow, actor(), desk().now(), request.form.get("view", ""))
    return redirect(address_of(plain_settings(_posted())))


@pages.post("/register/views/<view_id>/delete")
def drop_view(view_id: str) -> ResponseReturnValue:
    with desk().unit_of_work() as uow:
        delete_view(uow, actor(), desk().now(), view_id)
    return redirect(address_of(plain_settings(_posted())))


@pages.post("/register/export")
def export() -> ResponseReturnValue:
    settings = _posted()
    with desk().reading() as uow:
        large = is_large(uow, actor(), settings)
    if large:
        return redirect(url_for("register.export_state", export_id=exports().start(actor(), settings)))
    content = export_now(actor(), settings).content
    return send_file(
        io.BytesIO(content), as_attachment=True, download_name=f"{_('合同台账')}-{desk().today()}.xlsx", mimetype=XLSX
    )


@pages.get("/register/exports/<export_id>/")
def export_state(export_id: str) -> str:
    return render_template("register/export.html", made=exports().of(actor(), export_id), export_id=export_id)


@pages.get("/register/exports/<export_id>/register.xlsx")
def export_file(export_id: str) -> ResponseReturnValue:
    path = exports().file(actor(), export_id)
    if path is None:
        return redirect(url_for("register.export_state", export_id=export_id))
    return send_file(path, as_attachment=True, download_name=f"{_('合同台账')}-{desk().today()}.xlsx", mimetype=XLSX)


XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
EMPTY = RegisterPage((), 0, False, False, "", "")


def _page(settings: Settings) -> tuple[RegisterPage, str]:
    """The page that the address asks for, or why it can't be shown."""
    try:
        with desk().reading() as uow:
            found = read_register(
                uow, actor(), settings.filter, settings.order, after=request.args.get("after", ""), before=request.args.get("before", "")
            )  # fmt: skip
    except UnusableQuery as error:
        return EMPTY, error.message
    return found, ""


def _shown(settings: Settings, page: RegisterPage, faults: tuple[InputFault, ...], problem: str, name: str = "") -> str:
    with desk().reading() as uow:
        views, people = list_views(uow, actor()), owners(uow, actor())
    plain = plain_settings(settings)
    return render_template(
        "register/index.html", settings=settings, page=page, views=views, current=_current(views, settings), plain=plain,
        packed=json.dumps(plain, ensure_ascii=False), faults=faults, problem=problem, entered=request.args, people=people, name=name,
        chips=words_of_register(settings, people), forms=form_titles(), stages=tuple(Stage), flags=tuple(Flag),
    )  # fmt: skip


def _current(views: tuple[SavedView, ...], settings: Settings) -> str:
    """The view that is shown, if it is one; told by what it asks for, not by where the address came from."""
    return next((v.id for v in views if plain_settings(v.settings) == plain_settings(settings)), "")


def _posted() -> Settings:
    """The settings that a form carries along. Raises ``register.settings``."""
    try:
        plain = json.loads(request.form.get("settings", "{}"))
        found = {str(k): [str(v) for v in values] for k, values in plain.items() if isinstance(values, list)}
    except (ValueError, AttributeError) as error:
        raise ContractError("register.settings", str(_("页面内容不完整，请刷新台账后重试。"))) from error
    return read_settings(found)[0]
