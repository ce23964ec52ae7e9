"""Certificates of other authorities that a signed file rests on: of signatories and of timestamp services, with what came along."""

from __future__ import annotations

import io
import secrets
from dataclasses import dataclass, field

from cryptography import x509
from pyhanko.sign.general import extract_certificate_info
from pyhanko.sign.validation.dss import DocumentSecurityStore
from pyhanko.sign.validation.errors import NoDSSFoundError
from pyhanko.sign.validation.generic_cms import extract_tst_data_iter

from signatures.asn1 import cms, tsp
from signatures.errors import SignatureError
from signatures.pdf_syntax import PdfFileReader
from signatures.time_source import Responds, granted


@dataclass(slots=True)
class Found:
    """``leaves``: certificates that signed or stamped; ``beside``: every other one that was seen; ``ocsps``, ``crls``: what the file carries, in DER."""

    leaves: list[x509.Certificate] = field(default_factory=list)
    beside: list[x509.Certificate] = field(default_factory=list)
    ocsps: list[bytes] = field(default_factory=list)
    crls: list[bytes] = field(default_factory=list)

    def add(self, data: cms.SignedData) -> None:
        info = extract_certificate_info(data)
        self.leaves.append(x509.load_der_x509_certificate(info.signer_cert.dump()))
        self.beside += [x509.load_der_x509_certificate(c.dump()) for c in info.other_certs]


def certificates_in(pdf: bytes) -> Found:
    """Of every signature, of its timestamp, and of every document timestamp; what the file carries beside them."""
    found, reader = Found(), PdfFileReader(io.BytesIO(pdf))
    for one in reader.embedded_signatures:
        found.add(one.signed_data)
        for token in extract_tst_data_iter(one.signer_info, signed=False):
            found.add(token)
    try:
        store = DocumentSecurityStore.read_dss(reader)
    except NoDSSFoundError:
        return found
    found.beside += [x509.load_der_x509_certificate(c.dump()) for c in store.load_certs()]
    found.ocsps += [reference.get_object().data for reference in store.ocsps]
    found.crls += [reference.get_object().data for reference in store.crls]
    return found


def certificates_of(service: Responds) -> Found:
    """With which certificate a timestamp service stamps now, told by one stamp over random bytes. Raises ``time.unreachable``, ``time.refused``."""
    imprint = {"hash_algorithm": {"algorithm": "sha256"}, "hashed_message": secrets.token_bytes(32)}
    request = tsp.TimeStampReq({"version": "v1", "message_imprint": imprint, "nonce": secrets.randbits(63), "cert_req": True})
    token = granted(service.respond(request.dump()), request)["time_stamp_token"]
    found = Found()
    try:
        found.add(token["content"])
    except (ValueError, TypeError, KeyError) as error:
        raise SignatureError("time.refused", "时间戳服务的响应没有附带它的证书。") from error
    return found
