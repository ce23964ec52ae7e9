"""A register of any size from one seed: contracts as the product would hold them, written as files that both databases load.

The text is the demonstration contract's. In each contract some of its figures differ, the parties, amounts and dates are its own, the service
list is drawn from a catalogue, some provisions are rewritten, and one to four versions were saved. What the index makes of that is worked out by the
product's own functions (``domain.passages``, ``services.indexing``), so that equal text is kept once here as there.
"""

from __future__ import annotations

import hashlib
import random
import re
import uuid
from array import array
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import TextIO

from app.domain.lifecycle import Flag, Stage
from app.domain.passages import RUN, Group, Passage, PassageKind, head_of, passages
from app.domain.searching import fold, grams
from app.domain.tree import FilledValue
from app.services.indexing import keep_bundles, split
from app.store.search import LEVELS, PARTY_MARK, bucket, token
from bench import subjects

SEED = 20261122
USERS = 40
START = datetime(2022, 1, 3, 1, 0, tzinfo=UTC)
MINUTES = 2_500_000
"""Over nearly five years."""
STAGES = (
    (Stage.ACTIVE, 50), (Stage.EXPIRED, 16), (Stage.ARCHIVED, 14), (Stage.DRAFT, 6), (Stage.EXPIRING, 5), (Stage.TERMINATED, 4),
    (Stage.IN_REVIEW, 1), (Stage.SIGNED, 1), (Stage.SIGNING, 1), (Stage.APPROVED, 1), (Stage.VOID, 1),
)  # fmt: skip
CITIES = "北京 上海 广州 深圳 杭州 南京 成都 武汉 西安 苏州 天津 重庆 青岛 厦门 长沙 郑州 宁波 合肥 福州 大连".split()  # noqa: SIM905
NAMES = "星河 云帆 远景 启明 天工 博雅 瑞丰 华信 中科 金石 海纳 德润 凌云 安泰 卓越 汇通 同创 新元 嘉禾 长风 北辰 东方 西岭 南山".split()  # noqa: SIM905
TRADES = "科技 网络 信息技术 客户服务 数据 通信 软件 智能设备 电子商务 企业服务".split()  # noqa: SIM905
ITEMS = "电话受理 在线咨询 工单处理 远程排障 上门维修 寄修检测 配件更换 软件升级 退换货处理 投诉处理 回访 安装指导 巡检 数据迁移".split()  # noqa: SIM905
DEVICES = "手机 平板电脑 路由器 摄像头 智能门锁 扫地机器人 电视 音箱 手表 耳机 打印机 投影仪 网关 充电桩 学习机".split()  # noqa: SIM905
WORDS = "逾期 赔偿 整改 复核 备案 书面 另行 协商 抵扣 留置 质保 验收 顺延 豁免 提存 追认 公证 见证 催告 抗辩 让与 变卖 清点 封存".split()  # noqa: SIM905
FIGURES = re.compile(r"(?<![第\d.])\d+(?![\d.]*[条节款章.])")
"""Figures of a sentence, but not the numbers of provisions it refers to."""
Placed = list[tuple[int, Passage]]


@dataclass(frozen=True, slots=True)
class Slot:
    """A line of the text whose figure differs from contract to contract."""

    group: int
    line: int
    variants: tuple[Passage, ...]


@dataclass(frozen=True, slots=True)
class Template:
    groups: tuple[Group, ...]
    slots: tuple[Slot, ...]


@cache
def template() -> Template:
    made = subjects.compiled(subjects.wiring())
    groups = passages(made.instrument)
    figured = {p.id for p in made.instrument.provisions() if any(isinstance(s, FilledValue) for s in p.content)}
    slots = [
        Slot(g, n, tuple(replace(passage, text=_other(passage.text, k)) for k in (1, 2, 3, 4)))
        for g, group in enumerate(groups)
        for n, passage in enumerate(group)
        if passage.anchor in figured and FIGURES.search(passage.text)
    ]
    return Template(groups, tuple(slots))


