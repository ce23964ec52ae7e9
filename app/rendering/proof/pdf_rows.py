"""Table rows that a page break runs through: a row taller than a page comes out of the file piece by piece of every cell.

The pieces are put together again only where they give the expected row exactly; anything else is left as it was found, and the
comparison reports it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from app.domain.digest import CELL_SEPARATOR, CanonicalLine
from app.rendering.proof.compare import words

_TRIES = 64


def rejoin_rows(pages: Sequence[str], lines: Sequence[CanonicalLine]) -> list[str]:
    """The pages with every row that was broken between pages put back whole on the page where it begins."""
    result = list(pages)
    expected = [words(line.text) for line in lines]
    index, done = 0, 0  # the line that the next page begins in, and how much of it is read
    for page in range(len(result)):
        text, position = result[page], 0
        while position < len(text) and index < len(lines):
            rest = expected[index][done:]
            if text.startswith(rest, position):
                position += len(rest)
                index, done = index + 1, 0
            elif rest.startswith(text[position:]) and not _continues_elsewhere(rest, text[position:], result, page):
                done += len(text) - position
                position = len(text)
            else:
                cells = tuple(words(cell) for cell in lines[index].text.split(CELL_SEPARATOR))
                if done or len(cells) < 2 or not _rejoin(cells, result, page, position):
                    return result
                text = result[page]
    return result


def _continues_elsewhere(rest: str, tail: str, pages: Sequence[str], page: int) -> bool:
    """Whether a line that seems cut at the page's end does not go on at the next page's beginning."""
    following = next((p for p in pages[page + 1 :] if p), "")
    ahead = rest[len(tail) :][: len(following)]
    return not following.startswith(ahead[:200])


def _rejoin(cells: tuple[str, ...], pages: list[str], page: int, position: int) -> bool:
    following = next((i for i in range(page + 1, len(pages)) if pages[i]), None)
    if following is None:
        return False
    for pieces in _splits(cells, pages[page][position:]):
        remainder = tuple(cell[taken:] for cell, taken in zip(cells, pieces, strict=True))
        joined = "".join(remainder)
        if not pages[following].startswith(joined) and not _rejoin(remainder, pages, following, 0):
            continue
        pages[following] = pages[following][len(joined) :]
        pages[page] = pages[page][:position] + "".join(cells)
        return True
    return False


def _common(one: str, other: str) -> int:
    """How many characters two texts begin with alike."""
    for index, (left, right) in enumerate(zip(one, other, strict=False)):
        if left != right:
            return index
    return min(len(one), len(other))


def _splits(cells: tuple[str, ...], tail: str) -> Iterator[tuple[int, ...]]:
    """Ways to read ``tail`` as a beginning of every cell in turn, the longest pieces first; at most 64 are tried."""
    dead: set[tuple[int, int]] = set()

    def read(cell: int, position: int) -> Iterator[tuple[int, ...]]:
        if cell == len(cells):
            if position == len(tail):
                yield ()
            return
        if (cell, position) in dead:
            return
        found = False
        for taken in range(_common(cells[cell], tail[position:]), -1, -1):
            for others in read(cell + 1, position + taken):
                found = True
                yield (taken, *others)
        if not found:
            dead.add((cell, position))

    for count, pieces in enumerate(read(0, 0)):
        if count == _TRIES:
            return
        yield pieces
