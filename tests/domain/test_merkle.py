"""Merkle trees: the test vectors of the certificate transparency project, and proofs for every leaf of every small tree."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.merkle import EMPTY_ROOT, Frontier, included, inclusion_proof, node_hash, root_of

LEAVES = [bytes.fromhex(x) for x in (
    "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f",
)]  # fmt: skip
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


@pytest.mark.parametrize("size", range(9))
def test_roots_are_those_of_rfc_6962(size: int) -> None:
    assert root_of(LEAVES[:size]).hex() == ROOTS[size]


def test_the_root_of_nothing_is_the_hash_of_nothing() -> None:
    assert Frontier().root == EMPTY_ROOT == bytes.fromhex(ROOTS[0])


@given(st.lists(st.binary(max_size=8), min_size=1, max_size=40), st.data())
def test_a_proof_holds_for_its_leaf_and_for_nothing_else(leaves: list[bytes], data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(leaves) - 1))
    root, proof = root_of(leaves), inclusion_proof(leaves, index)
    assert included(leaves[index], index, len(leaves), proof, root)
    assert not included(leaves[index] + b"x", index, len(leaves), proof, root)
    assert not included(leaves[index], index, len(leaves), (*proof, bytes(32)), root)
    assert not included(leaves[index], len(leaves), len(leaves), proof, root)
    if proof:
        assert not included(leaves[index], index, len(leaves), proof[1:], root)
        assert not included(leaves[index], index, len(leaves), (bytes(32), *proof[1:]), root)


def test_an_inner_node_does_not_pass_for_a_leaf() -> None:
    inner = node_hash(bytes(32), bytes(32))
    assert root_of([inner]) != inner


def test_there_is_no_proof_outside_the_log() -> None:
    with pytest.raises(IndexError):
        inclusion_proof(LEAVES, 8)
