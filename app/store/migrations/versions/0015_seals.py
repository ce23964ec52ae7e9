"""seals: the register, offices by written authority, applications, and the log of uses, which can only be added to"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0015'
down_revision = '0014'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'seals',
        sa.Column('id', sa.String(length=32), nullable=False),
        sa.Column('organisation_id', sa.String(length=32), nullable=False),
        sa.Column('kind', sa.String(length=16), nullable=False),
        sa.Column('name', sa.String(length=100), nullable=False),
        sa.Column('code', sa.String(length=60), nullable=False),
        sa.Column('owner', sa.String(length=200), nullable=False),
        sa.Column('state', sa.String(length=16), nullable=False),
        sa.Column('look', sa.String(length=16), nullable=False),
        sa.Column('size', sa.Integer(), nullable=False),
        sa.Column('image', sa.String(length=64), nullable=False),
        sa.Column('image_digest', sa.String(length=64), nullable=False),
        sa.Column('preview', sa.String(length=64), nullable=False),
        sa.Column('width', sa.Integer(), nullable=False),
        sa.Column('height', sa.Integer(), nullable=False),
        sa.Column('image_by', sa.String(length=100), nullable=False),
        sa.Column('image_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('revision', sa.Integer(), nullable=False),
        sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('updated_by', sa.String(length=100), nullable=False),
        sa.ForeignKeyConstraint(['organisation_id'], ['organisations.id'], name=op.f('fk_seals_organisation_id_organisations')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_seals')),
    )
    op.create_index('ix_seals_organisation_id', 'seals', ['organisation_id', 'kind'])
    op.create_table(
        'seal_grants',
        sa.Column('id', sa.String(length=32), nullable=False),
        sa.Column('seal_id', sa.String(length=32), nullable=False),
        sa.Column('user_id', sa.String(length=32), nullable=False),
        sa.Column('office', sa.String(length=16), nullable=False),
        sa.Column('number', sa.String(length=100), nullable=False),
        sa.Column('valid_from', sa.Date(), nullable=False),
        sa.Column('valid_until', sa.Date(), nullable=False),
        sa.Column('file_name', sa.String(length=200), nullable=False),
        sa.Column('media_type', sa.String(length=100), nullable=False),
        sa.Column('sha256', sa.String(length=64), nullable=False),
        sa.Column('granted_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('granted_by', sa.String(length=100), nullable=False),
        sa.Column('ended_on', sa.Date(), nullable=True),
        sa.Column('ended_why', sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(['seal_id'], ['seals.id'], name=op.f('fk_seal_grants_seal_id_seals')),
        sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_seal_grants_user_id_users')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_seal_grants')),
    )
    op.create_index('ix_seal_grants_seal_id', 'seal_grants', ['seal_id', 'office'])
    op.create_index('ix_seal_grants_user_id', 'seal_grants', ['user_id', 'office'])
    op.create_table(
        'seal_applications',
        sa.Column('id', sa.String(length=32), nullable=False),
        sa.Column('seal_id', sa.String(length=32), nullable=False),
        sa.Column('contract_id', sa.String(length=32), nullable=False),
        sa.Column('version_id', sa.String(length=32), nullable=False),
        sa.Column('digest', sa.String(length=64), nullable=False),
        sa.Column('party', sa.String(length=16), nullable=False),
        sa.Column('medium', sa.String(length=16), nullable=False),
        sa.Column('document', sa.String(length=200), nullable=False),
        sa.Column('copies', sa.Integer(), nullable=False),
        sa.Column('seam', sa.Boolean(), nullable=False),
        sa.Column('purpose', sa.Text(), nullable=False),
        sa.Column('state', sa.String(length=16), nullable=False),
        sa.Column('applicant_id', sa.String(length=32), nullable=False),
        sa.Column('applied_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('decided_by', sa.String(length=32), nullable=True),
        sa.Column('decided_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('words', sa.Text(), nullable=False),
        sa.Column('released_by', sa.String(length=32), nullable=True),
        sa.Column('released_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('closed_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('revision', sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(['seal_id'], ['seals.id'], name=op.f('fk_seal_applications_seal_id_seals')),
        sa.ForeignKeyConstraint(['contract_id'], ['contracts.id'], name=op.f('fk_seal_applications_contract_id_contracts')),
        sa.ForeignKeyConstraint(['version_id'], ['versions.id'], name=op.f('fk_seal_applications_version_id_versions')),
        sa.ForeignKeyConstraint(['applicant_id'], ['users.id'], name=op.f('fk_seal_applications_applicant_id_users')),
        sa.ForeignKeyConstraint(['decided_by'], ['users.id'], name=op.f('fk_seal_applications_decided_by_users')),
        sa.ForeignKeyConstraint(['released_by'], ['users.id'], name=op.f('fk_seal_applications_released_by_users')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_seal_applications')),
    )
    op.create_index('ix_seal_applications_contract_id', 'seal_applications', ['contract_id', 'applied_at'])
    op.create_index('ix_seal_applications_seal_id', 'seal_applications', ['seal_id', 'state'])
    op.create_table(
        'seal_uses',
        sa.Column('id', sa.String(length=32), nullable=False),
        sa.Column('seal_id', sa.String(length=32), nullable=False),
        sa.Column('application_id', sa.String(length=32), nullable=False),
        sa.Column('contract_id', sa.String(length=32), nullable=False),
        sa.Column('at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('used_on', sa.Date(), nullable=False),
        sa.Column('medium', sa.String(length=16), nullable=False),
        sa.Column('document', sa.String(length=200), nullable=False),
        sa.Column('digest', sa.String(length=64), nullable=False),
        sa.Column('copies', sa.Integer(), nullable=False),
        sa.Column('seam', sa.Boolean(), nullable=False),
        sa.Column('by', sa.String(length=100), nullable=False),
        sa.Column('handed_to', sa.String(length=100), nullable=False),
        sa.Column('remark', sa.Text(), nullable=False),
        sa.Column('place', sa.String(length=100), nullable=False),
        sa.Column('serial', sa.String(length=40), nullable=False),
        sa.Column('image', sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(['seal_id'], ['seals.id'], name=op.f('fk_seal_uses_seal_id_seals')),
        sa.ForeignKeyConstraint(
            ['application_id'], ['seal_applications.id'], name=op.f('fk_seal_uses_application_id_seal_applications')
        ),
        sa.ForeignKeyConstraint(['contract_id'], ['contracts.id'], name=op.f('fk_seal_uses_contract_id_contracts')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_seal_uses')),
    )
    op.create_index('ix_seal_uses_seal_id', 'seal_uses', ['seal_id', 'at'])
    op.create_index('ix_seal_uses_contract_id', 'seal_uses', ['contract_id', 'at'])
    op.create_index('uq_seal_uses_application_id', 'seal_uses', ['application_id'], unique=True)
    _guard('seal_uses')


def _guard(table: str) -> None:
    if op.get_bind().dialect.name == 'postgresql':
        for verbs, each in (('UPDATE OR DELETE', 'ROW'), ('TRUNCATE', 'STATEMENT')):
            name = 'change' if each == 'ROW' else 'truncate'
            op.execute(
                f'CREATE TRIGGER {table}_no_{name} BEFORE {verbs} ON {table} FOR EACH {each} EXECUTE FUNCTION refuse_change()'
            )
        return
    for verb in ('UPDATE', 'DELETE'):
        op.execute(
            f'CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} '
            f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        )
    op.execute(
        f'CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} WHEN EXISTS (SELECT 1 FROM {table} WHERE id = NEW.id) '
        f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
    )


def downgrade() -> None:
    for table in ('seal_uses', 'seal_applications', 'seal_grants', 'seals'):
        op.drop_table(table)
