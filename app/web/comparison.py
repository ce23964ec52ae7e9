"""Two texts of a contract side by side or in one, with their differences marked, and the same as files."""

from __future__ import annotations

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue

from app.services.comparing import Compared, NothingToCompare, compare_texts_of, load_pair, pair_key
from app.services.filing import load_contract
from app.services.generation import Generated
from app.services.ports import Progress
from app.services.redlining import make_redline, redline_identity
from app.services.texts import DRAFT, label_of
from app.services.version_list import version_lines
from app.web.contract_pages import contract_page
from app.web.desk import View, desk
from app.web.documents import jobs
from app.web.gate import actor
from app.web.made_files import Made, send, stem_of

pages = Blueprint("comparison", __name__, url_prefix="/contracts/<contract_id>/compare")
NOT_CHOSEN = -1


@pages.get("")
def show(contract_id: str) -> ResponseReturnValue:
    old, new = _chosen()
    if NOT_CHOSEN in (old, new) or old == new:
        return redirect(url_for("versions.index", contract_id=contract_id, told="choose"))
    found, folded = _compared(contract_id), request.args.get("whole") != "1"
    with desk().reading() as uow:
        lines = version_lines(uow, actor(), contract_id)
    return contract_page(
        "contracts/comparison.html", contract_id, old=old, new=new, view=_view(), folded=folded, lines=lines, compared=found,
        changes=desk().show_changes(found.comparison), redline=desk().show_redline(found.comparison, _view(), folded=folded),
    )  # fmt: skip


@pages.get("/part")
def part(contract_id: str) -> str:
    """The unchanged provisions that a fold left out."""
    first, count = request.args.get("first", 0, type=int), request.args.get("count", 0, type=int)
    return desk().show_redline_part(_compared(contract_id).comparison, _view(), first, count)


@pages.get("/files")
def files(contract_id: str) -> str:
    """The comparison as files: what there is, or how far it is. Asked again and again, so nothing is compared here."""
    old, new = _chosen()
    made = Made.of(jobs(), _key(contract_id))
    return contract_page("contracts/comparison_files.html", contract_id, old=old, new=new, made=made)


@pages.post("/files")
def generate(contract_id: str) -> ResponseReturnValue:
    found, old, new = _compared(contract_id), *_chosen()
    tools, meta = desk(), redline_identity(found, desk().now())

    def work(progress: Progress) -> Generated:
        progress("准备字体与渲染器")
        return make_redline(found, meta, tools.redline_tools, progress=progress)

    jobs().start(f"{contract_id}/{found.key}-redline", work, "comparison.zip")
    return redirect(url_for("comparison.files", contract_id=contract_id, old=old, new=new))


@pages.get("/files/<name>")
def download(contract_id: str, name: str) -> ResponseReturnValue:
    old, new = _chosen()
    key = _key(contract_id)
    with desk().reading() as uow:
        number = load_contract(uow, actor(), contract_id).number
    return send(jobs(), key, name, f"{stem_of(number)}-{label_of(old)}与{label_of(new)}对比")


def _key(contract_id: str) -> str:
    old, new = _chosen()
    if min(old, new) < DRAFT or old == new:
        raise NothingToCompare
    with desk().reading() as uow:
        return f"{contract_id}/{pair_key(uow, actor(), contract_id, old, new)}-redline"


def _chosen() -> tuple[int, int]:
    """Ordinals of the old and the new text; the draft is 0."""
    old, new = (request.values.get(name, NOT_CHOSEN, type=int) for name in ("old", "new"))
    return old, new


def _view() -> View:
    return "side" if request.args.get("view") == "side" else "inline"


def _compared(contract_id: str) -> Compared:
    old, new = _chosen()
    if min(old, new) < DRAFT:
        raise NothingToCompare
    with desk().reading() as uow:
        pair = load_pair(uow, actor(), desk().reference, desk().today(), contract_id, old, new)
    return compare_texts_of(pair, desk().reference, desk().differ)
