"""the engine of many hosts: leases of sources, roles of workers"""

import sqlalchemy as sa
from alembic import op
import store.db

revision = '0023'
down_revision = '0022'
branch_labels = None
depends_on = None

WHEN = store.db.UtcDateTime(timezone=True)


def text(name):
    return sa.Column(name, sa.Text(), server_default='', nullable=False)


def upgrade() -> None:
    op.create_table('leases',
    sa.Column('name', sa.Text(), nullable=False),
    text('holder'),
    sa.Column('number', sa.BigInteger(), nullable=False),
    sa.Column('taken_at', WHEN, nullable=False),
    sa.Column('until', WHEN, nullable=False),
    sa.PrimaryKeyConstraint('name', name=op.f('pk_leases')))
    op.create_table('members',
    sa.Column('id', sa.Text(), nullable=False),
    text('host'),
    sa.Column('roles', sa.JSON(), nullable=False),
    text('key_digest'),
    sa.Column('began_at', WHEN, nullable=False),
    sa.Column('seen_at', WHEN, nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_members')))
    with op.batch_alter_table('cursors') as batch:
        batch.add_column(sa.Column('lease', sa.BigInteger(), server_default='0', nullable=False))


def downgrade() -> None:
    with op.batch_alter_table('cursors') as batch:
        batch.drop_column('lease')
    op.drop_table('members')
    op.drop_table('leases')
