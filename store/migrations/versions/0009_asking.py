"""asking: answers to our questions, exact places under seal, how surely first-hand was read"""

import sqlalchemy as sa
from alembic import op
import store.db

revision = '0009'
down_revision = '0008'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('answers',
    sa.Column('post_key', sa.Text(), nullable=False),
    sa.Column('answer_key', sa.Text(), nullable=False),
    sa.Column('at', store.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('is_stored', sa.Boolean(), server_default=sa.false(), nullable=False),
    sa.Column('where', sa.JSON(), nullable=False),
    sa.Column('when', sa.JSON(), nullable=False),
    sa.Column('zone', sa.Text(), server_default='', nullable=False),
    sa.PrimaryKeyConstraint('post_key', 'answer_key', name=op.f('pk_answers'))
    )
    op.create_index('ix_answers_answer', 'answers', ['answer_key'], unique=False)
    op.create_table('sealed_places',
    sa.Column('key', sa.Text(), nullable=False),
    sa.Column('sealed', sa.LargeBinary(), nullable=False),
    sa.Column('key_id', sa.Text(), server_default='', nullable=False),
    sa.Column('sealed_at', store.db.UtcDateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('key', name=op.f('pk_sealed_places'))
    )
    op.add_column('sightings', sa.Column('first_hand_weight', sa.Float(), nullable=True))


def downgrade() -> None:
    op.drop_column('sightings', 'first_hand_weight')
    op.drop_table('sealed_places')
    op.drop_index('ix_answers_answer', table_name='answers')
    op.drop_table('answers')