def _other(text: str, step: int) -> str:
    """The same sentence with its last figure changed."""
    last = list(FIGURES.finditer(text))[-1]
    return f"{text[: last.start()]}{int(last[0]) + step * 5}{text[last.end() :]}"


@dataclass(slots=True)
class Files:
    """One tab-separated file a table, in the form of PostgreSQL's COPY; SQLite reads the same lines."""

    folder: Path
    stack: ExitStack = field(default_factory=ExitStack)
    streams: dict[str, TextIO] = field(default_factory=dict)

    def write(self, table: str, *values: object) -> None:
        self.line(table, "\t".join(_field(v) for v in values))

    def line(self, table: str, line: str) -> None:
        if table not in self.streams:
            self.streams[table] = self.stack.enter_context((self.folder / f"{table}.tsv").open("w", encoding="utf-8"))
        self.streams[table].write(line + "\n")


def _field(value: object) -> str:
    if value is None:
        return "\\N"
    if isinstance(value, bool):
        return "t" if value else "f"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M:%S.%f}"
    return str(value)


class _Index:
    """The search index in memory: what is known, and who has it."""

    def __init__(self, files: Files) -> None:
        self.files = files
        self.passages: dict[bytes, int] = {}
        self.bundles: dict[tuple[int, ...], int] = {}
        self.keys: list[list[tuple[int, str, str]]] = [[]]
        self.postings: list[array[int]] = [array("i")]
        self.tokens: dict[str, str] = {}

    def passage(self, passage: Passage) -> int:
        digest = bytes.fromhex(passage.hash)
        known = self.passages.get(digest)
        if known is not None:
            return known
        number = self.passages[digest] = len(self.passages) + 1
        self.files.line("search_passages", f"{number}\t{digest.hex()}\t{passage.text}")
        found = [self._token(g) for g in grams(fold(passage.text))] + ([PARTY_MARK] if passage.kind is PassageKind.PARTY else [])
        self.files.line("search_grams", f"{number}\t{' '.join(found)}")
        return number

    def _token(self, gram: str) -> str:
        found = self.tokens.get(gram)
        if found is None:
            found = self.tokens[gram] = token(gram)
        return found

    def placed(self, group: Sequence[Passage]) -> Placed:
        return [(self.passage(p), p) for p in group]

    def bundle(self, placed: Sequence[tuple[int, Passage]]) -> int:
        # Within this register a passage always stands under the same number, so its id tells the whole place.
        identity = tuple(i for i, _ in placed)
        known = self.bundles.get(identity)
        if known is not None:
            return known
        number = self.bundles[identity] = len(self.keys)
        self.keys.append([(i, p.number, p.anchor) for i, p in placed])
        self.postings.append(array("i"))
        self.files.write("search_bundles", number, hashlib.sha256(repr(identity).encode()).hexdigest())
        for n, (i, p) in enumerate(placed):
            self.files.line("search_bundle_passages", f"{number}\t{n}\t{i}\t{p.kind.value}\t{p.number}\t{p.anchor}")
        return number

    def finish(self) -> None:
        """Postings bundle by bundle, the newest contract first: the order in which SQLite keeps them."""
        for number, rows in enumerate(self.postings):
            for at in range(len(rows) - 3, -1, -3):
                self.files.line("search_postings", f"{number}\t{rows[at]}\t{rows[at + 1]}\t{rows[at + 2]}")


