"""comments keep the words of their place as they stood when the comment was made"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0005'
down_revision = '0004'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('comments', sa.Column('place_label', sa.String(length=200), server_default='', nullable=False))
    op.add_column('comments', sa.Column('place_text', sa.Text(), server_default='', nullable=False))


def downgrade() -> None:
    for column in ('place_text', 'place_label'):
        op.drop_column('comments', column)
