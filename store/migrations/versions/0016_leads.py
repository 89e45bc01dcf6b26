"""leads, their steps, people and documents; welfare referrals; searches by hand and their audit"""

import sqlalchemy as sa
from alembic import op
import store.db

revision = '0016'
down_revision = '0015'
branch_labels = None
depends_on = None

WHEN = store.db.UtcDateTime(timezone=True)


def text(name):
    return sa.Column(name, sa.Text(), server_default='', nullable=False)


def key(name):
    return sa.Column(name, sa.Text(), nullable=False)


def number(name):
    return sa.Column(name, sa.BigInteger(), nullable=False)


def when(name, null=False):
    return sa.Column(name, WHEN, nullable=null)


def upgrade() -> None:
    op.create_table('leads',
    key('id'),
    text('match_key'),
    text('post_key'),
    text('case_id'),
    when('made_at'),
    text('state'),
    when('since'),
    number('steps'),
    when('due_at', null=True),
    when('reminded_at', null=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_leads'))
    )
    op.create_index('ix_leads_case', 'leads', ['case_id'], unique=False)
    op.create_index('ix_leads_match', 'leads', ['match_key'], unique=True)
    op.create_index('ix_leads_post', 'leads', ['post_key'], unique=False)
    op.create_index('ix_leads_state', 'leads', ['state', 'due_at', 'id'], unique=False)
    op.create_table('lead_ways',
    key('lead_id'),
    key('source'),
    key('tag'),
    sa.PrimaryKeyConstraint('lead_id', 'source', 'tag', name=op.f('pk_lead_ways'))
    )
    op.create_index('ix_lead_ways_tag', 'lead_ways', ['tag', 'source'], unique=False)
    op.create_table('lead_steps',
    key('lead_id'),
    number('number'),
    text('kind'),
    text('before'),
    text('after'),
    text('topic'),
    text('by'),
    when('at'),
    sa.Column('happened_on', sa.Date(), nullable=True),
    sa.Column('sealed', sa.LargeBinary(), nullable=True),
    text('key_id'),
    sa.PrimaryKeyConstraint('lead_id', 'number', name=op.f('pk_lead_steps'))
    )
    op.create_table('lead_people',
    key('lead_id'),
    key('account'),
    text('by'),
    when('at'),
    sa.PrimaryKeyConstraint('lead_id', 'account', name=op.f('pk_lead_people'))
    )
    op.create_index('ix_lead_people_account', 'lead_people', ['account'], unique=False)
    op.create_table('lead_documents',
    key('id'),
    text('lead_id'),
    number('step'),
    text('topic'),
    text('kind'),
    number('size_bytes'),
    text('digest'),
    text('by'),
    when('at'),
    sa.Column('name_sealed', sa.LargeBinary(), nullable=False),
    sa.Column('sealed', sa.LargeBinary(), nullable=False),
    text('key_id'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_lead_documents'))
    )
    op.create_index('ix_lead_documents_lead', 'lead_documents', ['lead_id', 'step'], unique=False)
    op.create_table('referrals',
    key('id'),
    text('post_key'),
    text('body'),
    sa.Column('signs', sa.JSON(), nullable=False),
    text('state'),
    text('prepared_by'),
    when('prepared_at'),
    text('decided_by'),
    when('decided_at', null=True),
    text('why'),
    when('answer_due_at', null=True),
    sa.Column('sealed', sa.LargeBinary(), nullable=True),
    text('key_id'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_referrals'))
    )
    op.create_index('ix_referrals_post', 'referrals', ['post_key'], unique=False)
    op.create_index('ix_referrals_state', 'referrals', ['state', 'prepared_at', 'id'], unique=False)
    op.create_table('hand_searches',
    key('account'),
    sa.Column('day', sa.Date(), nullable=False),
    number('number'),
    text('id'),
    text('case_id'),
    text('purpose'),
    sa.Column('query', sa.JSON(), nullable=False),
    when('at'),
    number('found'),
    sa.PrimaryKeyConstraint('account', 'day', 'number', name=op.f('pk_hand_searches'))
    )
    op.create_index('ix_hand_searches_at', 'hand_searches', ['at'], unique=False)
    op.create_index('ix_hand_searches_case', 'hand_searches', ['case_id'], unique=False)
    op.create_index('ix_hand_searches_id', 'hand_searches', ['id'], unique=True)
    op.create_table('hand_results',
    key('search_id'),
    number('number'),
    text('post_key'),
    when('opened_at', null=True),
    text('opened_why'),
    sa.PrimaryKeyConstraint('search_id', 'number', name=op.f('pk_hand_results'))
    )
    op.create_index('ix_hand_results_post', 'hand_results', ['post_key'], unique=False)
    op.create_table('saved_searches',
    key('id'),
    text('account'),
    text('name'),
    text('case_id'),
    text('purpose'),
    sa.Column('query', sa.JSON(), nullable=False),
    when('saved_at'),
    when('expires_at'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_saved_searches'))
    )
    op.create_index('ix_saved_searches_account', 'saved_searches', ['account', 'expires_at'], unique=False)
    op.create_table('search_audits',
    key('search_id'),
    sa.Column('week', sa.Date(), nullable=False),
    when('drawn_at'),
    text('auditor'),
    when('done_at', null=True),
    sa.Column('was_right', sa.Boolean(), server_default=sa.false(), nullable=False),
    text('words'),
    sa.PrimaryKeyConstraint('search_id', name=op.f('pk_search_audits'))
    )
    op.create_index('ix_search_audits_week', 'search_audits', ['week'], unique=False)
    op.create_table('search_weeks',
    sa.Column('week', sa.Date(), nullable=False),
    number('searches'),
    number('drawn'),
    when('drawn_at'),
    sa.PrimaryKeyConstraint('week', name=op.f('pk_search_weeks'))
    )
    op.create_index('ix_sightings_place', 'sightings', ['lat', 'lon'], unique=False)


def downgrade() -> None:
    op.drop_index('ix_sightings_place', table_name='sightings')
    for name in (
        'search_weeks',
        'search_audits',
        'saved_searches',
        'hand_results',
        'hand_searches',
        'referrals',
        'lead_documents',
        'lead_people',
        'lead_steps',
        'lead_ways',
        'leads',
    ):
        op.drop_table(name)
