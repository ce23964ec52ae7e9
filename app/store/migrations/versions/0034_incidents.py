"""who answers for an incident, and its root cause"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0034'
down_revision = '0033'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('contract_events', sa.Column('at_fault', sa.String(length=1), server_default='', nullable=False))
    op.add_column('contract_events', sa.Column('cause', sa.String(length=100), server_default='', nullable=False))


def downgrade() -> None:
    with op.batch_alter_table('contract_events', schema=None) as batch_op:
        batch_op.drop_column('cause')
        batch_op.drop_column('at_fault')
