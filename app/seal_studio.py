"""Pictures of seals: the services' port over ``signatures``. Heavy libraries load with this module; wiring imports it on first use."""

from __future__ import annotations

from app.domain.errors import ContractError
from app.services.ports import PreparedSeal
from signatures.drawing import MM
from signatures.errors import SignatureError
from signatures.image import prepare_seal, specimen
from signatures.seal import SealDesign, SealKind, draw_seal

_NO_SERIAL = "0" * 20


class Studio:
    """The real ``SealStudio``."""

    def prepare(self, content: bytes, width_mm: float) -> PreparedSeal:
        """Raises ``image.unusable``, ``image.size``."""
        try:
            done = prepare_seal(content, width_mm)
        except SignatureError as error:
            raise ContractError(error.code, error.message) from error
        picture = done.picture
        return PreparedSeal(picture.png, picture.width / MM, picture.height / MM, specimen(picture), done.notes)

    def drawn(self, kind: str, owner: str, size_mm: float) -> str:
        """Raises ``seal.design``, ``font.glyph``."""
        try:
            return draw_seal(SealDesign(SealKind(kind), owner, _NO_SERIAL, size_mm)).svg()
        except SignatureError as error:
            raise ContractError(error.code, error.message) from error
