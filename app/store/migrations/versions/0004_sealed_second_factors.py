"""room for a sealed key of the second factor"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0004'
down_revision = '0003'
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Not by building the table anew: SQLite would take the rows that point to it along with the old one.
    op.add_column('users', sa.Column('totp_wide', sa.String(length=200), server_default='', nullable=False))
    op.execute('UPDATE users SET totp_wide = totp_secret')
    op.execute('ALTER TABLE users DROP COLUMN totp_secret')
    op.execute('ALTER TABLE users RENAME COLUMN totp_wide TO totp_secret')


def downgrade() -> None:
    op.add_column('users', sa.Column('totp_narrow', sa.String(length=64), server_default='', nullable=False))
    # The older program can't open a sealed key: those people set their second factor up again.
    op.execute("UPDATE users SET totp_narrow = totp_secret WHERE totp_secret NOT LIKE 'v1.%'")
    op.execute('ALTER TABLE users DROP COLUMN totp_secret')
    op.execute('ALTER TABLE users RENAME COLUMN totp_narrow TO totp_secret')
