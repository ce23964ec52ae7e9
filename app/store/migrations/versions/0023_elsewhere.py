"""signing with keys elsewhere: trusted outside roots, tokens of programs, signatures that wait for their device"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0023'
down_revision = '0022'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'trusted_roots',
        sa.Column('id', sa.String(32), nullable=False),
        sa.Column('fingerprint', sa.String(64), nullable=False),
        sa.Column('subject', sa.String(300), nullable=False),
        sa.Column('organisation', sa.String(300), nullable=False),
        sa.Column('valid_until', sa.DateTime(timezone=True), nullable=False),
        sa.Column('certificate', sa.Text(), nullable=False),
        sa.Column('added_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('added_by', sa.String(100), nullable=False),
        sa.Column('removed_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('removed_by', sa.String(100), nullable=False),
        sa.Column('reason', sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_trusted_roots')),
    )
    op.create_index('ix_trusted_roots_fingerprint', 'trusted_roots', ['fingerprint'])
    op.create_table(
        'api_tokens',
        sa.Column('id', sa.String(32), nullable=False),
        sa.Column('digest', sa.String(64), nullable=False),
        sa.Column('user_id', sa.String(32), nullable=False),
        sa.Column('name', sa.String(100), nullable=False),
        sa.Column('scope', sa.String(200), nullable=False),
        sa.Column('contract_id', sa.String(32), nullable=True),
        sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('used_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('revoked_at', sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_api_tokens_user_id_users'), ondelete='CASCADE'),
        sa.ForeignKeyConstraint(['contract_id'], ['contracts.id'], name=op.f('fk_api_tokens_contract_id_contracts')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_api_tokens')),
        sa.UniqueConstraint('digest', name=op.f('uq_api_tokens_digest')),
    )
    op.create_index('ix_api_tokens_user_id', 'api_tokens', ['user_id'])
    op.create_table(
        'remote_signings',
        sa.Column('id', sa.String(32), nullable=False),
        sa.Column('signing_id', sa.String(32), nullable=False),
        sa.Column('place_id', sa.String(64), nullable=False),
        sa.Column('token_id', sa.String(32), nullable=False),
        sa.Column('base', sa.String(64), nullable=False),
        sa.Column('file', sa.String(64), nullable=False),
        sa.Column('state', sa.Text(), nullable=False),
        sa.Column('begun_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('ended', sa.String(16), nullable=False),
        sa.Column('result', sa.String(64), nullable=False),
        sa.ForeignKeyConstraint(['signing_id'], ['signings.id'], name=op.f('fk_remote_signings_signing_id_signings'), ondelete='CASCADE'),
        sa.ForeignKeyConstraint(['token_id'], ['api_tokens.id'], name=op.f('fk_remote_signings_token_id_api_tokens'), ondelete='CASCADE'),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_remote_signings')),
    )
    op.create_index('ix_remote_signings_signing_id', 'remote_signings', ['signing_id', 'place_id'])


def downgrade() -> None:
    op.drop_table('remote_signings')
    op.drop_table('api_tokens')
    op.drop_table('trusted_roots')
