"""case files for authorities, their deliveries, stamped heads of the audit chain, exchange of records"""

import sqlalchemy as sa
from alembic import op
import store.db

revision = '0017'
down_revision = '0016'
branch_labels = None
depends_on = None

WHEN = store.db.UtcDateTime(timezone=True)


def text(name):
    return sa.Column(name, sa.Text(), server_default='', nullable=False)


def when(name, null=False):
    return sa.Column(name, WHEN, nullable=null)


def upgrade() -> None:
    op.create_table('case_files',
    sa.Column('number', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True,
              nullable=False),
    *(text(name) for name in ('match_key', 'post_key', 'case_id', 'authority', 'recipient', 'purpose', 'why')),
    when('expires_at'),
    sa.Column('originals', sa.Boolean(), server_default=sa.false(), nullable=False),
    text('content'),
    text('state'),
    text('prepared_by'),
    when('prepared_at'),
    text('decided_by'),
    when('decided_at', null=True),
    text('decided_why'),
    text('digest'),
    sa.Column('size_bytes', sa.BigInteger(), nullable=False),
    when('kept_until', null=True),
    when('ended_at', null=True),
    text('ended_why'),
    sa.PrimaryKeyConstraint('number', name=op.f('pk_case_files'))
    )
    op.create_index('ix_case_files_case', 'case_files', ['case_id'], unique=False)
    op.create_index('ix_case_files_state', 'case_files', ['state'], unique=False)
    op.create_table('deliveries',
    sa.Column('digest', sa.Text(), nullable=False),
    sa.Column('number', sa.BigInteger(), nullable=False),
    text('code'),
    text('made_by'),
    when('made_at'),
    when('expires_at'),
    sa.Column('tries', sa.BigInteger(), nullable=False),
    when('used_at', null=True),
    text('over_why'),
    sa.PrimaryKeyConstraint('digest', name=op.f('pk_deliveries'))
    )
    op.create_index('ix_deliveries_number', 'deliveries', ['number'], unique=False)
    op.create_table('chain_heads',
    sa.Column('seq', sa.BigInteger(), autoincrement=False, nullable=False),
    text('digest'),
    text('signature'),
    sa.Column('stamp', sa.LargeBinary(), nullable=True),
    when('at'),
    sa.PrimaryKeyConstraint('seq', name=op.f('pk_chain_heads'))
    )
    op.create_table('exchanged',
    sa.Column('case_id', sa.Text(), nullable=False),
    text('record_id'),
    text('source_date'),
    when('first_at'),
    when('last_at'),
    when('gone_at', null=True),
    sa.PrimaryKeyConstraint('case_id', name=op.f('pk_exchanged'))
    )
    op.create_table('exchange_consents',
    sa.Column('case_id', sa.Text(), nullable=False),
    text('agreed_by'),
    text('evidence'),
    text('by'),
    when('at'),
    when('withdrawn_at', null=True),
    text('withdrawn_by'),
    sa.PrimaryKeyConstraint('case_id', name=op.f('pk_exchange_consents'))
    )


def downgrade() -> None:
    for name in ('exchange_consents', 'exchanged', 'chain_heads', 'deliveries', 'case_files'):
        op.drop_table(name)
