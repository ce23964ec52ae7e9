"""silence that confirms, receipt of a settlement, payments matched by hand, corrections of settled periods, the level of a ticket"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0024'
down_revision = '0025'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('service_months', sa.Column('silent_on', sa.Date(), nullable=True))
    op.create_index('ix_service_months_silent_on', 'service_months', ['silent_on'])
    op.add_column('settlements', sa.Column('received_on', sa.Date(), nullable=True))
    op.add_column('settlements', sa.Column('silent_on', sa.Date(), nullable=True))
    op.create_index('ix_settlements_silent_on', 'settlements', ['silent_on'])
    op.add_column('payments', sa.Column('held', sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column('payments', sa.Column('matched_at', sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        'settlement_corrections',
        sa.Column('id', sa.String(length=32), nullable=False),
        sa.Column('contract_id', sa.String(length=32), nullable=False),
        sa.Column('settlement_id', sa.String(length=32), nullable=False),
        sa.Column('number', sa.String(length=60), nullable=False),
        sa.Column('cause', sa.String(length=16), nullable=False),
        sa.Column('reason', sa.Text(), nullable=False),
        sa.Column('figures', sa.Text(), nullable=False),
        sa.Column('items', sa.Text(), nullable=False),
        sa.Column('months', sa.Text(), nullable=False),
        sa.Column('working', sa.Text(), nullable=False),
        sa.Column('excl', sa.BigInteger(), nullable=False),
        sa.Column('tax', sa.BigInteger(), nullable=False),
        sa.Column('state', sa.String(length=16), nullable=False),
        sa.Column('evidence', sa.Text(), nullable=False),
        sa.Column('decided_on', sa.Date(), nullable=True),
        sa.Column('taken_by', sa.String(length=32), nullable=True),
        sa.Column('revision', sa.Integer(), nullable=False),
        sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('created_by', sa.String(length=100), nullable=False),
        sa.ForeignKeyConstraint(['contract_id'], ['contracts.id'], name=op.f('fk_settlement_corrections_contract_id_contracts')),
        sa.ForeignKeyConstraint(['settlement_id'], ['settlements.id'], name=op.f('fk_settlement_corrections_settlement_id_settlements')),
        sa.ForeignKeyConstraint(['taken_by'], ['settlements.id'], name=op.f('fk_settlement_corrections_taken_by_settlements')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_settlement_corrections')),
        sa.UniqueConstraint('number', name=op.f('uq_settlement_corrections_number')),
    )
    op.create_index('ix_settlement_corrections_contract_id', 'settlement_corrections', ['contract_id', 'created_at'])
    op.create_index('ix_settlement_corrections_settlement_id', 'settlement_corrections', ['settlement_id'])
    op.add_column('contract_events', sa.Column('level', sa.String(length=2), server_default='', nullable=False))
    op.create_index('ix_settlement_corrections_state', 'settlement_corrections', ['state'])
    # The clock works the right day out when it first looks at a month.
    op.execute("UPDATE service_months SET silent_on = submitted_on WHERE state <> 'confirmed'")


def downgrade() -> None:
    with op.batch_alter_table('contract_events', schema=None) as batch_op:
        batch_op.drop_column('level')
    op.drop_table('settlement_corrections')
    with op.batch_alter_table('payments', schema=None) as batch_op:
        batch_op.drop_column('matched_at')
        batch_op.drop_column('held')
    op.drop_index('ix_settlements_silent_on', table_name='settlements')
    with op.batch_alter_table('settlements', schema=None) as batch_op:
        batch_op.drop_column('silent_on')
        batch_op.drop_column('received_on')
    op.drop_index('ix_service_months_silent_on', table_name='service_months')
    with op.batch_alter_table('service_months', schema=None) as batch_op:
        batch_op.drop_column('silent_on')
