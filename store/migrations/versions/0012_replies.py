"""replies: opt-outs by person, marks of rows, levels, wordings, talks, tasks by hand, erasures, self-tests"""

import sqlalchemy as sa
from alembic import op
import store.db

revision = '0012'
down_revision = '0011'
branch_labels = None
depends_on = None

WHEN = store.db.UtcDateTime(timezone=True)


def text(name):
    return sa.Column(name, sa.Text(), server_default='', nullable=False)


def flag(name):
    return sa.Column(name, sa.Boolean(), server_default=sa.false(), nullable=False)


def number():
    kind = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
    return sa.Column('number', kind, autoincrement=True, nullable=False)


def upgrade() -> None:
    op.add_column('opt_outs', text('person'))
    op.add_column('opt_outs', text('platform'))
    op.add_column('opt_outs', flag('everywhere'))
    op.execute(sa.text("UPDATE opt_outs SET person = digest WHERE person = ''"))
    op.create_index('ix_opt_outs_person', 'opt_outs', ['person'], unique=False)
    op.create_table('reply_marks',
    sa.Column('key', sa.Text(), nullable=False),
    text('thread'),
    sa.Column('hashtags', sa.JSON(), nullable=False),
    text('wording'),
    sa.Column('zone_min', sa.BigInteger(), nullable=True),
    text('written_by'),
    sa.PrimaryKeyConstraint('key', name=op.f('pk_reply_marks'))
    )
    op.create_index('ix_reply_marks_wording', 'reply_marks', ['wording'], unique=False)
    op.create_table('levels',
    number(),
    text('level'),
    text('why'),
    text('asked_by'),
    sa.Column('asked_at', WHEN, nullable=False),
    text('decided_by'),
    sa.Column('decided_at', WHEN, nullable=True),
    flag('accepted'),
    sa.PrimaryKeyConstraint('number', name=op.f('pk_levels'))
    )
    op.create_table('wordings',
    number(),
    text('purpose'),
    text('language'),
    text('text'),
    text('why'),
    text('written_by'),
    sa.Column('written_at', WHEN, nullable=False),
    text('approved_by'),
    sa.Column('approved_at', WHEN, nullable=True),
    text('ended_by'),
    sa.Column('ended_at', WHEN, nullable=True),
    text('ended_why'),
    sa.PrimaryKeyConstraint('number', name=op.f('pk_wordings'))
    )
    op.create_table('talks',
    sa.Column('key', sa.Text(), nullable=False),
    text('post_key'),
    text('platform'),
    text('to_author'),
    text('wish'),
    sa.Column('at', WHEN, nullable=False),
    sa.Column('kept_until', WHEN, nullable=False),
    sa.Column('sealed', sa.LargeBinary(), nullable=True),
    text('key_id'),
    text('closed_by'),
    sa.Column('closed_at', WHEN, nullable=True),
    sa.PrimaryKeyConstraint('key', name=op.f('pk_talks'))
    )
    op.create_index('ix_talks_post', 'talks', ['post_key'], unique=False)
    op.create_index('ix_talks_author', 'talks', ['to_author'], unique=False)
    op.create_table('hand_tasks',
    sa.Column('key', sa.Text(), nullable=False),
    text('post_key'),
    text('platform'),
    text('purpose'),
    text('language'),
    text('text'),
    text('consent'),
    sa.Column('asked_at', WHEN, nullable=False),
    text('done_by'),
    sa.Column('done_at', WHEN, nullable=True),
    text('outcome'),
    sa.PrimaryKeyConstraint('key', name=op.f('pk_hand_tasks'))
    )
    op.create_index('ix_hand_tasks_post', 'hand_tasks', ['post_key'], unique=False)
    op.create_table('erasures',
    sa.Column('reference', sa.Text(), nullable=False),
    text('platform'),
    sa.Column('sealed', sa.LargeBinary(), nullable=False),
    text('key_id'),
    sa.Column('asked_at', WHEN, nullable=False),
    sa.Column('due_at', WHEN, nullable=False),
    text('done_by'),
    sa.Column('done_at', WHEN, nullable=True),
    text('note'),
    sa.PrimaryKeyConstraint('reference', name=op.f('pk_erasures'))
    )
    op.create_table('appeal_releases',
    sa.Column('case_id', sa.Text(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    text('by'),
    text('evidence'),
    sa.Column('at', WHEN, nullable=False),
    sa.PrimaryKeyConstraint('case_id', 'kind', name=op.f('pk_appeal_releases'))
    )
    op.create_table('self_tests',
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('at', WHEN, nullable=False),
    flag('is_well'),
    text('result'),
    sa.PrimaryKeyConstraint('name', name=op.f('pk_self_tests'))
    )


def downgrade() -> None:
    for name in ('self_tests', 'appeal_releases', 'erasures', 'hand_tasks', 'talks', 'wordings', 'levels',
                 'reply_marks'):
        op.drop_table(name)
    op.drop_index('ix_opt_outs_person', table_name='opt_outs')
    for name in ('everywhere', 'platform', 'person'):
        op.drop_column('opt_outs', name)