def generate(count: int, folder: Path) -> None:
    """Write the files of a register of ``count`` contracts into ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    files = Files(folder)
    with files.stack:
        maker = _Maker(count, files)
        maker.people()
        for seq in range(1, count + 1):
            maker.contract(seq)
        maker.index.finish()


class _Maker:
    def __init__(self, count: int, files: Files) -> None:
        self.draw = random.Random(SEED)
        self.count, self.files, self.index = count, files, _Index(files)
        self.template = template()
        self.lines = [self.index.placed(group) for group in self.template.groups]
        self.variants = [self.index.placed(slot.variants) for slot in self.template.slots]
        self.standard = [self.index.bundle(placed) for placed in self.lines]
        self.whole = frozenset(self.standard)
        self.catalogue = [self._item(n) for n in range(3000)]

    def _item(self, number: int) -> Passage:
        text = f"N-{number:05}　{self.draw.choice(DEVICES)}{self.draw.choice(ITEMS)}　{self.draw.randrange(10, 900)}.00　元/次"
        return Passage(PassageKind.ANNEX, "附件一 13.1.1", "annex.service_items", text)

    def people(self) -> None:
        for n in range(USERS):
            self.files.write("users", f"{n:032x}", f"u{n}", f"用户{n}", "", "", True, "", None, 0, 0, None, START, 1)

    def contract(self, seq: int) -> None:
        draw, contract_id = self.draw, uuid.UUID(int=self.draw.getrandbits(128)).hex
        made = START + timedelta(minutes=MINUTES * seq // self.count)
        a, b = self._party(), self._party()
        number, start = f"SHFW-{made:%Y}-{seq:06}", made.date() + timedelta(days=draw.randrange(5, 60))
        value, years = draw.randrange(50_000, 9_000_000), draw.choice((1, 1, 1, 2, 3))
        last_day = start + timedelta(days=365 * years - 1)
        (stage,) = draw.choices([s for s, _ in STAGES], [w for _, w in STAGES])
        flags = [draw.random() < 0.02 and stage in flag.stages for flag in (Flag.RECTIFYING, Flag.DISPUTED)]
        owner, confidential = draw.randrange(USERS), draw.random() < 0.05
        title = f"{a[0][:6]}{draw.choice(DEVICES)}售后服务外包合同"
        changed = made + timedelta(days=draw.randrange(0, 200), minutes=draw.randrange(1440))
        self.files.write(
            "contracts", contract_id, number, "after_sales_outsourcing", title, None, stage.value, *flags, confidential, f"{owner:032x}",
            f"用户{owner}", value * 100, start, last_day, 1, made, changed, f"用户{owner}",
        )  # fmt: skip
        for role, party in (("a", a), ("b", b)):
            self.files.write("contract_parties", contract_id, role, party[0], party[1], None)
        for reader in draw.sample(range(USERS), 2) if confidential else ():
            self.files.write("contract_readers", contract_id, f"{reader:032x}")
        head = self.index.bundle(self.index.placed(head_of(number, title, (("a", a[0]), ("b", b[0])))))
        versions = draw.choices((1, 2, 3, 4), (45, 30, 15, 10))[0]
        self.files.write("search_contracts", seq, contract_id, versions, head, changed)
        self.index.postings[head].extend((seq, 0, 0))
        self._versions(seq, versions, self._own(number, a, b, start, last_day, value))

    def _party(self) -> tuple[str, str]:
        """Name and code; a house deals with some partners often and with many once."""
        most = max(20, self.count // 15)
        n = min(int(self.draw.expovariate(6.0 / most)), most * 2)
        rng = random.Random(n)
        words = rng.choice(CITIES), rng.choice(NAMES), rng.choice(NAMES), rng.choice(TRADES)
        return f"{''.join(words)}有限公司{n if n > 400 else ''}", f"91{n:016d}"

    def _own(self, number: str, a: tuple[str, str], b: tuple[str, str], start: date, last_day: date, value: int) -> list[Group]:
        """What a contract has to itself: number, dates, parties, amounts, list of services, rewritten provisions."""
        draw = self.draw
        cover = (f"合同编号：{number}", f"签订日期：{start - timedelta(days=3)}", f"签订地点：{draw.choice(CITIES)}市")
        term = (
            f"本合同有效期自{start.year}年{start.month}月{start.day}日起至{last_day.year}年{last_day.month}月{last_day.day}日止。"
        )
        groups = [_own_lines(PassageKind.COVER, "", "cover", *cover), _own_lines(PassageKind.TEXT, "1.3.2", "term", term)]
        groups.append(_own_lines(
            PassageKind.TEXT, "8.1.1", "fees", f"合同总额为人民币{value:,}.00元（含税），分{draw.choice((4, 12))}期支付。",
            f"月固定服务费为人民币{value // 12:,}.00元，超量部分按附件一计价。",
            f"乙方的赔偿总额以人民币{value * 2:,}.00元为限，{draw.choice(('故意', '重大过失', '侵害人身'))}除外。",
        ))  # fmt: skip
        for heading, (name, code) in (("甲方（委托方）", a), ("乙方（受托方）", b)):
            groups.append(_own_lines(
                PassageKind.COVER, "", heading, f"名称：{name}", f"统一社会信用代码：{code}", f"住所：{name[:2]}市高新区{code[-3:]}号",
                f"联系人：{name[2:4]}经理", f"电子邮箱：legal{code[-6:]}@example.com", f"开户行：{name[:2]}市示例银行", f"账号：6222{code[-12:]}",
            ))  # fmt: skip
        rows = draw.sample(self.catalogue, draw.randrange(12, 40))
        groups += [tuple(rows[i : i + RUN]) for i in range(0, len(rows), RUN)]
        if draw.random() < 0.2:
            text = f"双方特别约定：{''.join(draw.choices(WORDS, k=6))}，以书面通知为准。"
            groups.append(_own_lines(PassageKind.TEXT, "5.1.9", "deviation", text))
        return groups

    def _versions(self, seq: int, versions: int, own: list[Group]) -> None:
        index, draw, slots = self.index, self.draw, range(len(self.template.slots))
        chosen = {s: draw.randrange(4) for s in slots if draw.random() < 0.08}
        posted: dict[int, tuple[int, int]] = {}
        current: dict[int, list[tuple[int, str, str]]] = {}
        for ordinal in range(1, versions + 1):
            fresh = len(index.passages)
            whole, changed = self._standard(chosen)
            kept, rest = keep_bundles(current, [*map(index.placed, own), *changed])
            bundles = [*whole, *kept, *map(index.bundle, split(rest, _UpTo(fresh)))]
            for bundle in bundles:
                posted[bundle] = (posted.get(bundle, (ordinal, 0))[0], ordinal)
            current = {b: index.keys[b] for b in bundles if b not in self.whole}
            chosen |= {slot: draw.randrange(4) for slot in draw.sample(slots, draw.randrange(1, 4))}
            if draw.random() < 0.5:
                own[2] = tuple(replace(p, text=p.text.replace(".00元", f".{draw.randrange(10, 99)}元")) for p in own[2])
        for bundle, (first, last) in posted.items():
            index.postings[bundle].extend((seq, first, last))

    def _standard(self, chosen: dict[int, int]) -> tuple[list[int], list[Placed]]:
        """Runs of the library's text as they are, by bundle; those with other figures, line by line."""
        touched: dict[int, Placed] = {}
        for number, variant in chosen.items():
            slot = self.template.slots[number]
            touched.setdefault(slot.group, list(self.lines[slot.group]))[slot.line] = self.variants[number][variant]
        return [b for g, b in enumerate(self.standard) if g not in touched], list(touched.values())


def _own_lines(kind: PassageKind, number: str, anchor: str, *texts: str) -> Group:
    return tuple(Passage(kind, number, anchor, text) for text in texts)


class _UpTo(frozenset[int]):
    """Every passage that was there before: ids up to a limit."""

    limit: int

    def __new__(cls, limit: int) -> _UpTo:
        made = super().__new__(cls)
        made.limit = limit
        return made

    def __contains__(self, item: object) -> bool:
        return isinstance(item, int) and item <= self.limit


def with_buckets(passage_id: int, tokens: str) -> str:
    """A line of grams as PostgreSQL keeps them."""
    return " ".join([tokens, *(bucket(passage_id, level) for level in LEVELS)])


def lines(folder: Path, table: str) -> Iterator[list[str | None]]:
    """The rows of a file."""
    with (folder / f"{table}.tsv").open(encoding="utf-8") as stream:
        for line in stream:
            yield [None if v == "\\N" else v for v in line[:-1].split("\t")]
