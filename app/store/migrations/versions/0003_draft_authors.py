"""draft answers and deviations know the revision that set them, and by whom"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None

TABLES = ('draft_answers', 'draft_deviations')


def upgrade() -> None:
    for table in TABLES:
        op.add_column(table, sa.Column('revision', sa.Integer(), server_default='0', nullable=False))
        op.add_column(table, sa.Column('by', sa.String(length=100), server_default='', nullable=False))


def downgrade() -> None:
    # A cleared answer is a row without a value here; before, it was no row.
    op.execute("DELETE FROM draft_answers WHERE CAST(value AS VARCHAR) = 'null'")
    for table in TABLES:
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.drop_column('by')
            batch_op.drop_column('revision')
