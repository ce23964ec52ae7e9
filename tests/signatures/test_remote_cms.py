"""A detached CMS as a stranger may send it: told as unusable, whatever is in it."""

from __future__ import annotations

import pytest
from asn1crypto import cms

from signatures.remote_cms import read_cms


def made(attribute: str) -> bytes:
    """A CMS whose signed attributes are what they should be, but that one has an empty set of values."""
    values: dict[str, list[object]] = {"content_type": ["data"], "message_digest": [b"x" * 32], "signing_certificate_v2": []}
    signer: dict[str, object] = {
        "version": "v1", "digest_algorithm": {"algorithm": "sha256"}, "signature_algorithm": {"algorithm": "sha256_rsa"}, "signature": b"x",
    }  # fmt: skip
    signer["sid"] = cms.SignerIdentifier("subject_key_identifier", b"x")
    signer["signed_attrs"] = [{"type": n, "values": [] if n == attribute else v} for n, v in values.items()]
    content = {
        "version": "v1", "digest_algorithms": [{"algorithm": "sha256"}], "encap_content_info": {"content_type": "data"},
        "signer_infos": [signer],
    }  # fmt: skip
    return bytes(cms.ContentInfo({"content_type": "signed_data", "content": cms.SignedData(content)}).dump())


@pytest.mark.parametrize("attribute", ["content_type", "message_digest", "signing_certificate_v2", "none"])
def test_an_attribute_without_a_value_is_a_fault_of_the_cms(attribute: str) -> None:
    _, faults = read_cms(made(attribute), b"certificate", b"covered")
    assert faults


@pytest.mark.parametrize("content", [b"", b"\x30", b"\x30\x80" * 20_000, b"\x30\x82\xff\xff", b"\x00" * 100, bytes(range(256))])
def test_what_is_no_cms_is_told_so(content: bytes) -> None:
    found, faults = read_cms(content, b"certificate", b"covered")
    assert found is None
    assert faults
