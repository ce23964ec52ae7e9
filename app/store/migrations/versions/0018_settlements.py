"""monthly figures with what both parties said of them, settlements, invoices, payments, budgets"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0018'
down_revision = '0017'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('settlement_budgets',
    sa.Column('contract_id', sa.String(length=32), nullable=False),
    sa.Column('year', sa.Date(), nullable=False),
    sa.Column('amount', sa.BigInteger(), nullable=False),
    sa.Column('note', sa.Text(), nullable=False),
    sa.Column('set_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('set_by', sa.String(length=100), nullable=False),
    sa.ForeignKeyConstraint(['contract_id'], ['contracts.id'], name=op.f('fk_settlement_budgets_contract_id_contracts')),
    sa.PrimaryKeyConstraint('contract_id', 'year', name=op.f('pk_settlement_budgets'))
    )
    op.create_table('service_months',
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('contract_id', sa.String(length=32), nullable=False),
    sa.Column('month', sa.Date(), nullable=False),
    sa.Column('figures', sa.Text(), nullable=False),
    sa.Column('state', sa.String(length=16), nullable=False),
    sa.Column('submitted_on', sa.Date(), nullable=False),
    sa.Column('confirmed_on', sa.Date(), nullable=True),
    sa.Column('score', sa.BigInteger(), nullable=True),
    sa.Column('rectification_id', sa.String(length=32), nullable=True),
    sa.Column('revision', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_by', sa.String(length=100), nullable=False),
    sa.ForeignKeyConstraint(['contract_id'], ['contracts.id'], name=op.f('fk_service_months_contract_id_contracts')),
    sa.ForeignKeyConstraint(['rectification_id'], ['instruments.id'], name=op.f('fk_service_months_rectification_id_instruments')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_service_months')),
    sa.UniqueConstraint('contract_id', 'month', name='uq_service_months_contract_id_month')
    )
    op.create_table('settlements',
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('contract_id', sa.String(length=32), nullable=False),
    sa.Column('instrument_id', sa.String(length=32), nullable=False),
    sa.Column('start', sa.Date(), nullable=False),
    sa.Column('end', sa.Date(), nullable=False),
    sa.Column('state', sa.String(length=16), nullable=False),
    sa.Column('sheet', sa.Text(), nullable=False),
    sa.Column('digest', sa.String(length=64), nullable=False),
    sa.Column('excl', sa.BigInteger(), nullable=False),
    sa.Column('tax', sa.BigInteger(), nullable=False),
    sa.Column('incl', sa.BigInteger(), nullable=False),
    sa.Column('submitted_on', sa.Date(), nullable=False),
    sa.Column('confirmed_on', sa.Date(), nullable=True),
    sa.Column('how', sa.String(length=16), nullable=False),
    sa.Column('evidence', sa.Text(), nullable=False),
    sa.Column('objected', sa.BigInteger(), nullable=True),
    sa.Column('objected_on', sa.Date(), nullable=True),
    sa.Column('objection', sa.Text(), nullable=False),
    sa.Column('resolved_on', sa.Date(), nullable=True),
    sa.Column('reduced', sa.BigInteger(), nullable=True),
    sa.Column('due_on', sa.Date(), nullable=True),
    sa.Column('open_amount', sa.BigInteger(), nullable=False),
    sa.Column('revision', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('created_by', sa.String(length=100), nullable=False),
    sa.ForeignKeyConstraint(['contract_id'], ['contracts.id'], name=op.f('fk_settlements_contract_id_contracts')),
    sa.ForeignKeyConstraint(['instrument_id'], ['instruments.id'], name=op.f('fk_settlements_instrument_id_instruments')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_settlements'))
    )
    op.create_index('ix_settlements_contract_id', 'settlements', ['contract_id', 'start'], unique=False)
    op.create_index('ix_settlements_due_on', 'settlements', ['due_on'], unique=False)
    op.create_table('invoices',
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('contract_id', sa.String(length=32), nullable=False),
    sa.Column('settlement_id', sa.String(length=32), nullable=False),
    sa.Column('number', sa.String(length=40), nullable=False),
    sa.Column('kind', sa.String(length=16), nullable=False),
    sa.Column('issued_on', sa.Date(), nullable=False),
    sa.Column('received_on', sa.Date(), nullable=False),
    sa.Column('lines', sa.Text(), nullable=False),
    sa.Column('incl', sa.BigInteger(), nullable=False),
    sa.Column('buyer_uscc', sa.String(length=18), nullable=False),
    sa.Column('red_of', sa.String(length=32), nullable=True),
    sa.Column('faults', sa.Text(), nullable=False),
    sa.Column('document_id', sa.String(length=32), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('created_by', sa.String(length=100), nullable=False),
    sa.ForeignKeyConstraint(['contract_id'], ['contracts.id'], name=op.f('fk_invoices_contract_id_contracts')),
    sa.ForeignKeyConstraint(['document_id'], ['documents.id'], name=op.f('fk_invoices_document_id_documents')),
    sa.ForeignKeyConstraint(['red_of'], ['invoices.id'], name=op.f('fk_invoices_red_of_invoices')),
    sa.ForeignKeyConstraint(['settlement_id'], ['settlements.id'], name=op.f('fk_invoices_settlement_id_settlements')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_invoices')),
    sa.UniqueConstraint('number', name=op.f('uq_invoices_number'))
    )
    op.create_index('ix_invoices_contract_id', 'invoices', ['contract_id'], unique=False)
    op.create_index('ix_invoices_settlement_id', 'invoices', ['settlement_id'], unique=False)
    op.create_table('payments',
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('contract_id', sa.String(length=32), nullable=False),
    sa.Column('paid_on', sa.Date(), nullable=False),
    sa.Column('amount', sa.BigInteger(), nullable=False),
    sa.Column('reference', sa.String(length=100), nullable=False),
    sa.Column('note', sa.Text(), nullable=False),
    sa.Column('document_id', sa.String(length=32), nullable=True),
    sa.Column('reversed_on', sa.Date(), nullable=True),
    sa.Column('reversal', sa.Text(), nullable=False),
    sa.Column('revision', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('created_by', sa.String(length=100), nullable=False),
    sa.ForeignKeyConstraint(['contract_id'], ['contracts.id'], name=op.f('fk_payments_contract_id_contracts')),
    sa.ForeignKeyConstraint(['document_id'], ['documents.id'], name=op.f('fk_payments_document_id_documents')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_payments'))
    )
    op.create_index('ix_payments_contract_id', 'payments', ['contract_id', 'paid_on'], unique=False)
    op.create_table('service_month_statements',
    sa.Column('month_id', sa.String(length=32), nullable=False),
    sa.Column('ordinal', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('party', sa.String(length=1), nullable=False),
    sa.Column('kind', sa.String(length=16), nullable=False),
    sa.Column('on_day', sa.Date(), nullable=False),
    sa.Column('words', sa.Text(), nullable=False),
    sa.Column('document_id', sa.String(length=32), nullable=True),
    sa.Column('recorded_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('recorded_by', sa.String(length=100), nullable=False),
    sa.ForeignKeyConstraint(['document_id'], ['documents.id'], name=op.f('fk_service_month_statements_document_id_documents')),
    sa.ForeignKeyConstraint(['month_id'], ['service_months.id'], name=op.f('fk_service_month_statements_month_id_service_months'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('month_id', 'ordinal', name=op.f('pk_service_month_statements'))
    )
    op.create_table('payment_matches',
    sa.Column('payment_id', sa.String(length=32), nullable=False),
    sa.Column('settlement_id', sa.String(length=32), nullable=False),
    sa.Column('amount', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['payment_id'], ['payments.id'], name=op.f('fk_payment_matches_payment_id_payments'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['settlement_id'], ['settlements.id'], name=op.f('fk_payment_matches_settlement_id_settlements')),
    sa.PrimaryKeyConstraint('payment_id', 'settlement_id', name=op.f('pk_payment_matches'))
    )
    op.create_index('ix_payment_matches_settlement_id', 'payment_matches', ['settlement_id'], unique=False)


def downgrade() -> None:
    op.drop_index('ix_payment_matches_settlement_id', table_name='payment_matches')
    op.drop_table('payment_matches')
    op.drop_table('service_month_statements')
    op.drop_index('ix_payments_contract_id', table_name='payments')
    op.drop_table('payments')
    op.drop_index('ix_invoices_settlement_id', table_name='invoices')
    op.drop_index('ix_invoices_contract_id', table_name='invoices')
    op.drop_table('invoices')
    op.drop_index('ix_settlements_due_on', table_name='settlements')
    op.drop_index('ix_settlements_contract_id', table_name='settlements')
    op.drop_table('settlements')
    op.drop_table('service_months')
    op.drop_table('settlement_budgets')
