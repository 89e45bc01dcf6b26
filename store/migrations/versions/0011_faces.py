"""faces: faces: vectors' standing, re-embedding, learning from review"""

import sqlalchemy as sa
from alembic import op
import store.db

revision = '0011'
down_revision = '0010'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('face_templates',
    sa.Column('face_key', sa.Text(), nullable=False),
    sa.Column('since', store.db.UtcDateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('face_key', name=op.f('pk_face_templates'))
    )
    op.create_table('kept_open',
    sa.Column('post_key', sa.Text(), nullable=False),
    sa.Column('by', sa.Text(), server_default='', nullable=False),
    sa.Column('why', sa.Text(), server_default='', nullable=False),
    sa.Column('at', store.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('until', store.db.UtcDateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('post_key', name=op.f('pk_kept_open'))
    )
    op.create_table('case_searches',
    sa.Column('case_id', sa.Text(), nullable=False),
    sa.Column('model', sa.Text(), server_default='', nullable=False),
    sa.Column('part', sa.Text(), server_default='', nullable=False),
    sa.Column('after_key', sa.Text(), server_default='', nullable=False),
    sa.Column('done', sa.BigInteger(), nullable=False),
    sa.Column('total', sa.BigInteger(), nullable=False),
    sa.Column('found', sa.BigInteger(), nullable=False),
    sa.Column('begun_at', store.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('moved_at', store.db.UtcDateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('case_id', name=op.f('pk_case_searches'))
    )
    op.create_table('face_models',
    sa.Column('digest', sa.Text(), nullable=False),
    sa.Column('source', sa.Text(), server_default='', nullable=False),
    sa.Column('name', sa.Text(), server_default='', nullable=False),
    sa.Column('dimension', sa.BigInteger(), nullable=False),
    sa.Column('state', sa.Text(), server_default='', nullable=False),
    sa.Column('done', sa.BigInteger(), nullable=False),
    sa.Column('total', sa.BigInteger(), nullable=False),
    sa.Column('put_at', store.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('moved_at', store.db.UtcDateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('digest', name=op.f('pk_face_models'))
    )
    op.create_index('ix_vectors_expires', 'vectors', ['expires_at'], unique=False)
    op.execute("INSERT INTO face_templates (face_key, since) "
               "SELECT face_key, min(stored_at) FROM vectors WHERE holder = 'sighting' GROUP BY face_key")


def downgrade() -> None:
    op.drop_index('ix_vectors_expires', table_name='vectors')
    op.drop_table('face_models')
    op.drop_table('case_searches')
    op.drop_table('kept_open')
    op.drop_table('face_templates')
