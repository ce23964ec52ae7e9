"""dates that people are reminded of, channels, decision links, calendar feeds, the clock's heartbeat"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0016'
down_revision = '0015'
branch_labels = None
depends_on = None

_AT = sa.DateTime(timezone=True)


def upgrade() -> None:
    with op.batch_alter_table('outbox') as outbox:
        outbox.add_column(sa.Column('calendar', sa.Text(), nullable=False, server_default=''))
        outbox.add_column(sa.Column('channel', sa.String(length=32), nullable=False, server_default='mail'))
    _reminders()
    _house()
    op.create_table(
        'channels',
        sa.Column('id', sa.String(length=32), nullable=False),
        sa.Column('kind', sa.String(length=16), nullable=False),
        sa.Column('name', sa.String(length=60), nullable=False),
        sa.Column('address', sa.Text(), nullable=False),
        sa.Column('secret', sa.Text(), nullable=False),
        sa.Column('active', sa.Boolean(), nullable=False),
        sa.Column('tried_at', _AT, nullable=True),
        sa.Column('problem', sa.Text(), nullable=False),
        sa.Column('revision', sa.Integer(), nullable=False),
        sa.Column('created_at', _AT, nullable=False),
        sa.Column('created_by', sa.String(length=100), nullable=False),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_channels')),
        sa.UniqueConstraint('name', name=op.f('uq_channels_name')),
    )
    op.create_table(
        'decision_links',
        sa.Column('id', sa.String(length=32), nullable=False),
        sa.Column('subject_id', sa.String(length=32), nullable=False),
        sa.Column('user_id', sa.String(length=32), nullable=False),
        sa.Column('due_on', sa.Date(), nullable=False),
        sa.Column('created_at', _AT, nullable=False),
        sa.Column('expires_at', _AT, nullable=False),
        sa.Column('used_at', _AT, nullable=True),
        sa.Column('used_for', sa.String(length=16), nullable=False),
        sa.ForeignKeyConstraint(
            ['subject_id'], ['reminder_subjects.id'], name=op.f('fk_decision_links_subject_id_reminder_subjects'), ondelete='CASCADE'
        ),
        sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_decision_links_user_id_users'), ondelete='CASCADE'),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_decision_links')),
    )
    op.create_index('ix_decision_links_subject_id', 'decision_links', ['subject_id'])
    op.create_table(
        'calendar_feeds',
        sa.Column('id', sa.String(length=64), nullable=False),
        sa.Column('user_id', sa.String(length=32), nullable=False),
        sa.Column('created_at', _AT, nullable=False),
        sa.Column('revoked_at', _AT, nullable=True),
        sa.Column('seen_at', _AT, nullable=True),
        sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_calendar_feeds_user_id_users'), ondelete='CASCADE'),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_calendar_feeds')),
    )
    op.create_index('ix_calendar_feeds_user_id', 'calendar_feeds', ['user_id'])
    op.create_table(
        'clock_beats',
        sa.Column('name', sa.String(length=32), nullable=False),
        sa.Column('at', _AT, nullable=False),
        sa.Column('gap_from', _AT, nullable=True),
        sa.Column('gap_until', _AT, nullable=True),
        sa.PrimaryKeyConstraint('name', name=op.f('pk_clock_beats')),
    )


def _reminders() -> None:
    op.create_table(
        'reminder_subjects',
        sa.Column('id', sa.String(length=32), nullable=False),
        sa.Column('topic', sa.String(length=16), nullable=False),
        sa.Column('subject_id', sa.String(length=120), nullable=False),
        sa.Column('contract_id', sa.String(length=32), nullable=True),
        sa.Column('responsible_id', sa.String(length=32), nullable=True),
        sa.Column('title', sa.String(length=300), nullable=False),
        sa.Column('path', sa.String(length=300), nullable=False),
        sa.Column('detail', sa.Text(), nullable=False),
        sa.Column('due_on', sa.Date(), nullable=True),
        sa.Column('told_due_on', sa.Date(), nullable=True),
        sa.Column('agreed_days', sa.String(length=100), nullable=False),
        sa.Column('decides', sa.Boolean(), nullable=False),
        sa.Column('plan_from', _AT, nullable=True),
        sa.Column('snoozed_until', sa.Date(), nullable=True),
        sa.Column('snooze_reason', sa.String(length=500), nullable=False),
        sa.Column('snoozed_by', sa.String(length=100), nullable=False),
        sa.Column('updated_at', _AT, nullable=False),
        sa.ForeignKeyConstraint(['contract_id'], ['contracts.id'], name=op.f('fk_reminder_subjects_contract_id_contracts')),
        sa.ForeignKeyConstraint(['responsible_id'], ['users.id'], name=op.f('fk_reminder_subjects_responsible_id_users')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_reminder_subjects')),
        sa.UniqueConstraint('topic', 'subject_id', name=op.f('uq_reminder_subjects_topic')),
    )
    op.create_index('ix_reminder_subjects_plan_from', 'reminder_subjects', ['plan_from', 'id'])
    op.create_index('ix_reminder_subjects_contract_id', 'reminder_subjects', ['contract_id', 'due_on'])
    op.create_index('ix_reminder_subjects_due_on', 'reminder_subjects', ['due_on', 'id'])
    op.create_table(
        'reminders',
        sa.Column('id', sa.String(length=32), nullable=False),
        sa.Column('subject_id', sa.String(length=32), nullable=False),
        sa.Column('due_on', sa.Date(), nullable=False),
        sa.Column('step', sa.String(length=8), nullable=False),
        sa.Column('on_day', sa.Date(), nullable=False),
        sa.Column('at', _AT, nullable=True),
        sa.Column('state', sa.String(length=8), nullable=False),
        sa.Column('raised_at', _AT, nullable=True),
        sa.ForeignKeyConstraint(
            ['subject_id'], ['reminder_subjects.id'], name=op.f('fk_reminders_subject_id_reminder_subjects'), ondelete='CASCADE'
        ),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_reminders')),
        sa.UniqueConstraint('subject_id', 'due_on', 'step', name=op.f('uq_reminders_subject_id')),
    )
    op.create_index('ix_reminders_at', 'reminders', ['at', 'id'])
    op.create_table(
        'reminder_notices',
        sa.Column('id', sa.String(length=32), nullable=False),
        sa.Column('reminder_id', sa.String(length=32), nullable=False),
        sa.Column('user_id', sa.String(length=32), nullable=True),
        sa.Column('why', sa.String(length=60), nullable=False),
        sa.Column('channels', sa.String(length=300), nullable=False),
        sa.Column('previous_due_on', sa.Date(), nullable=True),
        sa.Column('not_before', _AT, nullable=True),
        sa.Column('state', sa.String(length=8), nullable=False),
        sa.Column('outbox_id', sa.String(length=32), nullable=True),
        sa.ForeignKeyConstraint(
            ['reminder_id'], ['reminders.id'], name=op.f('fk_reminder_notices_reminder_id_reminders'), ondelete='CASCADE'
        ),
        sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_reminder_notices_user_id_users')),
        sa.ForeignKeyConstraint(['outbox_id'], ['outbox.id'], name=op.f('fk_reminder_notices_outbox_id_outbox')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_reminder_notices')),
        sa.UniqueConstraint('reminder_id', 'user_id', name=op.f('uq_reminder_notices_reminder_id')),
    )
    op.create_index('ix_reminder_notices_not_before', 'reminder_notices', ['not_before', 'user_id'])
    op.create_index('ix_reminder_notices_outbox_id', 'reminder_notices', ['outbox_id'])
    op.create_index('ix_reminder_notices_user_id', 'reminder_notices', ['user_id', 'state'])


def _house() -> None:
    op.create_table(
        'reminder_policies',
        sa.Column('level', sa.String(length=8), nullable=False),
        sa.Column('place', sa.String(length=64), nullable=False),
        sa.Column('topic', sa.String(length=16), nullable=False),
        sa.Column('days', sa.String(length=100), nullable=False),
        sa.Column('deputy_from', sa.Integer(), nullable=True),
        sa.Column('head_from', sa.Integer(), nullable=True),
        sa.Column('channels', sa.String(length=300), nullable=False),
        sa.Column('working_days', sa.Boolean(), nullable=False),
        sa.Column('changed_at', _AT, nullable=False),
        sa.Column('changed_by', sa.String(length=100), nullable=False),
        sa.PrimaryKeyConstraint('level', 'place', 'topic', name=op.f('pk_reminder_policies')),
    )
    settings = op.create_table(
        'reminder_settings',
        sa.Column('id', sa.Integer(), autoincrement=False, nullable=False),
        sa.Column('send_at', sa.String(length=5), nullable=False),
        sa.Column('quiet_from', sa.String(length=5), nullable=False),
        sa.Column('quiet_until', sa.String(length=5), nullable=False),
        sa.Column('head_id', sa.String(length=32), nullable=True),
        sa.Column('lpr_on', sa.Date(), nullable=True),
        sa.Column('laws_on', sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(['head_id'], ['users.id'], name=op.f('fk_reminder_settings_head_id_users')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_reminder_settings')),
    )
    op.bulk_insert(settings, [{'id': 1, 'send_at': '08:30', 'quiet_from': '20:00', 'quiet_until': '08:00'}])
    op.create_table(
        'reminder_people',
        sa.Column('user_id', sa.String(length=32), nullable=False),
        sa.Column('deputy_id', sa.String(length=32), nullable=True),
        sa.Column('digest_on', sa.Date(), nullable=True),
        sa.Column('digests', sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_reminder_people_user_id_users'), ondelete='CASCADE'),
        sa.ForeignKeyConstraint(['deputy_id'], ['users.id'], name=op.f('fk_reminder_people_deputy_id_users')),
        sa.PrimaryKeyConstraint('user_id', name=op.f('pk_reminder_people')),
    )
    replans = op.create_table(
        'reminder_replans',
        sa.Column('contract_id', sa.String(length=32), nullable=False),
        sa.Column('since', _AT, nullable=False),
        sa.ForeignKeyConstraint(
            ['contract_id'], ['contracts.id'], name=op.f('fk_reminder_replans_contract_id_contracts'), ondelete='CASCADE'
        ),
        sa.PrimaryKeyConstraint('contract_id', name=op.f('pk_reminder_replans')),
    )
    # Contracts that were in force before reminders came in get theirs with the clock's first round.
    contracts = sa.table('contracts', sa.column('id'), sa.column('updated_at'), sa.column('stage'))
    found = sa.select(contracts.c.id, contracts.c.updated_at).where(contracts.c.stage.in_(['active', 'expiring']))
    op.execute(sa.insert(replans).from_select(['contract_id', 'since'], found))


def downgrade() -> None:
    for table in (
        'clock_beats', 'calendar_feeds', 'decision_links', 'channels', 'reminder_replans', 'reminder_people', 'reminder_settings',
        'reminder_policies', 'reminder_notices', 'reminders', 'reminder_subjects',
    ):  # fmt: skip
        op.drop_table(table)
    with op.batch_alter_table('outbox') as outbox:
        outbox.drop_column('channel')
        outbox.drop_column('calendar')
