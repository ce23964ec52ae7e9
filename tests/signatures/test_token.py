"""A key on a PKCS#11 token (SoftHSM2): it signs, and can't be taken out."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from signatures.credentials import token
from signatures.signing import sign
from tests.signatures.ceremony import NAMES, Ceremony, Holder, HolderKind, utc_now
from tests.signatures.tools import embedded, openssl, refused, write_pem

LIBRARY = next((p for p in Path("/usr/lib").glob("**/libsofthsm2.so")), None)
PIN = "7391-token"


@pytest.fixture(scope="session")
def softhsm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """SoftHSM's library, with one token. It reads its configuration once, when it is loaded."""
    if LIBRARY is None:
        pytest.skip("SoftHSM2 is not installed (Debian package softhsm2)")
    folder = tmp_path_factory.mktemp("softhsm")
    (folder / "tokens").mkdir()
    (folder / "softhsm2.conf").write_text(
        f"directories.tokendir = {folder}/tokens\nobjectstore.backend = file\nlog.level = ERROR\n"
    )
    os.environ["SOFTHSM2_CONF"] = str(folder / "softhsm2.conf")
    make = ["softhsm2-util", "--init-token", "--free", "--label", "seal", "--pin", PIN, "--so-pin", "so-4711"]
    subprocess.run(make, check=True, capture_output=True)
    return LIBRARY


def test_a_key_on_a_token_signs_and_never_leaves_it(ceremony: Ceremony, softhsm: Path, root_file: Path, tmp_path: Path) -> None:
    import pkcs11
    from pkcs11.util.ec import encode_ec_public_key, encode_named_curve_parameters

    library = pkcs11.lib(str(softhsm))
    with library.get_token(token_label="seal").open(rw=True, user_pin=PIN) as session:
        parameters = session.create_domain_parameters(
            pkcs11.KeyType.EC, {pkcs11.Attribute.EC_PARAMS: encode_named_curve_parameters("secp256r1")}, local=True
        )
        public, private = parameters.generate_keypair(label="seal-key", store=True)
        assert not private[pkcs11.Attribute.EXTRACTABLE]
        assert private[pkcs11.Attribute.NEVER_EXTRACTABLE]
        from cryptography.hazmat.primitives.serialization import load_der_public_key

        key = load_der_public_key(encode_ec_public_key(public))
    assert isinstance(key, ec.EllipticCurvePublicKey)
    certificate = ceremony.authority.issue(Holder(HolderKind.ORGANISATION, NAMES["a"]), key, utc_now())
    with token(softhsm, "seal", PIN, "seal-key", certificate, ceremony.authority.chain) as credentials:
        done = sign(ceremony.history["frozen"], ceremony.signing("a_seal"), credentials, ceremony.source(), utc_now())
    one = embedded(done.pdf)[-1]
    (tmp_path / "content").write_bytes(one.covered)
    (tmp_path / "sig").write_bytes(one.der)
    issuing = write_pem(tmp_path / "issuing.pem", ceremony.authority.issuing)
    told = openssl(
        "cms", "-verify", "-binary", "-inform", "DER", "-in", tmp_path / "sig", "-content", tmp_path / "content",
        "-CAfile", root_file, "-certfile", issuing, "-purpose", "any", "-out", tmp_path / "out",
    )  # fmt: skip
    assert "Verification successful" in told


def test_a_wrong_token_or_pin_is_a_sentence(ceremony: Ceremony, softhsm: Path) -> None:
    own = ceremony.credentials["a_seal"].certificate
    for label, pin in (("seal", "wrong"), ("no such token", PIN)):
        with refused("token.refused"), token(softhsm, label, pin, "seal-key", own, ()):
            pass
