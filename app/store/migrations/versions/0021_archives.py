"""until when the archive timestamp of a signed file proves by itself"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0021'
down_revision = '0020'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('signings', sa.Column('archived_until', sa.DateTime(timezone=True), nullable=True))
    op.add_column('signings', sa.Column('archive_lapsed', sa.Boolean(), server_default=sa.false(), nullable=False))
    op.create_index('ix_signings_archived_until', 'signings', ['archived_until'])


def downgrade() -> None:
    op.drop_index('ix_signings_archived_until', table_name='signings')
    with op.batch_alter_table('signings', schema=None) as batch_op:
        batch_op.drop_column('archive_lapsed')
        batch_op.drop_column('archived_until')
