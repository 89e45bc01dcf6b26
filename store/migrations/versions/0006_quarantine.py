"""quarantine: checks of photos, what was put away, why, where it stood"""

import sqlalchemy as sa
from alembic import op
import store.db

revision = '0006'
down_revision = '0005'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('photo_checks',
    sa.Column('digest', sa.Text(), nullable=False),
    sa.Column('md5', sa.Text(), server_default='', nullable=False),
    sa.Column('sha1', sa.Text(), server_default='', nullable=False),
    sa.Column('pdq', sa.Text(), server_default='', nullable=False),
    sa.Column('pdq_quality', sa.BigInteger(), server_default='0', nullable=False),
    sa.Column('lists', sa.Text(), server_default='', nullable=False),
    sa.Column('checked_at', store.db.UtcDateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('digest', name=op.f('pk_photo_checks'))
    )
    with op.batch_alter_table('photo_checks', schema=None) as batch_op:
        batch_op.create_index('ix_photo_checks_lists', ['lists', 'digest'], unique=False)

    op.create_table('quarantine',
    sa.Column('digest', sa.Text(), nullable=False),
    sa.Column('reference', sa.Text(), server_default='', nullable=False),
    sa.Column('state', sa.Text(), server_default='', nullable=False),
    sa.Column('duty', sa.Text(), server_default='', nullable=False),
    sa.Column('served', sa.Text(), server_default='', nullable=False),
    sa.Column('pdq', sa.Text(), server_default='', nullable=False),
    sa.Column('kept', sa.Boolean(), server_default=sa.false(), nullable=False),
    sa.Column('swept', sa.Boolean(), server_default=sa.false(), nullable=False),
    sa.Column('size_bytes', sa.BigInteger(), server_default='0', nullable=False),
    sa.Column('opened_at', store.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('due_at', store.db.UtcDateTime(timezone=True), nullable=True),
    sa.Column('reported_at', store.db.UtcDateTime(timezone=True), nullable=True),
    sa.Column('reported_by', sa.Text(), server_default='', nullable=False),
    sa.Column('reported_to', sa.Text(), server_default='', nullable=False),
    sa.Column('report_reference', sa.Text(), server_default='', nullable=False),
    sa.Column('preserve_until', store.db.UtcDateTime(timezone=True), nullable=True),
    sa.Column('closed_at', store.db.UtcDateTime(timezone=True), nullable=True),
    sa.Column('closed_by', sa.Text(), server_default='', nullable=False),
    sa.Column('closed_why', sa.Text(), server_default='', nullable=False),
    sa.Column('destroyed_at', store.db.UtcDateTime(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('digest', name=op.f('pk_quarantine')),
    sa.UniqueConstraint('reference', name=op.f('uq_quarantine_reference'))
    )
    with op.batch_alter_table('quarantine', schema=None) as batch_op:
        batch_op.create_index('ix_quarantine_state', ['state', 'opened_at'], unique=False)

    op.create_table('quarantine_reasons',
    sa.Column('digest', sa.Text(), nullable=False),
    sa.Column('lead', sa.Text(), nullable=False),
    sa.Column('source', sa.Text(), nullable=False),
    sa.Column('entry', sa.Text(), nullable=False),
    sa.Column('words', sa.Text(), server_default='', nullable=False),
    sa.Column('duty', sa.Text(), server_default='', nullable=False),
    sa.Column('distance', sa.BigInteger(), nullable=True),
    sa.Column('by', sa.Text(), server_default='', nullable=False),
    sa.Column('at', store.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('cleared', sa.Boolean(), server_default=sa.false(), nullable=False),
    sa.PrimaryKeyConstraint('digest', 'lead', 'source', 'entry', name=op.f('pk_quarantine_reasons'))
    )
    op.create_table('quarantine_places',
    sa.Column('digest', sa.Text(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('key', sa.Text(), nullable=False),
    sa.Column('position', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('sealed', sa.LargeBinary(), nullable=True),
    sa.Column('at', store.db.UtcDateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('digest', 'kind', 'key', 'position', name=op.f('pk_quarantine_places'))
    )
    with op.batch_alter_table('quarantine_places', schema=None) as batch_op:
        batch_op.create_index('ix_quarantine_places_key', ['kind', 'key'], unique=False)

    # Photos from before are shown again once the first round has compared them.
    op.execute(
        "INSERT INTO photo_checks (digest, lists, checked_at) SELECT digest, 'unchecked', kept_at FROM photos"
    )


def downgrade() -> None:
    with op.batch_alter_table('quarantine_places', schema=None) as batch_op:
        batch_op.drop_index('ix_quarantine_places_key')
    op.drop_table('quarantine_places')
    op.drop_table('quarantine_reasons')
    with op.batch_alter_table('quarantine', schema=None) as batch_op:
        batch_op.drop_index('ix_quarantine_state')
    op.drop_table('quarantine')
    with op.batch_alter_table('photo_checks', schema=None) as batch_op:
        batch_op.drop_index('ix_photo_checks_lists')
    op.drop_table('photo_checks')
