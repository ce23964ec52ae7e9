"""signings with their places, what happened in the ceremonies, and certificates"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0014'
down_revision = '0013'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'certificates',
        sa.Column('serial', sa.String(length=40), nullable=False),
        sa.Column('kind', sa.String(length=16), nullable=False),
        sa.Column('name', sa.String(length=200), nullable=False),
        sa.Column('organisation', sa.String(length=200), nullable=False),
        sa.Column('reference', sa.String(length=64), nullable=False),
        sa.Column('fingerprint', sa.String(length=64), nullable=False),
        sa.Column('certificate', sa.Text(), nullable=False),
        sa.Column('sealed', sa.Text(), nullable=False),
        sa.Column('tries', sa.Integer(), nullable=False),
        sa.Column('issued_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('valid_until', sa.DateTime(timezone=True), nullable=False),
        sa.Column('revoked_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('revoked_why', sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint('serial', name=op.f('pk_certificates')),
    )
    op.create_index('ix_certificates_kind', 'certificates', ['kind', 'valid_until'])
    op.create_index('ix_certificates_revoked_at', 'certificates', ['revoked_at'])
    op.create_table(
        'signings',
        sa.Column('id', sa.String(length=32), nullable=False),
        sa.Column('contract_id', sa.String(length=32), nullable=False),
        sa.Column('version_id', sa.String(length=32), nullable=False),
        sa.Column('digest', sa.String(length=64), nullable=False),
        sa.Column('status', sa.String(length=16), nullable=False),
        sa.Column('ordering', sa.String(length=16), nullable=False),
        sa.Column('deadline', sa.Date(), nullable=False),
        sa.Column('terms', sa.Text(), nullable=False),
        sa.Column('form', sa.Text(), nullable=False),
        sa.Column('frozen', sa.String(length=64), nullable=False),
        sa.Column('file', sa.String(length=64), nullable=False),
        sa.Column('final', sa.String(length=64), nullable=False),
        sa.Column('docx', sa.String(length=64), nullable=False),
        sa.Column('system', sa.String(length=40), nullable=False),
        sa.Column('pages', sa.Integer(), nullable=False),
        sa.Column('started_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('started_by', sa.String(length=32), nullable=False),
        sa.Column('starter', sa.String(length=100), nullable=False),
        sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('ended_by', sa.String(length=100), nullable=False),
        sa.Column('reason', sa.Text(), nullable=False),
        sa.Column('revision', sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(['contract_id'], ['contracts.id'], name=op.f('fk_signings_contract_id_contracts')),
        sa.ForeignKeyConstraint(['started_by'], ['users.id'], name=op.f('fk_signings_started_by_users')),
        sa.ForeignKeyConstraint(['version_id'], ['versions.id'], name=op.f('fk_signings_version_id_versions')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_signings')),
    )
    op.create_index('ix_signings_contract_id', 'signings', ['contract_id', 'started_at'])
    op.create_index('ix_signings_status', 'signings', ['status', 'final'])
    op.create_table(
        'signing_places',
        sa.Column('signing_id', sa.String(length=32), nullable=False),
        sa.Column('id', sa.String(length=64), nullable=False),
        sa.Column('ordinal', sa.Integer(), nullable=False),
        sa.Column('party', sa.String(length=16), nullable=False),
        sa.Column('mark', sa.String(length=16), nullable=False),
        sa.Column('medium', sa.String(length=16), nullable=False),
        sa.Column('stage', sa.Integer(), nullable=False),
        sa.Column('signatory', sa.Text(), nullable=False),
        sa.Column('email', sa.String(length=200), nullable=False),
        sa.Column('token', sa.String(length=64), nullable=True),
        sa.Column('expires_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('invited_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('reminded_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('code', sa.String(length=64), nullable=False),
        sa.Column('code_until', sa.DateTime(timezone=True), nullable=True),
        sa.Column('code_tries', sa.Integer(), nullable=False),
        sa.Column('codes_sent', sa.Integer(), nullable=False),
        sa.Column('session', sa.String(length=64), nullable=False),
        sa.Column('session_until', sa.DateTime(timezone=True), nullable=True),
        sa.Column('read_pages', sa.Integer(), nullable=False),
        sa.Column('consented_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('serial', sa.String(length=40), nullable=True),
        sa.Column('signed_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('signed_on', sa.Date(), nullable=True),
        sa.Column('clock', sa.Text(), nullable=False),
        sa.Column('hand', sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(['serial'], ['certificates.serial'], name=op.f('fk_signing_places_serial_certificates')),
        sa.ForeignKeyConstraint(
            ['signing_id'], ['signings.id'], name=op.f('fk_signing_places_signing_id_signings'), ondelete='CASCADE'
        ),
        sa.PrimaryKeyConstraint('signing_id', 'id', name=op.f('pk_signing_places')),
        sa.UniqueConstraint('token', name=op.f('uq_signing_places_token')),
    )
    op.create_table(
        'signing_events',
        sa.Column('id', sa.String(length=32), nullable=False),
        sa.Column('signing_id', sa.String(length=32), nullable=False),
        sa.Column('place_id', sa.String(length=64), nullable=False),
        sa.Column('at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('kind', sa.String(length=32), nullable=False),
        sa.Column('data', sa.Text(), nullable=False),
        sa.Column('address', sa.String(length=64), nullable=False),
        sa.Column('agent', sa.String(length=300), nullable=False),
        sa.ForeignKeyConstraint(['signing_id'], ['signings.id'], name=op.f('fk_signing_events_signing_id_signings')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_signing_events')),
    )
    op.create_index('ix_signing_events_signing_id', 'signing_events', ['signing_id', 'at'])
    if op.get_bind().dialect.name == 'postgresql':
        op.execute(
            'CREATE TRIGGER signing_events_no_change BEFORE UPDATE OR DELETE ON signing_events '
            'FOR EACH ROW EXECUTE FUNCTION refuse_change()'
        )
        return
    for verb in ('UPDATE', 'DELETE'):
        op.execute(
            f'CREATE TRIGGER signing_events_no_{verb.lower()} BEFORE {verb} ON signing_events '
            "BEGIN SELECT RAISE(ABORT, 'signing_events is append-only'); END"
        )


def downgrade() -> None:
    op.drop_index('ix_signing_events_signing_id', table_name='signing_events')
    op.drop_table('signing_events')
    op.drop_table('signing_places')
    op.drop_index('ix_signings_status', table_name='signings')
    op.drop_index('ix_signings_contract_id', table_name='signings')
    op.drop_table('signings')
    op.drop_index('ix_certificates_revoked_at', table_name='certificates')
    op.drop_index('ix_certificates_kind', table_name='certificates')
    op.drop_table('certificates')
