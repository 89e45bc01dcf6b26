"""schedule, hourly counts, backfills, second looks, how far a cursor has read"""

import sqlalchemy as sa
from alembic import op
import store.db

revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('cursors', schema=None) as batch_op:
        batch_op.add_column(sa.Column('complete_until', store.db.UtcDateTime(timezone=True), nullable=True))

    op.create_table('backfills',
    sa.Column('source', sa.Text(), nullable=False),
    sa.Column('tag', sa.Text(), nullable=False),
    sa.Column('span_start', store.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('span_end', store.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('state', sa.Text(), server_default='', nullable=False),
    sa.Column('why', sa.Text(), server_default='', nullable=False),
    sa.Column('cursor', sa.Text(), server_default='', nullable=False),
    sa.Column('part', sa.BigInteger(), nullable=False),
    sa.Column('pages', sa.BigInteger(), nullable=False),
    sa.Column('posts', sa.BigInteger(), nullable=False),
    sa.Column('new', sa.BigInteger(), nullable=False),
    sa.Column('reached', store.db.UtcDateTime(timezone=True), nullable=True),
    sa.Column('gaps', sa.JSON(), nullable=False),
    sa.Column('asked_by', sa.Text(), server_default='', nullable=False),
    sa.Column('changed_at', store.db.UtcDateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('source', 'tag', 'span_start', 'span_end', name=op.f('pk_backfills'))
    )
    op.create_table('hourly_counts',
    sa.Column('source', sa.Text(), nullable=False),
    sa.Column('hour', store.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('posts', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('source', 'hour', name=op.f('pk_hourly_counts'))
    )
    op.create_table('rechecks',
    sa.Column('post_key', sa.Text(), nullable=False),
    sa.Column('source', sa.Text(), nullable=False),
    sa.Column('checked_at', store.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('result', sa.Text(), server_default='', nullable=False),
    sa.PrimaryKeyConstraint('post_key', 'source', name=op.f('pk_rechecks'))
    )
    op.create_table('schedule',
    sa.Column('source', sa.Text(), nullable=False),
    sa.Column('tag', sa.Text(), nullable=False),
    sa.Column('due_at', store.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('interval_s', sa.Float(), nullable=False),
    sa.Column('rate_per_h', sa.Float(), nullable=True),
    sa.Column('polled_at', store.db.UtcDateTime(timezone=True), nullable=True),
    sa.Column('off', sa.Boolean(), server_default=sa.false(), nullable=False),
    sa.Column('why', sa.Text(), server_default='', nullable=False),
    sa.PrimaryKeyConstraint('source', 'tag', name=op.f('pk_schedule'))
    )
    with op.batch_alter_table('schedule', schema=None) as batch_op:
        batch_op.create_index('ix_schedule_due', ['off', 'due_at'], unique=False)


def downgrade() -> None:
    with op.batch_alter_table('schedule', schema=None) as batch_op:
        batch_op.drop_index('ix_schedule_due')
    op.drop_table('schedule')
    op.drop_table('rechecks')
    op.drop_table('hourly_counts')
    op.drop_table('backfills')
    with op.batch_alter_table('cursors', schema=None) as batch_op:
        batch_op.drop_column('complete_until')
