"""who ended a round of approval, and indexes for what somebody submitted and decided"""

from __future__ import annotations

import json

import sqlalchemy as sa
from alembic import op

revision = '0009'
down_revision = '0008'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('approvals', sa.Column('closer_id', sa.String(length=32), nullable=True))
    approvals = sa.table('approvals', sa.column('id', sa.String), sa.column('closing', sa.Text), sa.column('closer_id', sa.String))
    connection = op.get_bind()
    for row in connection.execute(sa.select(approvals.c.id, approvals.c.closing).where(approvals.c.closing != '')).all():
        closer = json.loads(row.closing)['by']
        connection.execute(approvals.update().where(approvals.c.id == row.id).values(closer_id=closer))
    op.create_index('ix_approvals_submitter_id', 'approvals', ['submitter_id', 'submitted_at'])
    op.create_index('ix_approvals_closer_id', 'approvals', ['closer_id'])
    op.create_index('ix_approval_seats_consent_by', 'approval_seats', ['consent_by'])


def downgrade() -> None:
    op.drop_index('ix_approval_seats_consent_by', table_name='approval_seats')
    op.drop_index('ix_approvals_closer_id', table_name='approvals')
    op.drop_index('ix_approvals_submitter_id', table_name='approvals')
    op.drop_column('approvals', 'closer_id')
