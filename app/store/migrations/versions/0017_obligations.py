"""obligations as dated instances, and the events that begin periods; contracts in force are looked at once more to be planned"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0017'
down_revision = '0016'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'contract_events',
        sa.Column('id', sa.String(length=32), nullable=False),
        sa.Column('contract_id', sa.String(length=32), nullable=False),
        sa.Column('kind', sa.String(length=40), nullable=False),
        sa.Column('on_day', sa.Date(), nullable=False),
        sa.Column('moment', sa.DateTime(timezone=True), nullable=True),
        sa.Column('until', sa.DateTime(timezone=True), nullable=True),
        sa.Column('subject', sa.String(length=100), nullable=False),
        sa.Column('note', sa.Text(), nullable=False),
        sa.Column('source', sa.String(length=16), nullable=False),
        sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('created_by', sa.String(length=100), nullable=False),
        sa.ForeignKeyConstraint(
            ['contract_id'], ['contracts.id'], name=op.f('fk_contract_events_contract_id_contracts'), ondelete='CASCADE'
        ),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_contract_events')),
    )
    op.create_index(
        'uq_contract_events_contract_id_kind_subject_on_day',
        'contract_events',
        ['contract_id', 'kind', 'subject', 'on_day'],
        unique=True,
    )
    op.create_table(
        'event_pauses',
        sa.Column('event_id', sa.String(length=32), nullable=False),
        sa.Column('begins', sa.DateTime(timezone=True), nullable=False),
        sa.Column('ends', sa.DateTime(timezone=True), nullable=True),
        sa.Column('ground', sa.String(length=16), nullable=False),
        sa.Column('created_by', sa.String(length=100), nullable=False),
        sa.ForeignKeyConstraint(
            ['event_id'], ['contract_events.id'], name=op.f('fk_event_pauses_event_id_contract_events'), ondelete='CASCADE'
        ),
        sa.PrimaryKeyConstraint('event_id', 'begins', name=op.f('pk_event_pauses')),
    )
    op.create_table(
        'obligations',
        sa.Column('id', sa.String(length=32), nullable=False),
        sa.Column('contract_id', sa.String(length=32), nullable=False),
        sa.Column('key', sa.String(length=120), nullable=False),
        sa.Column('duty', sa.String(length=12), nullable=False),
        sa.Column('section', sa.String(length=6), nullable=False),
        sa.Column('obligor', sa.String(length=2), nullable=False),
        sa.Column('action', sa.String(length=200), nullable=False),
        sa.Column('provision', sa.String(length=100), nullable=False),
        sa.Column('clause', sa.String(length=60), nullable=False),
        sa.Column('label', sa.String(length=120), nullable=False),
        sa.Column('event_id', sa.String(length=60), nullable=False),
        sa.Column('opens_on', sa.Date(), nullable=False),
        sa.Column('due_on', sa.Date(), nullable=True),
        sa.Column('due_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('remind_on', sa.Date(), nullable=True),
        sa.Column('provisional', sa.Boolean(), nullable=False),
        sa.Column('reasoning', sa.Text(), nullable=False),
        sa.Column('responsible_id', sa.String(length=32), nullable=True),
        sa.Column('state', sa.String(length=10), nullable=False),
        sa.Column('done_on', sa.Date(), nullable=True),
        sa.Column('done_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('ground', sa.Text(), nullable=False),
        sa.Column('authority', sa.Text(), nullable=False),
        sa.Column('document_id', sa.String(length=32), nullable=True),
        sa.Column('settled_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('settled_by', sa.String(length=100), nullable=False),
        sa.Column('revision', sa.Integer(), nullable=False),
        sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ['contract_id'], ['contracts.id'], name=op.f('fk_obligations_contract_id_contracts'), ondelete='CASCADE'
        ),
        sa.ForeignKeyConstraint(['document_id'], ['documents.id'], name=op.f('fk_obligations_document_id_documents')),
        sa.ForeignKeyConstraint(['responsible_id'], ['users.id'], name=op.f('fk_obligations_responsible_id_users')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_obligations')),
    )
    op.create_index('uq_obligations_contract_id_key', 'obligations', ['contract_id', 'key'], unique=True)
    op.create_index('ix_obligations_state_due_on', 'obligations', ['state', 'due_on', 'id'])
    op.create_index('ix_obligations_due_on', 'obligations', ['due_on', 'id'])
    op.create_index('ix_obligations_responsible_id', 'obligations', ['responsible_id', 'due_on'])
    op.create_index('ix_obligations_document_id', 'obligations', ['document_id'])
    op.execute("UPDATE contracts SET clock_on = took_effect_on WHERE stage IN ('active', 'expiring') AND took_effect_on IS NOT NULL")


def downgrade() -> None:
    op.drop_table('obligations')
    op.drop_table('event_pauses')
    op.drop_table('contract_events')
