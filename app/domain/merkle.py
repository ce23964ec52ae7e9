"""Merkle trees as in RFC 6962 §2.1 (SHA-256): the root of a growing log, and proofs that one leaf belongs to it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass


def leaf_hash(data: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


EMPTY_ROOT = hashlib.sha256(b"").digest()


@dataclass(frozen=True, slots=True)
class Frontier:
    """The roots of the perfect subtrees of the first ``size`` leaves, largest first: all that a growing log needs to keep."""

    size: int = 0
    peaks: tuple[bytes, ...] = ()

    def push(self, data: bytes) -> Frontier:
        """With one more leaf of ``data``."""
        peaks, node, size = list(self.peaks), leaf_hash(data), self.size
        while size & 1:
            node = node_hash(peaks.pop(), node)
            size >>= 1
        return Frontier(self.size + 1, (*peaks, node))

    @property
    def root(self) -> bytes:
        if not self.peaks:
            return EMPTY_ROOT
        node = self.peaks[-1]
        for peak in reversed(self.peaks[:-1]):
            node = node_hash(peak, node)
        return node


def root_of(leaves: Sequence[bytes]) -> bytes:
    """Merkle tree hash of leaves of data."""
    frontier = Frontier()
    for data in leaves:
        frontier = frontier.push(data)
    return frontier.root


def inclusion_proof(leaves: Sequence[bytes], index: int) -> tuple[bytes, ...]:
    """The sibling hashes from leaf ``index`` (counted from 0) up to the root. Raises IndexError outside the log."""
    if not 0 <= index < len(leaves):
        raise IndexError(index)
    return tuple(_path([leaf_hash(d) for d in leaves], index))


def _path(hashes: list[bytes], index: int) -> list[bytes]:
    """A level at a time; an odd last node goes up unchanged, which gives the tree of the RFC."""
    path = []
    while len(hashes) > 1:
        sibling = index ^ 1
        if sibling < len(hashes):
            path.append(hashes[sibling])
        paired = [node_hash(hashes[i], hashes[i + 1]) for i in range(0, len(hashes) - 1, 2)]
        hashes = paired + hashes[len(paired) * 2 :]
        index >>= 1
    return path


def included(data: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> bool:
    """Whether ``proof`` shows that leaf ``index`` of the first ``size`` is ``data`` under ``root``; False for anything malformed."""
    if not 0 <= index < size:
        return False
    node, last, rest = leaf_hash(data), size - 1, list(proof)
    while last:
        if index & 1 or index < last:
            if not rest:
                return False
            sibling = rest.pop(0)
            node = node_hash(sibling, node) if index & 1 else node_hash(node, sibling)
        index, last = index >> 1, last >> 1
    return not rest and node == root
