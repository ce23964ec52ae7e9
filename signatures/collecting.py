"""Revocation data of outside certificates, fetched while their authority still answers, so that a file carries its own proof.

Only the addresses of certificates that lead to a trusted root are followed, and none that leads inside (``signatures.reach``): whoever makes up a
certificate can't send us anywhere. What can't be had is told and stops nothing: RFC 6960 (OCSP) first, then the CRL of RFC 5280.
"""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
import time
import urllib.parse
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from itertools import pairwise

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID

from signatures.errors import SignatureError
from signatures.reach import Internal, InternalHosts
from signatures.roots import root_of
from signatures.validation_data import ValidationData

LARGEST = 8 * 1024 * 1024
"""Bytes of one answer; CRLs of licensed authorities have some hundred kilobytes."""
DEEPEST = 6
SKEW = timedelta(minutes=10)
SILENT, WITHIN, ALTOGETHER = 6.0, 20.0, 90.0
"""Seconds: without a byte, for one whole answer, and for everything that one file needs."""
NOWHERE = InternalHosts()
NOTHING = ValidationData()
_OCSP_REQUEST = "application/ocsp-request"

Fetch = Callable[[str, bytes | None], bytes]
"""What an address answers to GET, or to POST with an OCSP request. Raises ``collect.internal``, ``collect.unreachable``."""


@dataclass(frozen=True, slots=True)
class Collected:
    """``lacking``: Chinese sentences, one for each certificate whose status could not be had."""

    data: ValidationData = field(default_factory=ValidationData)
    lacking: tuple[str, ...] = ()


def reaching(internal: InternalHosts) -> Fetch:
    """``fetch`` that may ask these hosts inside, too."""
    return partial(fetch, internal=internal)


def fetch(url: str, body: bytes | None = None, within: float = WITHIN, internal: InternalHosts = NOWHERE) -> bytes:
    """One request to the address itself: no proxy of the environment, no redirection, done ``within`` seconds whatever the other side does.

    ``internal``: hosts beyond the open internet that may be asked. Raises ``collect.internal`` for others of them, ``collect.unreachable``.
    """
    over = threading.Event()
    try:
        content = _exchange(url, body, within, over, internal)
    except Internal as error:
        raise SignatureError("collect.internal", f"{url[:120]} {error}") from error
    except (OSError, http.client.HTTPException, ValueError) as error:
        why = f"超过{within:g}秒" if over.is_set() else str(error)
        raise SignatureError("collect.unreachable", f"{url[:120]} 未能响应（{why[:120]}）") from error
    if over.is_set():
        raise SignatureError("collect.unreachable", f"{url[:120]} 未能响应（超过{within:g}秒）")
    if len(content) > LARGEST:
        raise SignatureError("collect.unreachable", f"{url[:120]} 的响应过大")
    return content


def _exchange(url: str, body: bytes | None, within: float, over: threading.Event, internal: InternalHosts) -> bytes:
    """``over`` is set when the time is up; what was read until then is no answer. Raises ``OSError``, ``HTTPException``, ``ValueError``."""
    parts = urllib.parse.urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("不支持的地址")
    secure = parts.scheme == "https"
    connection = http.client.HTTPConnection(parts.hostname, parts.port or (443 if secure else 80))
    plain = _connected(internal.addresses(connection.host, connection.port), min(SILENT, within))
    # A second handle of the same connection: the one that TLS takes over can't be ended from another thread.
    with plain.dup() as handle:
        timer = threading.Timer(within, _end, (handle, over))
        timer.daemon = True
        timer.start()
        try:
            connection.sock = (
                ssl.create_default_context().wrap_socket(plain, server_hostname=connection.host) if secure else plain
            )
            target = urllib.parse.urlunsplit(("", "", parts.path or "/", parts.query, ""))
            headers = {"Content-Type": _OCSP_REQUEST} if body is not None else {}
            connection.request("GET" if body is None else "POST", target, body, {**headers, "Connection": "close"})
            answer = connection.getresponse()
            if answer.status != http.client.OK:
                raise ValueError(f"HTTP {answer.status}")
            return answer.read(LARGEST + 1)
        finally:
            timer.cancel()
            connection.close()
            plain.close()


def _connected(places: Sequence[tuple[str, int]], timeout: float) -> socket.socket:
    """To the first of the checked addresses that answers; ``create_connection`` is given numbers, so nothing is resolved anew."""
    for place in places[:-1]:
        with suppress(OSError):
            return socket.create_connection(place, timeout=timeout)
    return socket.create_connection(places[-1], timeout=timeout)


def _end(handle: socket.socket, over: threading.Event) -> None:
    over.set()
    with suppress(OSError):
        handle.shutdown(socket.SHUT_RDWR)


