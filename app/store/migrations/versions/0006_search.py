"""search index of the register: passages once by content, bundles, postings, and the inverted index of each database"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = '0006'
down_revision = '0005'
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')


def upgrade() -> None:
    for table in ('search_passages', 'search_bundles'):
        op.create_table(
            table,
            sa.Column('id', NUMBER, nullable=False),
            sa.Column('hash', sa.String(length=64), nullable=False),
            *([sa.Column('text', sa.Text(), nullable=False)] if table == 'search_passages' else []),
            sa.PrimaryKeyConstraint('id', name=op.f(f'pk_{table}')),
            sa.UniqueConstraint('hash', name=op.f(f'uq_{table}_hash')),
        )
    op.create_table(
        'search_bundle_passages',
        sa.Column('bundle_id', NUMBER, nullable=False),
        sa.Column('place', sa.Integer(), autoincrement=False, nullable=False),
        sa.Column('passage_id', NUMBER, nullable=False),
        sa.Column('kind', sa.String(length=1), nullable=False),
        sa.Column('number', sa.String(length=80), nullable=False),
        sa.Column('anchor', sa.String(length=80), nullable=False),
        sa.ForeignKeyConstraint(['bundle_id'], ['search_bundles.id'], name=op.f('fk_search_bundle_passages_bundle_id_search_bundles')),
        sa.ForeignKeyConstraint(['passage_id'], ['search_passages.id'], name=op.f('fk_search_bundle_passages_passage_id_search_passages')),
        sa.PrimaryKeyConstraint('bundle_id', 'place', name=op.f('pk_search_bundle_passages')),
        sqlite_with_rowid=False,
    )
    op.create_index('ix_search_bundle_passages_passage_id', 'search_bundle_passages', ['passage_id', 'bundle_id'])
    op.create_table(
        'search_contracts',
        sa.Column('seq', NUMBER, nullable=False),
        sa.Column('contract_id', sa.String(length=32), nullable=False),
        sa.Column('ordinal', sa.Integer(), nullable=False),
        sa.Column('head', NUMBER, nullable=True),
        sa.Column('seen_at', sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(['contract_id'], ['contracts.id'], name=op.f('fk_search_contracts_contract_id_contracts')),
        sa.ForeignKeyConstraint(['head'], ['search_bundles.id'], name=op.f('fk_search_contracts_head_search_bundles')),
        sa.PrimaryKeyConstraint('seq', name=op.f('pk_search_contracts')),
        sa.UniqueConstraint('contract_id', name=op.f('uq_search_contracts_contract_id')),
    )
    op.create_table(
        'search_documents',
        sa.Column('document_id', sa.String(length=32), nullable=False),
        sa.Column('pages', sa.Integer(), nullable=False),
        sa.Column('problem', sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(['document_id'], ['documents.id'], name=op.f('fk_search_documents_document_id_documents')),
        sa.PrimaryKeyConstraint('document_id', name=op.f('pk_search_documents')),
    )
    if op.get_bind().dialect.name == 'postgresql':
        _postgresql()
    else:
        _sqlite()
    op.create_index('ix_search_postings_seq', 'search_postings', ['seq', 'last'])


def _postgresql() -> None:
    op.create_table(
        'search_postings',
        sa.Column('bundle_id', sa.BigInteger(), nullable=False),
        sa.Column('seq', sa.BigInteger(), nullable=False),
        sa.Column('first', sa.Integer(), nullable=False),
        sa.Column('last', sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(['bundle_id'], ['search_bundles.id'], name=op.f('fk_search_postings_bundle_id_search_bundles')),
        sa.ForeignKeyConstraint(['seq'], ['search_contracts.seq'], name=op.f('fk_search_postings_seq_search_contracts')),
        sa.PrimaryKeyConstraint('bundle_id', 'seq', name=op.f('pk_search_postings')),
    )
    op.execute('CREATE TABLE search_grams (id BIGINT PRIMARY KEY, grams tsvector NOT NULL)')
    # Without the pending list, which every search would read from end to end.
    op.execute('CREATE INDEX ix_search_grams_grams ON search_grams USING gin (grams) WITH (fastupdate = off)')


def _sqlite() -> None:
    # The newest contract of a bundle first: a search that stops early has then seen the newest.
    op.execute(
        'CREATE TABLE search_postings (bundle_id INTEGER NOT NULL, seq INTEGER NOT NULL, "first" INTEGER NOT NULL, "last" INTEGER NOT NULL, '
        'CONSTRAINT pk_search_postings PRIMARY KEY (bundle_id, seq DESC), '
        'CONSTRAINT fk_search_postings_bundle_id_search_bundles FOREIGN KEY(bundle_id) REFERENCES search_bundles (id), '
        'CONSTRAINT fk_search_postings_seq_search_contracts FOREIGN KEY(seq) REFERENCES search_contracts (seq)) WITHOUT ROWID'
    )
    # Only which passage has which gram is kept: a match is always checked on the passage itself.
    op.execute("CREATE VIRTUAL TABLE search_grams USING fts5(grams, content='', columnsize=0, detail=none, tokenize='ascii')")


def downgrade() -> None:
    for table in (
        'search_grams', 'search_documents', 'search_postings', 'search_contracts', 'search_bundle_passages', 'search_bundles',
        'search_passages',
    ):
        op.drop_table(table)
