"""the correction whose difference an invoice carries"""

from __future__ import annotations

from alembic import op

revision = '0035'
down_revision = '0034'
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Added in place on both databases: red-letter invoices refer to rows of this table, which SQLite can't make anew while they do.
    op.execute(
        'ALTER TABLE invoices ADD COLUMN correction_id VARCHAR(32) '
        'CONSTRAINT fk_invoices_correction_id_settlement_corrections REFERENCES settlement_corrections (id)'
    )
    op.create_index('ix_invoices_correction_id', 'invoices', ['correction_id'])


def downgrade() -> None:
    op.drop_index('ix_invoices_correction_id', table_name='invoices')
    op.execute('ALTER TABLE invoices DROP COLUMN correction_id')
