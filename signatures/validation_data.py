"""What a verifier needs besides the root, put into the file itself (the DSS of ISO 32000-2, 12.8.4.3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cryptography import x509
from pyhanko.sign.validation.dss import DocumentSecurityStore

from signatures.asn1 import Certificate, crl, ocsp
from signatures.credentials import plain
from signatures.pdf_syntax import IncrementalPdfFileWriter


@dataclass(frozen=True, slots=True)
class ValidationData:
    """What a verifier needs besides the root: certificates, and DER of OCSP responses and CRLs, all fresh."""

    certificates: tuple[x509.Certificate, ...] = ()
    ocsps: tuple[bytes, ...] = ()
    crls: tuple[bytes, ...] = ()


def put_in(writer: IncrementalPdfFileWriter, data: ValidationData, certificates: Sequence[Certificate] = ()) -> None:
    """Add ``data`` to what the file holds already, in the revision that ``writer`` makes."""
    DocumentSecurityStore.supply_dss_in_writer(
        writer,
        None,
        certs=[*map(plain, data.certificates), *certificates],
        ocsps=[ocsp.OCSPResponse.load(each) for each in data.ocsps],
        crls=[crl.CertificateList.load(each) for each in data.crls],
    )
