"""the erasure desk, keys of single records"""

import sqlalchemy as sa
from alembic import op
import store.db

revision = '0021'
down_revision = '0020'
branch_labels = None
depends_on = None

WHEN = store.db.UtcDateTime(timezone=True)
TEXTS = ('kind', 'way', 'wants', 'state', 'proof', 'seen_by', 'code', 'let_go_by', 'let_go_with', 'told_by')
DEFAULTS = {'kind': 'author', 'way': 'answer', 'wants': 'erase', 'state': 'proved'}
MOMENTS = ('proved_at', 'told_at')


def upgrade() -> None:
    op.create_table('record_keys',
    sa.Column('record', sa.Text(), nullable=False),
    sa.Column('wrapped', sa.LargeBinary(), nullable=False),
    sa.Column('key_id', sa.Text(), server_default='', nullable=False),
    sa.Column('made_at', WHEN, nullable=False),
    sa.PrimaryKeyConstraint('record', name=op.f('pk_record_keys')))
    op.create_index('ix_record_keys_key_id', 'record_keys', ['key_id'], unique=False)
    op.create_table('forgotten_authors',
    sa.Column('digest', sa.Text(), nullable=False),
    sa.Column('platform', sa.Text(), server_default='', nullable=False),
    sa.Column('at', WHEN, nullable=False),
    sa.PrimaryKeyConstraint('digest', name=op.f('pk_forgotten_authors')))
    with op.batch_alter_table('erasures') as batch:
        for name in TEXTS:
            batch.add_column(sa.Column(name, sa.Text(), server_default=DEFAULTS.get(name, ''), nullable=False))
        for name in MOMENTS:
            batch.add_column(sa.Column(name, WHEN, nullable=True))
    # Until now a wish came in an answer from the account itself: whoever wrote it had proved who they are.
    op.execute("UPDATE erasures SET state = 'told', told_at = done_at WHERE done_at IS NOT NULL")
    op.execute("UPDATE erasures SET proof = 'account', proved_at = asked_at")


def downgrade() -> None:
    with op.batch_alter_table('erasures') as batch:
        for name in (*TEXTS, *MOMENTS):
            batch.drop_column(name)
    op.drop_table('forgotten_authors')
    op.drop_table('record_keys')
