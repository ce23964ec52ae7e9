"""Comments on provisions: threads that are open or resolved, internal or fit to be shared with the other party."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.store.base import Base, Instant


class CommentRow(Base):
    """One remark. ``parent_id`` is the first remark of its thread; ``provision`` the place in the tree, empty for the whole.

    ``audience``: internal | shareable. Only the first remark of a thread is resolved, and only it keeps the place's label and words
    as they stood then, so that a thread can be understood when its provision is gone.
    """

    __tablename__ = "comments"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    contract_id: Mapped[str] = mapped_column(ForeignKey("contracts.id"))
    version_id: Mapped[str | None] = mapped_column(ForeignKey("versions.id"))
    parent_id: Mapped[str | None] = mapped_column(ForeignKey("comments.id"))
    provision: Mapped[str] = mapped_column(String(80), default="")
    audience: Mapped[str] = mapped_column(String(16))
    text: Mapped[str] = mapped_column(Text)
    author_id: Mapped[str | None] = mapped_column(ForeignKey("users.id"))
    author_name: Mapped[str] = mapped_column(String(100))
    created_at: Mapped[datetime] = mapped_column(Instant)
    resolved_at: Mapped[datetime | None] = mapped_column(Instant)
    resolved_by: Mapped[str] = mapped_column(String(100), default="")
    place_label: Mapped[str] = mapped_column(String(200), default="", server_default="")
    place_text: Mapped[str] = mapped_column(Text, default="", server_default="")

    __table_args__ = (Index("ix_comments_contract_id", "contract_id", "created_at"),)


def comments_of(session: Session, contract_id: str) -> list[CommentRow]:
    """Every remark on a contract in the order it was made."""
    statement = select(CommentRow).where(CommentRow.contract_id == contract_id)
    return list(session.scalars(statement.order_by(CommentRow.created_at, CommentRow.id)))


def find_comment(session: Session, comment_id: str, *, lock: bool = False) -> CommentRow | None:
    """``lock`` keeps other writers out until the end of the transaction."""
    statement = select(CommentRow).where(CommentRow.id == comment_id)
    return session.scalars(statement.with_for_update() if lock else statement).one_or_none()


def thread_of(session: Session, thread_id: str) -> list[CommentRow]:
    """A thread's remarks in the order in which they were made, the first one included."""
    statement = select(CommentRow).where(or_(CommentRow.id == thread_id, CommentRow.parent_id == thread_id))
    return list(session.scalars(statement.order_by(CommentRow.created_at, CommentRow.id)))
