"""What a verification is told besides the file. Who asks loads nothing else: the libraries that verify are those of the process that is asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Trust:
    """What the verifier knows by itself, all in DER. ``own``: roots of built-in authorities, ``others``: of outside ones."""

    own: tuple[bytes, ...] = ()
    others: tuple[bytes, ...] = ()
    certificates: tuple[bytes, ...] = ()
    ocsps: tuple[bytes, ...] = ()
    crls: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class Expected:
    """What the system has on record of the file, if anything. Fingerprints: SHA-256 in hex.

    ``digest``: of the final file; ``signers``: field → certificate; ``system``: certificates that may certify.
    """

    digest: str = ""
    signers: Mapping[str, str] = field(default_factory=dict)
    system: tuple[str, ...] = ()
