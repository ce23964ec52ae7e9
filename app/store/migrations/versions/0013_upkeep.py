"""when stored files and the audit log were last held against their digests, and what was wrong"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0013'
down_revision = '0012'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'blob_checks',
        sa.Column('sha256', sa.String(length=64), nullable=False),
        sa.Column('checked_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('fault', sa.String(length=16), nullable=False),
        sa.PrimaryKeyConstraint('sha256', name=op.f('pk_blob_checks')),
    )
    op.create_index('ix_blob_checks_checked_at', 'blob_checks', ['checked_at'])
    op.create_table(
        'audit_verifications',
        sa.Column('at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('size', sa.BigInteger(), nullable=False),
        sa.Column('covered', sa.BigInteger(), nullable=False),
        sa.Column('sound', sa.Boolean(), nullable=False),
        sa.Column('summary', sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint('at', name=op.f('pk_audit_verifications')),
    )


def downgrade() -> None:
    op.drop_table('audit_verifications')
    op.drop_index('ix_blob_checks_checked_at', table_name='blob_checks')
    op.drop_table('blob_checks')
