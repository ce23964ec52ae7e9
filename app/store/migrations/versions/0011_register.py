"""indexes for every order of the register, saved views"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0011'
down_revision = '0010'
branch_labels = None
depends_on = None

OLD = {'stage': ['stage', 'updated_at'], 'owner_id': ['owner_id'], 'last_day': ['last_day']}
NEW = {
    'created_at': ['created_at', 'id'],
    'title': ['title', 'id'],
    'owner_name': ['owner_name', 'id'],
    'value': ['value', 'id'],
    'took_effect_on': ['took_effect_on', 'id'],
    'last_day': ['last_day', 'id'],
    'form': ['form', 'id'],
    'stage': ['stage', 'updated_at', 'id'],
    'owner_id': ['owner_id', 'updated_at', 'id'],
    'confidential': ['confidential', 'updated_at', 'id'],
}


def upgrade() -> None:
    for name in OLD:
        op.drop_index(f'ix_contracts_{name}', 'contracts')
    for name, columns in NEW.items():
        op.create_index(f'ix_contracts_{name}', 'contracts', columns)
    for flag in ('rectifying', 'disputed'):
        op.create_index(
            f'ix_contracts_{flag}', 'contracts', ['updated_at', 'id'],
            sqlite_where=sa.text(f'{flag} IS 1'), postgresql_where=sa.text(f'{flag} IS true'),
        )
    op.drop_index('ix_search_postings_seq', 'search_postings')
    op.create_index('ix_search_postings_seq', 'search_postings', ['seq', 'last', 'bundle_id'])
    op.create_index('ix_contract_parties_role', 'contract_parties', ['role', 'name', 'contract_id'])
    op.create_table(
        'register_views',
        sa.Column('id', sa.String(length=32), nullable=False),
        sa.Column('owner_id', sa.String(length=32), nullable=False),
        sa.Column('name', sa.String(length=60), nullable=False),
        sa.Column('shared', sa.Boolean(), nullable=False),
        sa.Column('settings', sa.Text(), nullable=False),
        sa.Column('revision', sa.Integer(), nullable=False),
        sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(['owner_id'], ['users.id'], name=op.f('fk_register_views_owner_id_users'), ondelete='CASCADE'),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_register_views')),
        sa.UniqueConstraint('owner_id', 'name', name='uq_register_views_owner_id_name'),
    )
    op.create_index('ix_register_views_shared', 'register_views', ['shared'])
    op.create_table(
        'register_default_views',
        sa.Column('user_id', sa.String(length=32), nullable=False),
        sa.Column('view_id', sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_register_default_views_user_id_users'), ondelete='CASCADE'),
        sa.ForeignKeyConstraint(['view_id'], ['register_views.id'], name=op.f('fk_register_default_views_view_id_register_views'), ondelete='CASCADE'),
        sa.PrimaryKeyConstraint('user_id', name=op.f('pk_register_default_views')),
    )
    op.create_index('ix_register_default_views_view_id', 'register_default_views', ['view_id'])


    _empty_index()


def _empty_index() -> None:
    """What is kept of a passage has changed: the clock fills the index again from the versions."""
    for table in ('search_documents', 'search_postings', 'search_bundle_passages', 'search_contracts', 'search_bundles', 'search_passages'):
        op.execute(f'DELETE FROM {table}')
    if op.get_bind().dialect.name == 'postgresql':
        op.execute('DELETE FROM search_grams')
    else:
        op.execute("INSERT INTO search_grams(search_grams) VALUES ('delete-all')")


def downgrade() -> None:
    _empty_index()
    op.drop_table('register_default_views')
    op.drop_table('register_views')
    op.drop_index('ix_contract_parties_role', 'contract_parties')
    op.drop_index('ix_search_postings_seq', 'search_postings')
    op.create_index('ix_search_postings_seq', 'search_postings', ['seq', 'last'])
    for name in ('disputed', 'rectifying', *NEW):
        op.drop_index(f'ix_contracts_{name}', 'contracts')
    for name, columns in OLD.items():
        op.create_index(f'ix_contracts_{name}', 'contracts', columns)
