"""holds, sealed copies, early deletions, veils, safeguarding tasks, young authors"""

import sqlalchemy as sa
from alembic import op
import store.db

revision = '0005'
down_revision = '0004'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('early_deletions',
    sa.Column('digest', sa.Text(), nullable=False),
    sa.Column('at', store.db.UtcDateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('digest', name=op.f('pk_early_deletions'))
    )
    with op.batch_alter_table('early_deletions', schema=None) as batch_op:
        batch_op.create_index('ix_early_deletions_at', ['at'], unique=False)
    op.create_table('hold_posts',
    sa.Column('hold_id', sa.Text(), nullable=False),
    sa.Column('post_key', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('hold_id', 'post_key', name=op.f('pk_hold_posts'))
    )
    with op.batch_alter_table('hold_posts', schema=None) as batch_op:
        batch_op.create_index('ix_hold_posts_post', ['post_key'], unique=False)
    op.create_table('holds',
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('basis', sa.Text(), server_default='', nullable=False),
    sa.Column('platform_permission', sa.Text(), server_default='', nullable=False),
    sa.Column('placed_by', sa.Text(), server_default='', nullable=False),
    sa.Column('placed_at', store.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('until', store.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('confirmed_by', sa.Text(), server_default='', nullable=False),
    sa.Column('confirmed_at', store.db.UtcDateTime(timezone=True), nullable=True),
    sa.Column('ended_by', sa.Text(), server_default='', nullable=False),
    sa.Column('ended_why', sa.Text(), server_default='', nullable=False),
    sa.Column('ended_at', store.db.UtcDateTime(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_holds'))
    )
    op.create_table('safeguarding',
    sa.Column('post_key', sa.Text(), nullable=False),
    sa.Column('reference', sa.Text(), server_default='', nullable=False),
    sa.Column('sign', sa.Text(), server_default='', nullable=False),
    sa.Column('raised_at', store.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('done_by', sa.Text(), server_default='', nullable=False),
    sa.Column('note', sa.Text(), server_default='', nullable=False),
    sa.Column('done_at', store.db.UtcDateTime(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('post_key', name=op.f('pk_safeguarding'))
    )
    with op.batch_alter_table('safeguarding', schema=None) as batch_op:
        batch_op.create_index('ix_safeguarding_reference', ['reference'], unique=False)
    op.create_table('sealed_parts',
    sa.Column('post_key', sa.Text(), nullable=False),
    sa.Column('part', sa.BigInteger(), nullable=False),
    sa.Column('sealed', sa.LargeBinary(), nullable=False),
    sa.Column('key_id', sa.Text(), server_default='', nullable=False),
    sa.Column('why', sa.Text(), server_default='', nullable=False),
    sa.Column('at', store.db.UtcDateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('post_key', 'part', name=op.f('pk_sealed_parts'))
    )
    op.create_table('veils',
    sa.Column('post_key', sa.Text(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('at', store.db.UtcDateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('post_key', 'kind', name=op.f('pk_veils'))
    )
    op.create_table('young_authors',
    sa.Column('digest', sa.Text(), nullable=False),
    sa.Column('sign', sa.Text(), server_default='', nullable=False),
    sa.Column('at', store.db.UtcDateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('digest', name=op.f('pk_young_authors'))
    )


def downgrade() -> None:
    for table in (
        'young_authors', 'veils', 'sealed_parts', 'safeguarding', 'holds', 'hold_posts', 'early_deletions'
    ):
        op.drop_table(table)
