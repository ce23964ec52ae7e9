"""which cross-page seals a frozen text has"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0020'
down_revision = '0019'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('signings', sa.Column('seams', sa.Text(), server_default='', nullable=False))
    op.create_index('ix_seal_uses_place', 'seal_uses', ['place'])


def downgrade() -> None:
    op.drop_index('ix_seal_uses_place', table_name='seal_uses')
    with op.batch_alter_table('signings', schema=None) as batch_op:
        batch_op.drop_column('seams')
