"""console: order of the review pile, sign-in limits that every process sees"""

import sqlalchemy as sa
from alembic import op
import store.db

revision = '0020'
down_revision = '0019'
branch_labels = None
depends_on = None

WHEN = store.db.UtcDateTime(timezone=True)
QUEUE = 'ix_matches_queue'


def upgrade() -> None:
    op.drop_index(QUEUE, table_name='matches')
    # The pile is read by this value; without an index over it each next card sorts all that wait.
    op.add_column('matches', sa.Column('stands_out', sa.Float(), server_default='0', nullable=False))
    op.execute('UPDATE matches SET stands_out = COALESCE(score, similarity)')
    op.create_index(QUEUE, 'matches', ['state', 'tier', 'stands_out', 'key'])
    op.create_table('sign_in_tries',
    sa.Column('slot', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('times', sa.JSON(), nullable=False),
    sa.Column('last_at', WHEN, nullable=False),
    sa.PrimaryKeyConstraint('slot', name=op.f('pk_sign_in_tries')))
    op.create_index('ix_sign_in_tries_last', 'sign_in_tries', ['last_at'])


def downgrade() -> None:
    op.drop_table('sign_in_tries')
    op.drop_index(QUEUE, table_name='matches')
    op.drop_column('matches', 'stands_out')
    op.create_index(QUEUE, 'matches', ['state', 'tier', 'similarity', 'key'])
