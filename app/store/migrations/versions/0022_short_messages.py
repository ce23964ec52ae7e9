"""one-time codes by short message, and the last day of powers of attorney"""

from __future__ import annotations

import json
from datetime import date

import sqlalchemy as sa
from alembic import op

revision = '0022'
down_revision = '0024'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('outbox', sa.Column('details', sa.Text(), server_default='', nullable=False))
    op.add_column('signing_places', sa.Column('phone', sa.String(20), server_default='', nullable=False))
    op.add_column('signing_places', sa.Column('code_way', sa.String(8), server_default='mail', nullable=False))
    op.add_column('signing_places', sa.Column('code_went', sa.String(8), server_default='', nullable=False))
    op.add_column('signing_places', sa.Column('code_problem', sa.Text(), server_default='', nullable=False))
    op.add_column('signing_places', sa.Column('authority_until', sa.Date(), nullable=True))
    op.create_index('ix_signing_places_authority_until', 'signing_places', ['authority_until'])
    op.create_index('ix_exit_tasks_open', 'exit_tasks', ['key', 'done_on', 'due_on'])
    _fill()


def downgrade() -> None:
    op.drop_index('ix_exit_tasks_open', table_name='exit_tasks')
    op.drop_index('ix_signing_places_authority_until', table_name='signing_places')
    with op.batch_alter_table('signing_places', schema=None) as batch_op:
        for name in ('authority_until', 'code_problem', 'code_went', 'code_way', 'phone'):
            batch_op.drop_column(name)
    with op.batch_alter_table('outbox', schema=None) as batch_op:
        batch_op.drop_column('details')


def _fill() -> None:
    """The day stands in the details of each place."""
    places = sa.table(
        'signing_places', sa.column('signing_id', sa.String), sa.column('id', sa.String), sa.column('signatory', sa.Text),
        sa.column('authority_until', sa.Date),
    )  # fmt: skip
    connection = op.get_bind()
    for signing_id, place_id, signatory in connection.execute(sa.select(places.c.signing_id, places.c.id, places.c.signatory)).all():
        power = json.loads(signatory).get('authority')
        if power:
            day = date.fromisoformat(power['valid_until'])
            here = (places.c.signing_id == signing_id) & (places.c.id == place_id)
            connection.execute(sa.update(places).where(here).values(authority_until=day))
