"""campaign life: numbers by day, reports, public releases, the steps of the end"""

import sqlalchemy as sa
from alembic import op
import store.db

revision = '0018'
down_revision = '0017'
branch_labels = None
depends_on = None

WHEN = store.db.UtcDateTime(timezone=True)
AUTO = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')


def text(name):
    return sa.Column(name, sa.Text(), server_default='', nullable=False)


def key(name):
    return sa.Column(name, sa.Text(), nullable=False)


def flag(name):
    return sa.Column(name, sa.Boolean(), server_default=sa.false(), nullable=False)


def number(name):
    return sa.Column(name, sa.BigInteger(), nullable=False)


def pk(table, *names):
    return sa.PrimaryKeyConstraint(*names, name=op.f(f'pk_{table}'))


def upgrade() -> None:
    op.create_table('campaign_changes',
    sa.Column('seq', AUTO, autoincrement=True, nullable=False),
    text('post_key'),
    pk('campaign_changes', 'seq')
    )
    op.create_table('campaign_facts',
    sa.Column('written_at', WHEN, nullable=False),
    key('post_key'),
    text('platform'),
    text('author'),
    text('of_key'),
    number('lag_s'),
    flag('has_photo'),
    flag('is_sighting'),
    flag('is_own'),
    flag('has_where'),
    flag('has_when'),
    text('country'),
    text('province'),
    text('city'),
    pk('campaign_facts', 'written_at', 'post_key'),
    sqlite_with_rowid=False
    )
    op.create_index('ix_campaign_facts_post', 'campaign_facts', ['post_key'], unique=False)
    op.create_index('ix_campaign_facts_author', 'campaign_facts', ['platform', 'author', 'written_at'],
                    unique=False)
    op.create_index('ix_campaign_facts_of', 'campaign_facts', ['of_key'], unique=False)
    op.create_table('campaign_authors',
    key('platform'),
    key('author'),
    number('posts'),
    sa.Column('first_at', WHEN, nullable=False),
    pk('campaign_authors', 'platform', 'author')
    )
    op.create_index('ix_campaign_authors_posts', 'campaign_authors', ['posts'], unique=False)
    op.create_index('ix_campaign_authors_first', 'campaign_authors', ['first_at'], unique=False)
    op.create_table('campaign_days',
    sa.Column('day', sa.Date(), nullable=False),
    text('zone'),
    flag('stale'),
    sa.Column('numbers', sa.JSON(), nullable=False),
    sa.Column('at', WHEN, nullable=False),
    pk('campaign_days', 'day')
    )
    op.create_table('campaign_places',
    sa.Column('day', sa.Date(), nullable=False),
    key('country'),
    key('province'),
    key('city'),
    number('sightings'),
    number('own'),
    pk('campaign_places', 'day', 'country', 'province', 'city')
    )
    op.create_table('campaign_reports',
    sa.Column('number', sa.BigInteger(), autoincrement=False, nullable=False),
    text('kind'),
    sa.Column('first_day', sa.Date(), nullable=False),
    sa.Column('last_day', sa.Date(), nullable=False),
    sa.Column('numbers', sa.JSON(), nullable=False),
    text('by'),
    sa.Column('at', WHEN, nullable=False),
    pk('campaign_reports', 'number')
    )
    op.create_table('releases',
    sa.Column('week', sa.Date(), nullable=False),
    sa.Column('numbers', sa.JSON(), nullable=False),
    text('digest'),
    sa.Column('at', WHEN, nullable=False),
    pk('releases', 'week')
    )
    op.create_table('outcome_releases',
    sa.Column('number', sa.BigInteger(), autoincrement=False, nullable=False),
    number('found'),
    number('reunited'),
    text('basis'),
    text('proposed_by'),
    sa.Column('proposed_at', WHEN, nullable=False),
    text('released_by'),
    sa.Column('released_at', WHEN, nullable=True),
    pk('outcome_releases', 'number')
    )
    op.create_table('campaign_steps',
    key('name'),
    text('state'),
    sa.Column('detail', sa.JSON(), nullable=False),
    text('by'),
    sa.Column('at', WHEN, nullable=False),
    text('second_by'),
    sa.Column('second_at', WHEN, nullable=True),
    pk('campaign_steps', 'name')
    )
    ends = sa.text('delete_by IS NOT NULL')
    op.create_index('ix_posts_delete_by', 'posts', ['delete_by'], unique=False, sqlite_where=ends,
                    postgresql_where=ends)
    # What is stored already is counted by the round as if it had changed just now.
    op.execute('INSERT INTO campaign_changes (post_key) SELECT "key" FROM posts ORDER BY received_at, "key"')


def downgrade() -> None:
    op.drop_index('ix_posts_delete_by', 'posts')
    for name in ('campaign_steps', 'outcome_releases', 'releases', 'campaign_reports', 'campaign_places',
                 'campaign_days', 'campaign_authors', 'campaign_facts', 'campaign_changes'):
        op.drop_table(name)
