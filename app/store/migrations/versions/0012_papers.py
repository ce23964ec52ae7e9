"""what papers say, frozen texts of papers, amendments"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0012'
down_revision = '0011'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('paper_texts',
    sa.Column('instrument_id', sa.String(length=32), nullable=False),
    sa.Column('answers', sa.Text(), nullable=False),
    sa.Column('acknowledgements', sa.Text(), nullable=False),
    sa.Column('revision', sa.Integer(), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_by', sa.String(length=100), nullable=False),
    sa.ForeignKeyConstraint(['instrument_id'], ['instruments.id'], name=op.f('fk_paper_texts_instrument_id_instruments')),
    sa.PrimaryKeyConstraint('instrument_id', name=op.f('pk_paper_texts'))
    )
    op.create_table('paper_versions',
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('instrument_id', sa.String(length=32), nullable=False),
    sa.Column('ordinal', sa.Integer(), nullable=False),
    sa.Column('tree', sa.Text(), nullable=False),
    sa.Column('answers', sa.Text(), nullable=False),
    sa.Column('operations', sa.Text(), nullable=False),
    sa.Column('library_version', sa.String(length=64), nullable=False),
    sa.Column('digest', sa.String(length=64), nullable=False),
    sa.Column('content', sa.String(length=64), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('created_by', sa.String(length=100), nullable=False),
    sa.ForeignKeyConstraint(['instrument_id'], ['instruments.id'], name=op.f('fk_paper_versions_instrument_id_instruments')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_paper_versions')),
    sa.UniqueConstraint('instrument_id', 'ordinal', name='uq_paper_versions_instrument_id_ordinal')
    )
    op.create_table('amendments',
    sa.Column('instrument_id', sa.String(length=32), nullable=False),
    sa.Column('contract_id', sa.String(length=32), nullable=False),
    sa.Column('base_id', sa.String(length=32), nullable=False),
    sa.Column('edits', sa.Text(), nullable=False),
    sa.Column('basis', sa.Text(), nullable=False),
    sa.Column('sequence', sa.Integer(), nullable=True),
    sa.Column('signed_on', sa.Date(), nullable=True),
    sa.Column('effective_on', sa.Date(), nullable=True),
    sa.Column('retroactive_from', sa.Date(), nullable=True),
    sa.Column('evidence_id', sa.String(length=32), nullable=True),
    sa.Column('revision', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['base_id'], ['versions.id'], name=op.f('fk_amendments_base_id_versions')),
    sa.ForeignKeyConstraint(['contract_id'], ['contracts.id'], name=op.f('fk_amendments_contract_id_contracts')),
    sa.ForeignKeyConstraint(['evidence_id'], ['documents.id'], name=op.f('fk_amendments_evidence_id_documents')),
    sa.ForeignKeyConstraint(['instrument_id'], ['instruments.id'], name=op.f('fk_amendments_instrument_id_instruments')),
    sa.PrimaryKeyConstraint('instrument_id', name=op.f('pk_amendments'))
    )
    op.create_index('ix_amendments_contract_id', 'amendments', ['contract_id'], unique=False)
    op.create_index('uq_amendments_contract_id_sequence', 'amendments', ['contract_id', 'sequence'], unique=True)
    _append_only('paper_versions')


def _append_only(table: str) -> None:
    """As for the log and the versions of the contract (migration 0002): the database itself refuses."""
    if op.get_bind().dialect.name == 'sqlite':
        for event in ('UPDATE', 'DELETE'):
            op.execute(
                f"CREATE TRIGGER {table}_no_{event.lower()} BEFORE {event} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            )
        # INSERT OR REPLACE deletes the old row without firing the trigger on DELETE.
        op.execute(
            f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} WHEN EXISTS (SELECT 1 FROM {table} WHERE id = NEW.id) "
            f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        )
    else:
        op.execute(
            f"CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )
        op.execute(
            f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )


def downgrade() -> None:
    op.drop_table('amendments')
    op.drop_table('paper_versions')
    op.drop_table('paper_texts')
