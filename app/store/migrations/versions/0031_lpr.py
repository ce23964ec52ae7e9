"""the register of the LPR by day of publication"""

from __future__ import annotations

from datetime import UTC, date, datetime

import sqlalchemy as sa
from alembic import op

revision = '0031'
down_revision = '0030'
branch_labels = None
depends_on = None

# What the table of laws has on record (point 7 of its open points): one-year 3.00 % from 20 May 2025, unchanged at the publication of August 2026. Everything else
# is entered by people from what was published.
_KNOWN = {
    'published_on': date(2025, 5, 20), 'one_year': 300, 'five_year': None, 'until': date(2026, 8, 20),
    'source': '全国银行间同业拆借中心公布的公开资料，随系统附带，请以其公布为准', 'entered_at': datetime(2026, 11, 29, tzinfo=UTC), 'entered_by': '系统',
}  # fmt: skip


def upgrade() -> None:
    quotes = op.create_table(
        'lpr_quotes',
        sa.Column('published_on', sa.Date(), nullable=False),
        sa.Column('one_year', sa.BigInteger(), nullable=False),
        sa.Column('five_year', sa.BigInteger(), nullable=True),
        sa.Column('until', sa.Date(), nullable=False),
        sa.Column('source', sa.String(length=200), nullable=False),
        sa.Column('entered_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('entered_by', sa.String(length=100), nullable=False),
        sa.PrimaryKeyConstraint('published_on', name=op.f('pk_lpr_quotes')),
    )
    op.bulk_insert(quotes, [_KNOWN])


def downgrade() -> None:
    op.drop_table('lpr_quotes')
