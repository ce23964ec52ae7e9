"""renewed terms, decisions on renewals, deliveries of papers, cases of ending, exits and their tasks"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0008'
down_revision = '0007'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('contract_terms',
    sa.Column('contract_id', sa.String(length=32), nullable=False),
    sa.Column('number', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('first_day', sa.Date(), nullable=False),
    sa.Column('last_day', sa.Date(), nullable=False),
    sa.Column('origin', sa.String(length=16), nullable=False),
    sa.Column('years', sa.Integer(), nullable=True),
    sa.Column('counts', sa.Boolean(), nullable=False),
    sa.Column('paper', sa.String(length=60), nullable=False),
    sa.Column('note', sa.Text(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('created_by', sa.String(length=100), nullable=False),
    sa.ForeignKeyConstraint(['contract_id'], ['contracts.id'], name=op.f('fk_contract_terms_contract_id_contracts')),
    sa.PrimaryKeyConstraint('contract_id', 'number', name=op.f('pk_contract_terms'))
    )
    op.create_table('renewal_decisions',
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('contract_id', sa.String(length=32), nullable=False),
    sa.Column('term', sa.Integer(), nullable=False),
    sa.Column('choice', sa.String(length=16), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('papers', sa.Text(), nullable=False),
    sa.Column('decided_by', sa.String(length=32), nullable=False),
    sa.Column('decided_name', sa.String(length=100), nullable=False),
    sa.Column('decided_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['contract_id'], ['contracts.id'], name=op.f('fk_renewal_decisions_contract_id_contracts')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_renewal_decisions'))
    )
    op.create_index('ix_renewal_decisions_contract_id', 'renewal_decisions', ['contract_id', 'decided_at'], unique=False)
    op.create_table('endings',
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('contract_id', sa.String(length=32), nullable=False),
    sa.Column('route', sa.String(length=16), nullable=False),
    sa.Column('ground', sa.String(length=16), nullable=False),
    sa.Column('by_party', sa.String(length=1), nullable=False),
    sa.Column('part', sa.Text(), nullable=False),
    sa.Column('facts', sa.Text(), nullable=False),
    sa.Column('evidence', sa.Text(), nullable=False),
    sa.Column('known_on', sa.Date(), nullable=True),
    sa.Column('continuing', sa.Boolean(), nullable=False),
    sa.Column('ceased_on', sa.Date(), nullable=True),
    sa.Column('since', sa.Date(), nullable=True),
    sa.Column('cured_on', sa.Date(), nullable=True),
    sa.Column('asked_on', sa.Date(), nullable=True),
    sa.Column('grace_days', sa.Integer(), nullable=False),
    sa.Column('automatic', sa.Boolean(), nullable=False),
    sa.Column('performed_on', sa.Date(), nullable=True),
    sa.Column('end_on', sa.Date(), nullable=True),
    sa.Column('signed_on', sa.Date(), nullable=True),
    sa.Column('demand_id', sa.String(length=32), nullable=True),
    sa.Column('notice_id', sa.String(length=32), nullable=True),
    sa.Column('agreement_id', sa.String(length=32), nullable=True),
    sa.Column('state', sa.String(length=16), nullable=False),
    sa.Column('ended_on', sa.Date(), nullable=True),
    sa.Column('objected_on', sa.Date(), nullable=True),
    sa.Column('objection', sa.Text(), nullable=False),
    sa.Column('objection_outcome', sa.String(length=16), nullable=False),
    sa.Column('revision', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('created_by', sa.String(length=100), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_by', sa.String(length=100), nullable=False),
    sa.ForeignKeyConstraint(['agreement_id'], ['instruments.id'], name=op.f('fk_endings_agreement_id_instruments')),
    sa.ForeignKeyConstraint(['contract_id'], ['contracts.id'], name=op.f('fk_endings_contract_id_contracts')),
    sa.ForeignKeyConstraint(['demand_id'], ['instruments.id'], name=op.f('fk_endings_demand_id_instruments')),
    sa.ForeignKeyConstraint(['notice_id'], ['instruments.id'], name=op.f('fk_endings_notice_id_instruments')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_endings'))
    )
    op.create_index('ix_endings_contract_id', 'endings', ['contract_id'], unique=False)
    op.create_table('deliveries',
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('contract_id', sa.String(length=32), nullable=False),
    sa.Column('instrument_id', sa.String(length=32), nullable=False),
    sa.Column('sender', sa.String(length=1), nullable=False),
    sa.Column('method', sa.String(length=16), nullable=False),
    sa.Column('address', sa.String(length=300), nullable=False),
    sa.Column('sent_on', sa.Date(), nullable=False),
    sa.Column('arrived_on', sa.Date(), nullable=True),
    sa.Column('proof', sa.String(length=16), nullable=False),
    sa.Column('evidence', sa.Text(), nullable=False),
    sa.Column('document_id', sa.String(length=32), nullable=True),
    sa.Column('revision', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('created_by', sa.String(length=100), nullable=False),
    sa.ForeignKeyConstraint(['contract_id'], ['contracts.id'], name=op.f('fk_deliveries_contract_id_contracts')),
    sa.ForeignKeyConstraint(['document_id'], ['documents.id'], name=op.f('fk_deliveries_document_id_documents')),
    sa.ForeignKeyConstraint(['instrument_id'], ['instruments.id'], name=op.f('fk_deliveries_instrument_id_instruments')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_deliveries'))
    )
    op.create_index('ix_deliveries_contract_id', 'deliveries', ['contract_id'], unique=False)
    op.create_index('ix_deliveries_instrument_id', 'deliveries', ['instrument_id'], unique=False)
    op.create_table('exits',
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('contract_id', sa.String(length=32), nullable=False),
    sa.Column('scope', sa.String(length=32), nullable=False),
    sa.Column('ending_id', sa.String(length=32), nullable=True),
    sa.Column('how', sa.String(length=16), nullable=False),
    sa.Column('ended_on', sa.Date(), nullable=False),
    sa.Column('in_force', sa.Boolean(), nullable=False),
    sa.Column('part', sa.Text(), nullable=False),
    sa.Column('by_party', sa.String(length=1), nullable=False),
    sa.Column('revision', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['contract_id'], ['contracts.id'], name=op.f('fk_exits_contract_id_contracts')),
    sa.ForeignKeyConstraint(['ending_id'], ['endings.id'], name=op.f('fk_exits_ending_id_endings')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_exits'))
    )
    op.create_index('uq_exits_contract_id_scope', 'exits', ['contract_id', 'scope'], unique=True)
    op.create_table('exit_tasks',
    sa.Column('exit_id', sa.String(length=32), nullable=False),
    sa.Column('key', sa.String(length=20), nullable=False),
    sa.Column('ordinal', sa.Integer(), nullable=False),
    sa.Column('title', sa.String(length=200), nullable=False),
    sa.Column('obligor', sa.String(length=2), nullable=False),
    sa.Column('due_on', sa.Date(), nullable=False),
    sa.Column('done_on', sa.Date(), nullable=True),
    sa.Column('waived', sa.Boolean(), nullable=False),
    sa.Column('evidence', sa.Text(), nullable=False),
    sa.Column('document_id', sa.String(length=32), nullable=True),
    sa.Column('done_by', sa.String(length=100), nullable=False),
    sa.ForeignKeyConstraint(['document_id'], ['documents.id'], name=op.f('fk_exit_tasks_document_id_documents')),
    sa.ForeignKeyConstraint(['exit_id'], ['exits.id'], name=op.f('fk_exit_tasks_exit_id_exits'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('exit_id', 'key', name=op.f('pk_exit_tasks'))
    )
    op.create_index('ix_exit_tasks_due_on', 'exit_tasks', ['due_on'], unique=False)


def downgrade() -> None:
    op.drop_index('ix_exit_tasks_due_on', table_name='exit_tasks')
    op.drop_table('exit_tasks')
    op.drop_index('uq_exits_contract_id_scope', table_name='exits')
    op.drop_table('exits')
    op.drop_index('ix_deliveries_instrument_id', table_name='deliveries')
    op.drop_index('ix_deliveries_contract_id', table_name='deliveries')
    op.drop_table('deliveries')
    op.drop_index('ix_endings_contract_id', table_name='endings')
    op.drop_table('endings')
    op.drop_index('ix_renewal_decisions_contract_id', table_name='renewal_decisions')
    op.drop_table('renewal_decisions')
    op.drop_table('contract_terms')
