"""rounds of approval are counted within their contract"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0007'
down_revision = '0006'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('approvals', sa.Column('ordinal', sa.Integer(), server_default='0', nullable=False))
    op.execute(
        'UPDATE approvals SET ordinal = (SELECT count(*) FROM approvals AS earlier WHERE earlier.contract_id = approvals.contract_id '
        'AND (earlier.submitted_at < approvals.submitted_at OR (earlier.submitted_at = approvals.submitted_at AND earlier.id <= approvals.id)))'
    )
    op.create_index('uq_approvals_contract_id', 'approvals', ['contract_id', 'ordinal'], unique=True)


def downgrade() -> None:
    op.drop_index('uq_approvals_contract_id', table_name='approvals')
    op.drop_column('approvals', 'ordinal')
