"""who was to sign, and by which power, when a signature was prepared for a device"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0030'
down_revision = '0026'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('remote_signings', sa.Column('asked', sa.String(length=64), server_default='', nullable=False))


def downgrade() -> None:
    with op.batch_alter_table('remote_signings', schema=None) as batch_op:
        batch_op.drop_column('asked')
