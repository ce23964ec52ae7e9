"""A detached CMS that a device has made by itself: what PAdES asks of it (ETSI EN 319 142-1, 6.3), looked at before it goes into a file."""

from __future__ import annotations

import hashlib

from signatures.asn1 import Certificate, cms, tsp

_STRONG = {"sha256": hashlib.sha256, "sha384": hashlib.sha384, "sha512": hashlib.sha512}


def read_cms(content: bytes, certificate: bytes, covered: bytes) -> tuple[cms.ContentInfo | None, list[str]]:
    """The CMS, and everything that is wrong with it as Chinese phrases. ``certificate``: DER of the one it was announced with."""
    try:
        found = cms.ContentInfo.load(content, strict=True)
        if found["content_type"].native != "signed_data":
            return None, ["它不是签名数据（SignedData）"]
        data = found["content"]
        infos = data["signer_infos"]
        if len(infos) != 1:
            return None, [f"应当恰有一个签名人，实际有{len(infos)}个"]
        return found, _faults(data, infos[0], certificate, covered)
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError, OverflowError) as error:
        return None, [f"无法解析（{' '.join(str(error).split())[:120]}）"]


def _faults(data: cms.SignedData, info: cms.SignerInfo, certificate: bytes, covered: bytes) -> list[str]:
    faults = []
    if data["encap_content_info"]["content"].native is not None:
        faults.append("它包含了被签内容，应当为分离式签名（detached）")
    method = info["digest_algorithm"]["algorithm"].native
    if method not in _STRONG:
        faults.append(f"摘要算法 {method} 不安全或者不受支持，应为 SHA-256、SHA-384 或者 SHA-512")
    brought = [c.chosen.dump() for c in data["certificates"] if c.name == "certificate"] if data["certificates"].native else []
    if certificate not in brought:
        faults.append("其中没有准备时所用的签名证书")
    attributes = {a["type"].native: a["values"] for a in info["signed_attrs"]} if info["signed_attrs"].native else {}
    if attributes.get("content_type") is None or attributes["content_type"][0].native != "data":
        faults.append("缺少签名属性 content-type（data）")
    digest = attributes["message_digest"][0].native if attributes.get("message_digest") is not None else None
    if method in _STRONG and digest != _STRONG[method](covered).digest():
        faults.append("签名属性 message-digest 与待签内容不符")
    if not _names(attributes.get("signing_certificate_v2"), certificate):
        faults.append("缺少签名属性 signing-certificate-v2，或者它指的不是签名证书（openssl 须用 -cades）")
    return faults


def _names(values: object, certificate: bytes) -> bool:
    """Whether the ESS attribute (RFC 5035) names the certificate."""
    if not values:
        return False
    first: tsp.ESSCertIDv2 = values[0]["certs"][0]  # type: ignore[index]
    method = _STRONG.get(first["hash_algorithm"]["algorithm"].native)
    return method is not None and first["cert_hash"].native == method(Certificate.load(certificate).dump()).digest()
