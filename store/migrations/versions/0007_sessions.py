"""sessions: who renews one; posts put away while their author's account is out of use"""

import sqlalchemy as sa
from alembic import op
import store.db

revision = '0007'
down_revision = '0006'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('sessions', schema=None) as batch_op:
        batch_op.add_column(sa.Column('claimed_until', store.db.UtcDateTime(timezone=True), nullable=True))

    op.create_table('hidden_posts',
    sa.Column('post_key', sa.Text(), nullable=False),
    sa.Column('platform', sa.Text(), server_default='', nullable=False),
    sa.Column('author_id', sa.Text(), server_default='', nullable=False),
    sa.Column('source', sa.Text(), server_default='', nullable=False),
    sa.Column('tag', sa.Text(), server_default='', nullable=False),
    sa.Column('sealed', sa.LargeBinary(), nullable=False),
    sa.Column('why', sa.Text(), server_default='', nullable=False),
    sa.Column('at', store.db.UtcDateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('post_key', name=op.f('pk_hidden_posts'))
    )
    with op.batch_alter_table('hidden_posts', schema=None) as batch_op:
        batch_op.create_index('ix_hidden_posts_author', ['platform', 'author_id'], unique=False)
