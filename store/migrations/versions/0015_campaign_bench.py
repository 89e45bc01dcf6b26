"""campaign bench: what posts count as, numbers by hashtag, drafts, gates, floods, blocked authors"""

import sqlalchemy as sa
from alembic import op
import store.db

revision = '0015'
down_revision = '0014'
branch_labels = None
depends_on = None

WHEN = store.db.UtcDateTime(timezone=True)
AUTO = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
COUNTS = ('originals', 'photos', 'read', 'placed', 'timed', 'usable', 'first_hand', 'kept', 'leads',
          'review_s')


def text(name, default=''):
    return sa.Column(name, sa.Text(), server_default=default, nullable=False)


def count(name):
    return sa.Column(name, sa.BigInteger(), server_default='0', nullable=False)


def flag(name):
    return sa.Column(name, sa.Boolean(), server_default=sa.false(), nullable=False)


def when(name, null=False):
    return sa.Column(name, WHEN, nullable=null)


def numbered():
    return sa.Column('number', AUTO, autoincrement=True, nullable=False)


def upgrade() -> None:
    op.create_table('bench_marks',
    sa.Column('seq', AUTO, autoincrement=True, nullable=False),
    text('post_key'),
    sa.PrimaryKeyConstraint('seq', name=op.f('pk_bench_marks'))
    )
    op.create_table('bench_sets',
    sa.Column('id', AUTO, autoincrement=True, nullable=False),
    sa.Column('digest', sa.Text(), nullable=False),
    sa.Column('tags', sa.JSON(), nullable=False),
    text('language'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_bench_sets')),
    sa.UniqueConstraint('digest', name=op.f('uq_bench_sets_digest'))
    )
    op.create_table('bench_posts',
    sa.Column('post_key', sa.Text(), nullable=False),
    sa.Column('set_id', sa.BigInteger(), nullable=False),
    when('hour'),
    text('sources'),
    count('author'),
    count('author_name'),
    count('author_ident'),
    count('words'),
    count('picture'),
    count('draw'),
    *(count(name) for name in COUNTS),
    sa.PrimaryKeyConstraint('post_key', name=op.f('pk_bench_posts'))
    )
    op.create_index('ix_bench_posts_set', 'bench_posts', ['set_id', 'hour'], unique=False)
    op.create_index('ix_bench_posts_hour', 'bench_posts', ['hour'], unique=False)
    op.create_index('ix_bench_posts_name', 'bench_posts', ['author_name'], unique=False)
    op.create_index('ix_bench_posts_ident', 'bench_posts', ['author_ident'], unique=False)
    op.create_table('tag_numbers',
    sa.Column('grain', sa.Text(), nullable=False),
    sa.Column('tag', sa.Text(), nullable=False),
    sa.Column('source', sa.Text(), nullable=False),
    when('start'),
    count('posts'),
    count('authors'),
    *(count(name) for name in COUNTS),
    sa.PrimaryKeyConstraint('grain', 'tag', 'source', 'start', name=op.f('pk_tag_numbers')),
    sqlite_with_rowid=False
    )
    op.create_table('tag_authors',
    sa.Column('tag', sa.Text(), nullable=False),
    sa.Column('source', sa.Text(), nullable=False),
    sa.Column('author', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('day', sa.BigInteger(), autoincrement=False, nullable=False),
    count('posts'),
    sa.PrimaryKeyConstraint('tag', 'source', 'author', 'day', name=op.f('pk_tag_authors')),
    sqlite_with_rowid=False
    )
    op.create_table('tag_gates',
    sa.Column('tag', sa.Text(), nullable=False),
    flag('closed'),
    flag('held_open'),
    count('read'),
    count('first_hand'),
    text('why'),
    text('by'),
    when('at'),
    sa.PrimaryKeyConstraint('tag', name=op.f('pk_tag_gates'))
    )
    op.create_table('tag_drafts',
    numbered(),
    count('base'),
    sa.Column('content', sa.JSON(), nullable=False),
    text('why'),
    text('made_by'),
    when('made_at'),
    text('state', 'open'),
    text('decided_by'),
    text('decided_why'),
    when('decided_at', True),
    sa.PrimaryKeyConstraint('number', name=op.f('pk_tag_drafts'))
    )
    op.create_table('flood_counts',
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('what', sa.BigInteger(), autoincrement=False, nullable=False),
    when('hour'),
    count('posts'),
    text('post_key'),
    sa.PrimaryKeyConstraint('kind', 'what', 'hour', name=op.f('pk_flood_counts'))
    )
    op.create_table('floods',
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('what', sa.BigInteger(), autoincrement=False, nullable=False),
    text('post_key'),
    count('posts'),
    count('authors'),
    count('new_authors'),
    when('first_at'),
    when('last_at'),
    sa.PrimaryKeyConstraint('kind', 'what', name=op.f('pk_floods'))
    )
    op.create_index('ix_floods_last', 'floods', ['last_at'], unique=False)
    op.create_table('author_blocks',
    numbered(),
    text('platform'),
    text('author_id'),
    text('handle'),
    text('why'),
    text('by'),
    when('at'),
    when('expires_at'),
    text('ended_by'),
    text('ended_why'),
    when('ended_at', True),
    sa.PrimaryKeyConstraint('number', name=op.f('pk_author_blocks'))
    )
    op.create_index('ix_author_blocks_author', 'author_blocks', ['platform', 'author_id'], unique=False)
    op.create_index('ix_decisions_by', 'decisions', ['by', 'id'], unique=False)
    # What is stored already is counted by the first rounds.
    op.execute('INSERT INTO bench_marks (post_key) SELECT "key" FROM posts ORDER BY received_at, "key"')


def downgrade() -> None:
    op.drop_index('ix_decisions_by', 'decisions')
    for name in ('author_blocks', 'floods', 'flood_counts', 'tag_drafts', 'tag_gates', 'tag_authors',
                 'tag_numbers', 'bench_posts', 'bench_sets', 'bench_marks'):
        op.drop_table(name)
