"""the correction whose difference an invoice carries"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0035'
down_revision = '0034'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('invoices', schema=None) as batch_op:
        batch_op.add_column(sa.Column('correction_id', sa.String(length=32), nullable=True))
        batch_op.create_foreign_key('fk_invoices_correction_id_settlement_corrections', 'settlement_corrections', ['correction_id'], ['id'])
        batch_op.create_index('ix_invoices_correction_id', ['correction_id'])


def downgrade() -> None:
    with op.batch_alter_table('invoices', schema=None) as batch_op:
        batch_op.drop_index('ix_invoices_correction_id')
        batch_op.drop_constraint('fk_invoices_correction_id_settlement_corrections', type_='foreignkey')
        batch_op.drop_column('correction_id')
