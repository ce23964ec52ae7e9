"""what a proposed correction was computed from"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0026'
down_revision = '0023'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('settlement_corrections', sa.Column('basis', sa.String(length=64), server_default='', nullable=False))


def downgrade() -> None:
    with op.batch_alter_table('settlement_corrections', schema=None) as batch_op:
        batch_op.drop_column('basis')
