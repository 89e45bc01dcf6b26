"""hourly: posts an hour of each hashtag beside those of the whole source; who has seen which alarm"""

import sqlalchemy as sa
from alembic import op
import store.db

revision = '0008'
down_revision = '0007'
branch_labels = None
depends_on = None


def upgrade() -> None:
    # What was counted so far is the whole of a source: the tag "".
    op.execute("CREATE TABLE hourly_kept AS SELECT source, hour, posts FROM hourly_counts")
    op.drop_table('hourly_counts')
    op.create_table('hourly_counts',
    sa.Column('source', sa.Text(), nullable=False),
    sa.Column('tag', sa.Text(), nullable=False),
    sa.Column('hour', store.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('posts', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('source', 'tag', 'hour', name=op.f('pk_hourly_counts'))
    )
    op.execute("INSERT INTO hourly_counts (source, tag, hour, posts) SELECT source, '', hour, posts FROM hourly_kept")
    op.drop_table('hourly_kept')

    op.create_table('acknowledgements',
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('at', store.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('words', sa.Text(), server_default='', nullable=False),
    sa.Column('by', sa.Text(), server_default='', nullable=False),
    sa.Column('note', sa.Text(), server_default='', nullable=False),
    sa.Column('ended_at', store.db.UtcDateTime(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('name', 'at', name=op.f('pk_acknowledgements'))
    )
