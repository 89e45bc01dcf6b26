"""review: scores of matches, why pairs were not shown, probes' scores, assignments, proposed thresholds"""

import sqlalchemy as sa
from alembic import op
import store.db

revision = '0013'
down_revision = '0012'
branch_labels = None
depends_on = None

WHEN = store.db.UtcDateTime(timezone=True)


def text(name):
    return sa.Column(name, sa.Text(), server_default='', nullable=False)


def upgrade() -> None:
    op.add_column('matches', sa.Column('score', sa.Float(), nullable=True))
    op.add_column('matches', text('looks'))
    op.create_table('match_drops',
    sa.Column('face_key', sa.Text(), nullable=False),
    sa.Column('case_id', sa.Text(), nullable=False),
    text('post_key'),
    text('name'),
    text('words'),
    sa.Column('similarity', sa.Float(), nullable=False),
    sa.Column('at', WHEN, nullable=False),
    sa.PrimaryKeyConstraint('face_key', 'case_id', name=op.f('pk_match_drops'))
    )
    op.create_index('ix_match_drops_post', 'match_drops', ['post_key'], unique=False)
    op.create_index('ix_match_drops_case', 'match_drops', ['case_id'], unique=False)
    op.create_table('probe_scores',
    sa.Column('face_key', sa.Text(), nullable=False),
    sa.Column('model', sa.Text(), nullable=False),
    text('photo'),
    text('looks'),
    sa.Column('cases', sa.BigInteger(), nullable=False),
    sa.Column('score', sa.Float(), nullable=False),
    sa.Column('at', WHEN, nullable=False),
    sa.PrimaryKeyConstraint('face_key', 'model', name=op.f('pk_probe_scores'))
    )
    op.create_index('ix_probe_scores_model', 'probe_scores', ['model', 'at'], unique=False)
    op.create_table('assignments',
    sa.Column('match_key', sa.Text(), nullable=False),
    text('account'),
    text('by'),
    sa.Column('at', WHEN, nullable=False),
    sa.PrimaryKeyConstraint('match_key', name=op.f('pk_assignments'))
    )
    op.create_index('ix_assignments_account', 'assignments', ['account'], unique=False)
    op.create_table('threshold_proposals',
    sa.Column('number', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True,
              nullable=False),
    text('source'),
    text('model'),
    sa.Column('cases', sa.BigInteger(), nullable=False),
    sa.Column('numbers', sa.JSON(), nullable=False),
    text('why'),
    text('made_by'),
    sa.Column('made_at', WHEN, nullable=False),
    text('decided_by'),
    sa.Column('decided_at', WHEN, nullable=True),
    text('decided_why'),
    sa.Column('accepted', sa.Boolean(), server_default=sa.false(), nullable=False),
    sa.PrimaryKeyConstraint('number', name=op.f('pk_threshold_proposals'))
    )


def downgrade() -> None:
    for name in ('threshold_proposals', 'assignments', 'probe_scores', 'match_drops'):
        op.drop_table(name)
    for name in ('looks', 'score'):
        op.drop_column('matches', name)
