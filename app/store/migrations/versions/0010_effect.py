"""what a contract's effect hangs on, and when the clock must look at it"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0010'
down_revision = '0009'
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name in ('effective_from', 'signing_deadline', 'clock_on'):
        op.add_column('contracts', sa.Column(name, sa.Date(), nullable=True))
    op.create_index('ix_contracts_clock_on', 'contracts', ['clock_on'])
    # Contracts that were there before are looked at once, on any day from here on.
    op.execute("UPDATE contracts SET clock_on = '2000-01-01' WHERE stage IN ('signing', 'signed', 'active', 'expiring')")
    op.create_table(
        'signing_dates',
        sa.Column('contract_id', sa.String(length=32), nullable=False),
        sa.Column('ordinal', sa.Integer(), autoincrement=False, nullable=False),
        sa.Column('role', sa.String(length=1), nullable=False),
        sa.Column('signatory', sa.String(length=100), nullable=False),
        sa.Column('signed_on', sa.Date(), nullable=False),
        sa.Column('document_id', sa.String(length=32), nullable=True),
        sa.Column('recorded_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('recorded_by', sa.String(length=100), nullable=False),
        sa.ForeignKeyConstraint(['contract_id'], ['contracts.id'], name=op.f('fk_signing_dates_contract_id_contracts'), ondelete='CASCADE'),
        sa.ForeignKeyConstraint(['document_id'], ['documents.id'], name=op.f('fk_signing_dates_document_id_documents')),
        sa.PrimaryKeyConstraint('contract_id', 'ordinal', name=op.f('pk_signing_dates')),
    )
    op.create_table(
        'condition_fulfilments',
        sa.Column('contract_id', sa.String(length=32), nullable=False),
        sa.Column('condition', sa.String(length=32), nullable=False),
        sa.Column('on_day', sa.Date(), nullable=False),
        sa.Column('ground', sa.String(length=16), nullable=False),
        sa.Column('evidence', sa.Text(), nullable=False),
        sa.Column('document_id', sa.String(length=32), nullable=True),
        sa.Column('recorded_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('recorded_by', sa.String(length=100), nullable=False),
        sa.ForeignKeyConstraint(['contract_id'], ['contracts.id'], name=op.f('fk_condition_fulfilments_contract_id_contracts'), ondelete='CASCADE'),
        sa.ForeignKeyConstraint(['document_id'], ['documents.id'], name=op.f('fk_condition_fulfilments_document_id_documents')),
        sa.PrimaryKeyConstraint('contract_id', 'condition', name=op.f('pk_condition_fulfilments')),
    )
    op.create_index('ix_condition_fulfilments_document_id', 'condition_fulfilments', ['document_id'])
    op.create_table(
        'added_conditions',
        sa.Column('contract_id', sa.String(length=32), nullable=False),
        sa.Column('condition', sa.String(length=32), nullable=False),
        sa.Column('reason', sa.Text(), nullable=False),
        sa.Column('added_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('added_by', sa.String(length=100), nullable=False),
        sa.ForeignKeyConstraint(['contract_id'], ['contracts.id'], name=op.f('fk_added_conditions_contract_id_contracts'), ondelete='CASCADE'),
        sa.PrimaryKeyConstraint('contract_id', 'condition', name=op.f('pk_added_conditions')),
    )


def downgrade() -> None:
    op.drop_table('added_conditions')
    op.drop_table('condition_fulfilments')
    op.drop_table('signing_dates')
    op.drop_index('ix_contracts_clock_on', table_name='contracts')
    for name in ('clock_on', 'signing_deadline', 'effective_from'):
        op.execute(f'ALTER TABLE contracts DROP COLUMN {name}')
