"""the day on which a contract's duties were taken over, and the calendar that was planned by"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0025'
down_revision = '0021'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('contracts', sa.Column('taken_over_on', sa.Date(), nullable=True))
    op.add_column('reminder_settings', sa.Column('calendar_digest', sa.String(length=64), server_default='', nullable=False))


def downgrade() -> None:
    with op.batch_alter_table('reminder_settings', schema=None) as batch_op:
        batch_op.drop_column('calendar_digest')
    with op.batch_alter_table('contracts', schema=None) as batch_op:
        batch_op.drop_column('taken_over_on')
