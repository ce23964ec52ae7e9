"""Finding words in contract text: how text is folded, cut into grams, matched and shown in context. Pure.

Chinese has no spaces, so text is cut into single characters and pairs of neighbours, and a word of two characters is found as such.
A match is always a match of the folded text itself: the index only proposes.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from app.domain.errors import ContractError

LONGEST_QUERY = 500
MOST_WORDS = 12
SHORTEST_BEGINNING, LONGEST_BEGINNING = 3, 8
MOST_GRAMS = 48
"""What the index is asked for one query; the match itself looks at every character."""

_SPACE = re.compile(r"\s+")
_LOOSE_SPACE = re.compile(r"(?<![0-9a-z]) | (?![0-9a-z])")
_THOUSANDS = re.compile(r"(?<=[0-9]),(?=[0-9]{3}(?![0-9]))")
_RUN = re.compile(r"\w+")
_LATIN = re.compile(r"[0-9a-z]+")
_QUOTED = re.compile(r"\"([^\"]*)\"|(\S+)")
_QUOTES = str.maketrans(dict.fromkeys("“”„‟＂「」『』", '"'))
_ALNUM = frozenset("0123456789abcdefghijklmnopqrstuvwxyz")
_DROPPED = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})


class _Folding(dict[int, str]):
    """Character → folded form: compatibility width (全角 → 半角), case, no control characters. Filled as characters come up."""

    def __missing__(self, code: int) -> str:
        char = chr(code)
        # Twice, because folding case can leave a character that has a compatibility form of its own.
        form = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", char).casefold())
        folded = "".join(" " if c.isspace() else c for c in form if c.isspace() or unicodedata.category(c) not in _DROPPED)
        self[code] = folded
        return folded


_FOLDING = _Folding()


def fold(text: str) -> str:
    """The form in which text is compared.

    Full width becomes half width, capitals become small, white space goes except between Latin words, thousands separators go.
    """
    folded = text.translate(_FOLDING)
    if " " in folded:
        folded = _LOOSE_SPACE.sub("", _SPACE.sub(" ", folded))
    return _THOUSANDS.sub("", folded) if "," in folded else folded


def grams(folded: str) -> set[str]:
    """Every character and every pair of neighbours of folded text, punctuation and spaces left out; of Latin words and figures their beginnings.

    Pairs of digits are everywhere, so a contract number is told by its beginnings: ``^000``, ``^0007`` …
    """
    found: set[str] = set()
    for run in _RUN.findall(folded):
        found.update(run)
        found.update(run[i : i + 2] for i in range(len(run) - 1))
    for run in _LATIN.findall(folded):
        found.update(f"^{run[:n]}" for n in range(SHORTEST_BEGINNING, min(len(run), LONGEST_BEGINNING) + 1))
    return found


def _asked(word: str) -> Iterator[str]:
    """The grams that tell a word best: beginnings of Latin runs, pairs elsewhere, single characters where there is no pair."""
    for run in _RUN.findall(word):
        latin = _LATIN.match(run)
        begun = latin[0] if latin else ""
        if len(begun) >= SHORTEST_BEGINNING:
            yield f"^{begun[:LONGEST_BEGINNING]}"
            run = run[min(len(begun), LONGEST_BEGINNING) - 1 :]
            if len(run) == 1:
                continue
        yield from [run] if len(run) == 1 else (run[i : i + 2] for i in range(len(run) - 1))


@dataclass(frozen=True, slots=True)
class Query:
    """What is looked for: folded words, all of which must stand in one passage."""

    words: tuple[str, ...]

    def grams(self) -> tuple[str, ...]:
        """What a passage must at least contain, at most ``MOST_GRAMS``; pairs where a word has them, else single characters."""
        found = list(dict.fromkeys(gram for word in self.words for gram in _asked(word)))
        step = -(-len(found) // MOST_GRAMS)
        return tuple(found[::step])

    @property
    def exact(self) -> bool:
        """True where the grams alone decide, so that no text has to be read."""
        return all(len(w) <= 2 and _RUN.fullmatch(w) and not _ALNUM.intersection(w) for w in self.words)

    def matches(self, folded: str) -> bool:
        return all(next(_places(word, folded), -1) >= 0 for word in self.words)


class UnusableQuery(ContractError):
    def __init__(self, why: str) -> None:
        super().__init__("search.query", why)


def parse_query(text: str) -> Query:
    """The words of what somebody typed; quoted text is one phrase, and nothing else has a meaning of its own.

    Raises ``UnusableQuery`` where nothing is left to look for or the query is too long.
    """
    if len(text) > LONGEST_QUERY:
        raise UnusableQuery(f"查找的内容过长，至多{LONGEST_QUERY}字。请只输入其中一段。")
    marked = text.translate(_QUOTES)
    if marked.count('"') % 2:
        marked = marked.replace('"', " ")
    parts = (quoted or bare.replace('"', " ") for quoted, bare in _QUOTED.findall(marked))
    words = tuple(dict.fromkeys(word for word in map(fold, parts) if _RUN.search(word)))
    if not words:
        raise UnusableQuery("请输入要查找的文字：至少一个汉字、字母或者数字。")
    if len(words) > MOST_WORDS:
        raise UnusableQuery(f"一次至多查找{MOST_WORDS}个词；整句请加引号。")
    return Query(words)


def _places(word: str, folded: str) -> Iterator[int]:
    """Where ``word`` stands; one that begins with a Latin letter or a digit stands only at the beginning of such a run."""
    start = folded.find(word)
    bounded = word[0] in _ALNUM
    while start >= 0:
        if not (bounded and start and folded[start - 1] in _ALNUM):
            yield start
        start = folded.find(word, start + 1)


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a passage as it is written; ``hit`` where it is what was looked for."""

    text: str
    hit: bool = False


def excerpt(query: Query, text: str, width: int = 120) -> tuple[Piece, ...]:
    """The first hit of ``text`` with what stands around it, about ``width`` characters; hits inside are marked.

    ``…`` marks where it was cut. Without a hit the beginning of the text.
    """
    folded, origin = _traced(text)
    spans = _merged((origin[at], origin[at + len(word) - 1] + 1) for word in query.words for at in _places(word, folded))
    first = spans[0] if spans else (0, 0)
    start = max(0, min(first[0] - width // 4, len(text) - width))
    end = min(len(text), max(start + width, first[1]))
    pieces = [Piece("…")] if start else []
    at = start
    for low, high in spans:
        low, high = max(low, start), min(high, end)
        if low >= high:
            continue
        pieces += [Piece(text[at:low])] if low > at else []
        pieces.append(Piece(text[low:high], True))
        at = high
    pieces += [Piece(text[at:end])] if end > at else []
    return (*pieces, Piece("…")) if end < len(text) else tuple(pieces)


def _traced(text: str) -> tuple[str, list[int]]:
    """``fold(text)``, and for each of its characters the place in ``text`` that it comes from."""
    chars: list[str] = []
    origin: list[int] = []
    for at, char in enumerate(text):
        for c in _FOLDING[ord(char)]:
            if c == " " and chars and chars[-1] == " ":
                continue
            chars.append(c)
            origin.append(at)
    joined = "".join(chars)
    for pattern in (_LOOSE_SPACE, _THOUSANDS):
        gone = {m.start() for m in pattern.finditer(joined)}
        if gone:
            origin = [o for i, o in enumerate(origin) if i not in gone]
            joined = "".join(c for i, c in enumerate(joined) if i not in gone)
    return joined, origin


def _merged(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for low, high in sorted(spans):
        if merged and low <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(high, merged[-1][1]))
        else:
            merged.append((low, high))
    return merged
