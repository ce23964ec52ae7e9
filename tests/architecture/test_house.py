"""The house rules that a test can hold."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest

from app.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
LARGEST_FILE = 450


def _sources(*folders: str) -> list[Path]:
    return sorted(p for f in folders for p in (ROOT / f).rglob("*.py") if "migrations" not in p.parts)


def test_the_law_room_loads_nothing_but_the_standard_library_and_itself() -> None:
    modules = [".".join(p.relative_to(ROOT).with_suffix("").parts) for p in _sources("app/domain") if p.stem != "__init__"]
    program = (
        f"import sys\nfor m in {modules!r}: __import__(m)\n"
        "tops = {m.split('.')[0] for m in sys.modules}\n"
        "inside = {m for m in sys.modules if m.startswith('app.') and not m.startswith('app.domain')}\n"
        "print(sorted(t for t in tops if t not in sys.stdlib_module_names and not t.startswith('_')), sorted(inside))"
    )
    result = subprocess.run([sys.executable, "-I", "-c", f"import sys; sys.path.insert(0, {str(ROOT)!r})\n{program}"],
                            capture_output=True, text=True, check=True)  # fmt: skip
    outside, inside = result.stdout.strip().split("] [")
    assert set(re.findall(r"'([^']+)'", outside)) <= {"app", "sitecustomize", "usercustomize", "distutils_hack"}
    assert inside == "]"


def test_wiring_loads_heavy_libraries_on_first_use_only() -> None:
    heavy = {"sqlalchemy", "alembic", "weasyprint", "openpyxl", "docx", "pikepdf", "pyhanko", "flask"}
    program = f"import sys, app.wiring; print(*sorted({heavy!r} & sys.modules.keys()))"
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT)
    assert result.stdout.split() == []


def test_time_is_an_argument_below_the_doors() -> None:
    calls = re.compile(r"\b(?:datetime\.now|date\.today|datetime\.utcnow|time\.time)\(")
    offenders = [
        f"{p.relative_to(ROOT)}:{i}"
        for p in _sources("app/domain", "app/services", "app/library", "app/store", "signatures")
        for i, line in enumerate(p.read_text(encoding="utf-8").splitlines(), 1)
        if calls.search(line)
    ]
    assert offenders == []


def test_every_setting_is_documented_in_the_readme() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    missing = [f.name.upper() for f in fields(Settings) if f"`{f.name.upper()}`" not in readme]
    assert missing == []


def test_every_file_does_one_thing() -> None:
    sizes = {str(p.relative_to(ROOT)): len(p.read_text(encoding="utf-8").splitlines()) for p in _sources("app", "signatures")}
    assert {name: size for name, size in sizes.items() if size > LARGEST_FILE} == {}


def test_every_module_says_what_it_is_for() -> None:
    silent = [
        str(p.relative_to(ROOT))
        for p in _sources("app", "signatures", "bench", "tools")
        if p.read_text(encoding="utf-8").strip() and ast.get_docstring(ast.parse(p.read_text(encoding="utf-8"))) is None
    ]
    assert silent == []


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt", "package-lock.json"])
def test_lock_files_record_no_download_addresses(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    assert '"resolved"' not in text
    assert not re.search(r"^--?(index-url|extra-index-url|find-links|trusted-host|i\b|f\b)", text, re.MULTILINE)


def test_every_requirement_is_pinned_with_hashes() -> None:
    for name in ("requirements.txt", "requirements-dev.txt"):
        text = (ROOT / name).read_text(encoding="utf-8")
        pins = re.findall(r"^([A-Za-z0-9_.\-]+)==\S+", text, re.MULTILINE)
        entries = re.split(r"^(?=[A-Za-z0-9_.\-]+==)", text, flags=re.MULTILINE)[1:]
        assert len(pins) > 10
        assert [e.split("==")[0] for e in entries if "--hash=sha256:" not in e] == []


# ---- doors and permissions

UNASKING = {
    # who somebody is must be found out before anybody can be asked for permission
    "actor_with_login", "note_seen", "pass_second_factor", "sessions_of", "sign_in", "sign_out", "signed_in",
    "create_administrator", "first_run_token", "find_login", "owner_of_link", "request_reset", "set_password_by_link",
    # the link of a mail says who acts; the services ask for that person
    "read_link", "decide_by_link",
    # a signatory shows a link, and a code that was mailed; these find out who it is
    "visit", "entered", "bench",
    # a token says who acts; what it is used for asks for that person
    "bearer", "is_use_due", "note_use", "read_state",
    # authorities that are trusted are public: verification is; whether a place may be signed elsewhere is told to whoever has come to it
    "names_of_roots", "dated_roots", "may_sign_elsewhere",
    # the address of a personal calendar says whose it is; of the clock nothing is told but since when it stands still
    "read_feed", "stopped_since",
    # whoever holds a text may ask whether it was executed; nothing else is told
    "text_facts",
    # the gate asks the table itself with what these bring
    "filed_as", "record_with_id",
    # at the machine, for its administrator, and by the clock
    "make_checkpoint", "verify_audit", "record_check", "advance_due", "setup_at_machine", "rewrap_keys",
    # the status of a certificate is public (RFC 5280, RFC 6960)
    "public_state", "public_revocations",
    # says nothing of any record but that a number is taken
    "free_number",
}  # fmt: skip
"""Functions that a door may call without an actor; what the clock alone calls is not looked at."""


def _taking_a_unit_of_work() -> dict[tuple[str, str], set[str]]:
    found = {}
    for path in _sources("app/services"):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef):
                names = {a.arg for a in (*node.args.args, *node.args.kwonlyargs)}
                if names & {"uow", "reading", "units"}:
                    found[f"app.services.{path.stem}", node.name] = names
    return found


def _called_from(path: Path) -> set[tuple[str, str]]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    imports = [n for n in ast.walk(tree) if isinstance(n, ast.ImportFrom) and n.module]
    modules = {a.asname or a.name: f"app.services.{a.name}" for n in imports if n.module == "app.services" for a in n.names}
    through = {
        (modules[n.value.id], n.attr)
        for n in ast.walk(tree)
        if isinstance(n, ast.Attribute) and isinstance(n.value, ast.Name) and n.value.id in modules
    }
    return through | {(str(n.module), a.name) for n in imports for a in n.names}


def test_no_door_calls_a_service_that_does_not_ask_who_acts() -> None:
    services = _taking_a_unit_of_work()
    offenders = {
        f"{path.relative_to(ROOT)}: {called[1]}"
        for path in _sources("app/web", "app/cli", "app/api")
        if not path.stem.startswith("demo")
        for called in _called_from(path)
        if called in services
        and (called[1].endswith("_unasked") or (called[1] not in UNASKING and "actor" not in services[called]))
    }
    assert offenders == set()


def test_pdfium_is_used_in_its_rooms_alone() -> None:
    rooms = {
        "app/rendering/pdfium.py",
        "signatures/pdfium.py",
        "app/intake/pdf_words.py",
        "app/intake/scan_look.py",
    }  # processes of their own
    users = {
        str(p.relative_to(ROOT)) for p in _sources("app", "signatures") if re.search(r"^\s*import pypdfium2", p.read_text(encoding="utf-8"), re.M)
    }  # fmt: skip
    assert users == rooms


def test_every_user_of_pdfium_holds_one_lock() -> None:
    from app.rendering import pdfium as drawing
    from signatures import pdfium as signing

    assert drawing.lock() is signing.lock()


BY_HAND_ONLY = {
    "uncover_message",  # hands out somebody's one-time link: only to one who has signed in with a password of his own
    "check_organisation",  # the form's own question while it is filled in; the workbook of ``organisations import`` gets the same faults
    "create_organisation", "change_organisation", "load_organisation",  # ``organisations import`` and ``show``
    "party_from_draft",  # fills the form of an organisation
    "free_number",  # the demonstration draft
    "is_large", "may_still_have",  # whether a browser should wait, and what was made for it meanwhile
    "owners", "default_view", "load_view",  # what the page of the register shows around its list
    "read_overview",  # a summary of what ``contract show`` and the lists tell
    "count_owned", "heirs",  # what the page of a user shows
    "commented_text", "read_thread", "load_pair", "pair_key", "version_line",  # parts of what a command does in one
    "record_check", "log_state", "people_of_log", "history_of", "read_link", "decide_by_link", "load_draft",
}  # fmt: skip
"""Use cases of the record that no command needs, or for which another command does the same."""
OF_THE_RECORD = {
    "accounts", "approval_desk", "approval_views", "auditing", "commented_document", "commenting", "comparing", "confidentiality",
    "content", "deciding", "documents", "draft_list", "drafts", "filing", "issuing", "outbox_reading", "overview", "party_filling",
    "reading_log", "recording", "register", "register_export", "register_views", "registering", "review", "searching", "submitting",
    "taking_effect", "version_list", "versions", "voiding",
}  # fmt: skip


def test_every_use_case_of_the_record_has_a_command() -> None:
    services = _taking_a_unit_of_work()
    commands = {c for p in _sources("app/cli") if not p.stem.startswith("demo") for c in _called_from(p)}
    pages = {c for p in _sources("app/web") for c in _called_from(p)}
    missing = {
        name
        for module, name in pages & services.keys() - commands
        if module.removeprefix("app.services.") in OF_THE_RECORD and name not in BY_HAND_ONLY | UNASKING
    }
    assert missing == set()
