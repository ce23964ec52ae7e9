"""Who signs: a certificate with its key in memory, or one on a PKCS#11 token."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from pyhanko.sign.signers import Signer
from pyhanko_certvalidator.registry import SimpleCertificateStore

from signatures.asn1 import Certificate, algos
from signatures.errors import SignatureError
from signatures.keystore import PrivateKey


def plain(certificate: x509.Certificate) -> Certificate:
    """The same certificate as pyHanko wants it."""
    return Certificate.load(certificate.public_bytes(Encoding.DER))


class Credentials(Protocol):
    """Something that can sign, with the certificate that goes with it."""

    @property
    def certificate(self) -> x509.Certificate: ...

    def signer(self) -> Signer: ...


class _Loaded(Signer):
    """Signs with a key that is loaded already; pyHanko's own signer loads and checks it twice a signature."""

    def __init__(self, key: PrivateKey, certificate: x509.Certificate, chain: tuple[x509.Certificate, ...]) -> None:
        self._key = key
        super().__init__(
            signing_cert=plain(certificate),
            cert_registry=SimpleCertificateStore.from_certs([plain(c) for c in chain]),
            signature_mechanism=algos.SignedDigestAlgorithm({"algorithm": "sha256_ecdsa"}),
        )

    async def async_sign_raw(self, data: bytes, digest_algorithm: str, dry_run: bool = False) -> bytes:
        return bytes(72) if dry_run else self._key.sign(data, ec.ECDSA(hashes.SHA256()))


@dataclass(frozen=True, slots=True)
class KeyCredentials:
    """A key in memory. ``chain``: the certificates that issued ``certificate``, up to the root."""

    key: PrivateKey
    certificate: x509.Certificate
    chain: tuple[x509.Certificate, ...]

    def signer(self) -> Signer:
        if self.key.public_key() != self.certificate.public_key():
            raise SignatureError("key.mismatch", "密钥与证书不符，不能签署。")
        return _Loaded(self.key, self.certificate, self.chain)


@dataclass(frozen=True, slots=True)
class TokenCredentials:
    """A key that never leaves its PKCS#11 token; made by ``token``."""

    session: Any
    label: str
    certificate: x509.Certificate
    chain: tuple[x509.Certificate, ...]

    def signer(self) -> Signer:
        from pyhanko.sign.pkcs11 import PKCS11Signer

        # Raw mechanism: SoftHSM and many tokens sign a digest and know no combined ECDSA-with-SHA-256.
        return PKCS11Signer(
            self.session,
            signing_cert=plain(self.certificate),
            key_label=self.label,
            use_raw_mechanism=True,
            ca_chain={plain(c) for c in self.chain},
        )


@contextmanager
def token(
    library: Path, token_label: str, pin: str, key_label: str, certificate: x509.Certificate, chain: tuple[x509.Certificate, ...]
) -> Iterator[TokenCredentials]:
    """A session on the token for as long as the block lasts. Raises ``token.refused``."""
    import pkcs11
    from pyhanko.config.pkcs11 import TokenCriteria
    from pyhanko.sign.pkcs11 import open_pkcs11_session

    try:
        session = open_pkcs11_session(str(library), token_criteria=TokenCriteria(label=token_label), user_pin=pin)
    except pkcs11.PKCS11Error as error:
        raise SignatureError(
            "token.refused", f"无法打开密码设备“{token_label}”（{type(error).__name__}）；请检查设备和口令。"
        ) from error
    try:
        yield TokenCredentials(session, key_label, certificate, chain)
    finally:
        session.close()
