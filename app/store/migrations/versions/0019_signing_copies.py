"""links to the finished copy; certificates found by their holder"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0019'
down_revision = '0018'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('signing_places') as table:
        table.add_column(sa.Column('copy_token', sa.String(length=64), nullable=True))
        table.create_unique_constraint(op.f('uq_signing_places_copy_token'), ['copy_token'])
    op.create_index('ix_certificates_reference', 'certificates', ['reference'])


def downgrade() -> None:
    op.drop_index('ix_certificates_reference', table_name='certificates')
    with op.batch_alter_table('signing_places') as table:
        table.drop_constraint(op.f('uq_signing_places_copy_token'), type_='unique')
        table.drop_column('copy_token')
