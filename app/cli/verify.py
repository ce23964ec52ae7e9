"""``verify``: what a signed PDF is worth, without network and without the server."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import click

from app.cli.common import settings
from app.domain.term import BEIJING
from app.moments import now
from app.settings import Settings
from signatures.verification.verdict import Verdict

FAILED = 1
existing = click.Path(path_type=Path, exists=True, dir_okay=False)


@dataclass(frozen=True, slots=True)
class Known:
    """A root that counts. ``own``: of the built-in authority; ``origin``, ``source``: where it comes from, in Chinese and English."""

    der: bytes
    origin: str
    source: str
    own: bool = False


@dataclass(frozen=True, slots=True)
class Shown:
    """A root as it is told. ``signatures``: numbers of the signatures whose certificates lead to it, from 1."""

    subject: str
    fingerprint: str
    chinese: str
    english: str
    signatures: tuple[int, ...]


@click.command(short_help="验证已签署的 PDF")
@click.argument("file", type=existing)
@click.option("--json", "as_json", is_flag=True, help="输出 JSON。")
@click.option("--root", "roots", multiple=True, type=existing, help="另外信任的根证书（PEM，可重复）。")
@click.option("--no-installation-roots", "alone", is_flag=True, help="不用本系统信任的根证书，只信任 --root 所给的。")
@click.option("--language", type=click.Choice(["zh", "en"]), help="文字的语言；省略则按 LANGUAGE 设置。")
def verify(file: Path, as_json: bool, roots: tuple[Path, ...], alone: bool, language: str | None) -> None:
    """验证 PDF 的每个签名、其后的改动、应签未签的栏位、附件和时间戳。未通过则退出码为 1。

    信任本系统的内置机构、TRUSTED_ROOTS 文件中的和在“受信任的证书机构”中添加的根证书，以及 --root 所给的；每个签名止于哪一张、它从何而来，一并说明。
    解析在单独的进程中进行，有内存和时间限制；不访问网络。
    """
    from signatures.certificates import read_certificates
    from signatures.verification.asking import Trust
    from signatures.verification.verdict import Outcome
    from signatures.verification.words import spoken
    from signatures.verification.worker import Verifier

    configured = settings()
    known = [Known(der, f"--root {path}", f"--root {path}") for path in roots for der in read_certificates(path.read_bytes())]
    if not alone:
        known = [*_installed(configured), *known]
    trust = Trust(own=tuple(k.der for k in known if k.own), others=tuple(k.der for k in known if not k.own))
    verdict = Verifier().verify(file.read_bytes(), trust, now())
    shown = _shown(known, verdict)
    if as_json:
        click.echo(json.dumps({**verdict.data(), "roots": [asdict(s) for s in shown]}, ensure_ascii=False, indent=2))
    else:
        words = language or configured.language
        for line in (*spoken(verdict, words), *(_line(s, words) for s in shown)):
            click.echo(line)
        if not known:
            click.echo("未指定受信任的根证书（--root），无法确认签名人身份。", err=True)
    sys.exit(0 if verdict.outcome is Outcome.VALID else FAILED)


def _installed(configured: Settings) -> list[Known]:
    """What this installation trusts. A database that can't be read is said and stops nothing: the file may need none of its roots."""
    from signatures.authority import read_roots

    known = [Known(der, "本系统内置机构", "built-in authority", own=True) for der in read_roots(configured.data_dir / "pki")]
    if configured.trusted_roots:
        from app.signing_room import read_roots as read_file

        path = Path(configured.trusted_roots)
        known += [Known(der, f"TRUSTED_ROOTS 文件 {path}", f"file of TRUSTED_ROOTS {path}") for der in read_file(path)]
    return [*known, *_added(configured)]


def _added(configured: Settings) -> list[Known]:
    """Reads the database as it is: nothing is made, and nothing is brought to a newer schema, for somebody who only looks at a file."""
    from app.store.engine import database_url, open_engine, reading

    url = database_url(configured.url)
    if url.get_backend_name() == "sqlite" and not Path(url.database or "").is_file():
        return []

    from sqlalchemy.exc import SQLAlchemyError

    from app.services.trusted_roots import dated_roots
    from app.store.uow import UnitOfWork

    engine = open_engine(configured.url)
    try:
        with UnitOfWork(reading(engine)) as uow:
            found = dated_roots(uow)
    except SQLAlchemyError as error:
        click.echo(f"未能读取数据库，在“受信任的证书机构”中添加的根证书没有计入：{type(error).__name__}", err=True)
        return []
    finally:
        engine.dispose()
    days = [(der, f"{at.astimezone(BEIJING):%Y-%m-%d}") for der, at in found]
    return [Known(der, f"{day} 在“受信任的证书机构”中添加", f"added to this installation on {day}") for der, day in days]


def _shown(known: Sequence[Known], verdict: Verdict) -> tuple[Shown, ...]:
    """Each root once, with every place that it comes from."""
    from signatures.roots import root_of

    lines = []
    for der in dict.fromkeys(k.der for k in known):
        root, places = root_of(der), [k for k in known if k.der == der]
        numbers = tuple(n for n, s in enumerate(verdict.signatures, 1) if s.root == root.fingerprint)
        origin, source = "；".join(p.origin for p in places), "; ".join(p.source for p in places)
        lines.append(Shown(root.subject, root.fingerprint, origin, source, numbers))
    return tuple(lines)


def _line(root: Shown, language: str) -> str:
    numbers = ", ".join(map(str, root.signatures))
    if language == "en":
        used = f"signatures {numbers} lead to it" if numbers else "no signature leads to it"
        return f"Trusted root: {root.subject} · {root.english} · {used} · SHA-256 {root.fingerprint}"
    used = f"签名 {numbers} 由它确认" if numbers else "没有签名用到"
    return f"信任的根证书：{root.subject} · {root.chinese} · {used} · SHA-256 {root.fingerprint}"