def collect(
    leaves: Iterable[x509.Certificate],
    beside: Iterable[x509.Certificate],
    roots: Sequence[bytes],
    now: datetime,
    get: Fetch = fetch,
    carried: ValidationData = NOTHING,
) -> Collected:
    """Status of ``leaves`` and of the authorities between them and a root. ``beside``: certificates that came along; ``roots``: DER.

    A leaf that leads to no root is passed over: whoever judges the file says so. ``carried``: what the file has brought; a certificate whose status
    is in there, signed and still fresh, isn't asked about again.
    """
    anchors = [x509.load_der_x509_certificate(der) for der in roots]
    work = _Collecting(anchors, list(beside), now, get, carried)
    for leaf in dict.fromkeys(leaves):
        try:
            work.follow(leaf)
        except Exception:  # what others have put into a certificate knows no bounds, and stops nothing
            work.lack(leaf, "证书无法解析")
    certificates = tuple(dict.fromkeys(work.certificates))
    return Collected(
        ValidationData(certificates, tuple(dict.fromkeys(work.ocsps)), tuple(dict.fromkeys(work.crls))), tuple(work.lacking)
    )


@dataclass
class _Collecting:
    anchors: Sequence[x509.Certificate]
    known: list[x509.Certificate]
    now: datetime
    get: Fetch
    carried: ValidationData = NOTHING
    certificates: list[x509.Certificate] = field(default_factory=list)
    ocsps: list[bytes] = field(default_factory=list)
    crls: list[bytes] = field(default_factory=list)
    lacking: list[str] = field(default_factory=list)
    done: set[bytes] = field(default_factory=set)
    begun: float = field(default_factory=time.monotonic)

    def lack(self, certificate: x509.Certificate, why: str) -> None:
        try:
            name = root_of(certificate.public_bytes(Encoding.DER)).subject
        except Exception:
            name = f"{certificate.serial_number:x}"
        self.lacking.append(f"证书“{name}”的吊销状态未能取得：{why}。")

    def follow(self, leaf: x509.Certificate) -> None:
        chain = path_to_root(leaf, self.known, self.anchors)
        for certificate, issuer in pairwise(chain):
            mark = certificate.fingerprint(hashes.SHA256())
            if mark in self.done:
                continue
            self.done.add(mark)
            self.certificates += [certificate, issuer]
            if certificate in self.anchors or _needs_no_check(certificate) or self._is_carried(certificate, issuer):
                continue
            why = self._status(certificate, issuer)
            if why:
                self.lack(certificate, why)

    def _status(self, certificate: x509.Certificate, issuer: x509.Certificate) -> str:
        """Empty where the status was had, whatever it is; else why not."""
        responders, lists = _responders(certificate), _lists(certificate)
        if not responders and not lists:
            return "证书没有指明查询地址"
        faults = []
        for url in responders:
            if time.monotonic() - self.begun > ALTOGETHER:
                return "查询用时过长"
            try:
                self.ocsps.append(self._asked(url, certificate, issuer))
            except SignatureError as error:
                faults.append(str(error))
            except Exception as error:  # an answer in an algorithm that nobody here knows (SM2 with SM3), or in none
                faults.append(f"{url[:120]} 的响应无法解析或者使用了不支持的算法（{type(error).__name__}）")
            else:
                return ""
        for url in lists:
            if time.monotonic() - self.begun > ALTOGETHER:
                return "；".join([*faults, "查询用时过长"])
            try:
                self.crls.append(self._listed(url, issuer))
            except SignatureError as error:
                faults.append(str(error))
            except Exception as error:
                faults.append(f"{url[:120]} 的吊销列表无法解析或者使用了不支持的算法（{type(error).__name__}）")
            else:
                return ""
        return "；".join(faults)

    def _asked(self, url: str, certificate: x509.Certificate, issuer: x509.Certificate) -> bytes:
        # SHA-1 names the issuer here and protects nothing; many responders know no other (RFC 5019, 2.1.1).
        request = ocsp.OCSPRequestBuilder().add_certificate(certificate, issuer, hashes.SHA1()).build()  # noqa: S303
        content = self.get(url, request.public_bytes(Encoding.DER))
        self._read_answer(url, content, certificate, issuer)
        return content

    def _read_answer(self, url: str, content: bytes, certificate: x509.Certificate, issuer: x509.Certificate) -> datetime | None:
        """Until when the answer holds, if it says. Raises ``collect.refused``, and whatever a strange content makes the library raise."""
        answer = ocsp.load_der_ocsp_response(content)
        if answer.response_status is not ocsp.OCSPResponseStatus.SUCCESSFUL:
            raise SignatureError("collect.refused", f"{url[:120]} 拒绝了查询（{answer.response_status.name}）")
        if answer.serial_number != certificate.serial_number or answer.certificate_status is ocsp.OCSPCertStatus.UNKNOWN:
            raise SignatureError("collect.refused", f"{url[:120]} 不知道这张证书")
        self._require_fresh(url, answer.this_update_utc, answer.next_update_utc)
        signers = [issuer, *(c for c in answer.certificates if _issued(c, issuer) and _may_respond(c))]
        if not any(_signed(c, answer.signature, answer.tbs_response_bytes, answer.signature_hash_algorithm) for c in signers):
            raise SignatureError("collect.refused", f"{url[:120]} 的响应不是由签发机构签名")
        self.certificates += [c for c in signers if c is not issuer]
        return answer.next_update_utc

    def _listed(self, url: str, issuer: x509.Certificate) -> bytes:
        return self._read_list(url, self.get(url, None), issuer).public_bytes(Encoding.DER)

    def _read_list(self, url: str, content: bytes, issuer: x509.Certificate) -> x509.CertificateRevocationList:
        pem = content.lstrip().startswith(b"-----BEGIN")
        listed = x509.load_pem_x509_crl(content) if pem else x509.load_der_x509_crl(content)
        try:
            sound = listed.is_signature_valid(issuer.public_key())  # type: ignore[arg-type]
        except (TypeError, UnsupportedAlgorithm):
            sound = False
        if listed.issuer != issuer.subject or not sound:
            raise SignatureError("collect.refused", f"{url[:120]} 的吊销列表不是由签发机构签名")
        self._require_fresh(url, listed.last_update_utc, listed.next_update_utc)
        return listed

    def _is_carried(self, certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
        """Whether the file has brought the status. One that doesn't say until when it holds is asked for anew."""
        for content in self.carried.ocsps:
            with suppress(Exception):  # of another certificate, grown old, or made by anybody
                if self._read_answer("", content, certificate, issuer) is not None:
                    return True
        for content in self.carried.crls:
            with suppress(Exception):
                if self._read_list("", content, issuer).next_update_utc is not None:
                    return True
        return False

    def _require_fresh(self, url: str, made: datetime, until: datetime | None) -> None:
        if made - SKEW > self.now or (until is not None and until + SKEW < self.now):
            raise SignatureError("collect.refused", f"{url[:120]} 的答复已经过期")


def path_to_root(
    leaf: x509.Certificate, known: Sequence[x509.Certificate], anchors: Sequence[x509.Certificate]
) -> list[x509.Certificate]:
    """From the leaf to an anchor, by name, signature and the right to issue; empty where there is no way. Neither dates nor status are looked at."""
    chain = [leaf]
    while chain[-1] not in anchors:
        above = (c for c in [*anchors, *known] if (c in anchors or _may_issue(c)) and _issued(chain[-1], c))
        issuer = next(above, None)
        if issuer is None or issuer in chain or len(chain) > DEEPEST:
            return []
        chain.append(issuer)
    return chain


def _may_issue(certificate: x509.Certificate) -> bool:
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return False


def _issued(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    if certificate.issuer != issuer.subject:
        return False
    try:
        certificate.verify_directly_issued_by(issuer)
    except (InvalidSignature, ValueError, TypeError, UnsupportedAlgorithm):
        return False
    return True


def _signed(certificate: x509.Certificate, signature: bytes, content: bytes, algorithm: hashes.HashAlgorithm | None) -> bool:
    try:
        key = certificate.public_key()
        if isinstance(key, rsa.RSAPublicKey) and algorithm is not None:
            key.verify(signature, content, padding.PKCS1v15(), algorithm)
            return True
        if isinstance(key, ec.EllipticCurvePublicKey) and algorithm is not None:
            key.verify(signature, content, ec.ECDSA(algorithm))
            return True
    except (InvalidSignature, UnsupportedAlgorithm, ValueError):
        pass
    return False


def _may_respond(certificate: x509.Certificate) -> bool:
    try:
        return ExtendedKeyUsageOID.OCSP_SIGNING in certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        return False


def _needs_no_check(certificate: x509.Certificate) -> bool:
    return any(isinstance(e.value, x509.OCSPNoCheck) for e in certificate.extensions)


def _responders(certificate: x509.Certificate) -> list[str]:
    try:
        access = certificate.extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
    except x509.ExtensionNotFound:
        return []
    return _addresses(d.access_location for d in access if d.access_method == AuthorityInformationAccessOID.OCSP)


def _lists(certificate: x509.Certificate) -> list[str]:
    try:
        points = certificate.extensions.get_extension_for_class(x509.CRLDistributionPoints).value
    except x509.ExtensionNotFound:
        return []
    return _addresses(name for point in points for name in point.full_name or ())


def _addresses(names: Iterable[x509.GeneralName]) -> list[str]:
    found = [str(n.value) for n in names if isinstance(n, x509.UniformResourceIdentifier)]
    return [url for url in found if url.startswith(("http://", "https://"))][:4]
