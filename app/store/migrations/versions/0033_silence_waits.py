"""days of grace before silence is recorded, what figures each statement stood for, several files of evidence for one statement"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0033'
down_revision = '0031'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('reminder_settings', sa.Column('silence_grace', sa.Integer(), server_default='2', nullable=False))
    # Read before the table is made anew: on SQLite that empties whatever hangs on its rows.
    filed = op.get_bind().execute(
        sa.text("SELECT month_id, ordinal, document_id FROM service_month_statements WHERE document_id IS NOT NULL")
    ).all()
    with op.batch_alter_table('service_month_statements', schema=None) as batch_op:
        batch_op.add_column(sa.Column('figures_digest', sa.String(length=64), server_default='', nullable=False))
        batch_op.drop_constraint(op.f('fk_service_month_statements_document_id_documents'), type_='foreignkey')
        batch_op.drop_column('document_id')
    files = op.create_table(
        'service_month_files',
        sa.Column('month_id', sa.String(length=32), nullable=False),
        sa.Column('ordinal', sa.Integer(), autoincrement=False, nullable=False),
        sa.Column('place', sa.Integer(), autoincrement=False, nullable=False),
        sa.Column('document_id', sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(['document_id'], ['documents.id'], name=op.f('fk_service_month_files_document_id_documents')),
        sa.ForeignKeyConstraint(
            ['month_id', 'ordinal'], ['service_month_statements.month_id', 'service_month_statements.ordinal'],
            name=op.f('fk_service_month_files_month_id_service_month_statements'), ondelete='CASCADE',
        ),
        sa.PrimaryKeyConstraint('month_id', 'ordinal', 'place', name=op.f('pk_service_month_files')),
    )
    op.create_index('ix_service_month_files_document_id', 'service_month_files', ['document_id'])
    op.bulk_insert(
        files, [{'month_id': month, 'ordinal': ordinal, 'place': 1, 'document_id': document} for month, ordinal, document in filed]
    )


def downgrade() -> None:
    bind = op.get_bind()
    filed = bind.execute(sa.text("SELECT month_id, ordinal, document_id FROM service_month_files WHERE place = 1")).all()
    op.drop_index('ix_service_month_files_document_id', table_name='service_month_files')
    op.drop_table('service_month_files')
    with op.batch_alter_table('service_month_statements', schema=None) as batch_op:
        batch_op.drop_column('figures_digest')
        batch_op.add_column(sa.Column('document_id', sa.String(length=32), nullable=True))
        batch_op.create_foreign_key(
            op.f('fk_service_month_statements_document_id_documents'), 'documents', ['document_id'], ['id']
        )
    for month, ordinal, document in filed:
        bind.execute(
            sa.text("UPDATE service_month_statements SET document_id = :d WHERE month_id = :m AND ordinal = :o"),
            {'d': document, 'm': month, 'o': ordinal},
        )
    with op.batch_alter_table('reminder_settings', schema=None) as batch_op:
        batch_op.drop_column('silence_grace')
