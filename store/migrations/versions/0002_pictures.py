"""codes of pictures, pictures that are one, the bank of known ones"""

import sqlalchemy as sa
from alembic import op
import store.db

revision = '0002'
down_revision = '0001'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('picture_codes',
    sa.Column('seq', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('digest', sa.Text(), server_default='', nullable=False),
    sa.Column('make', sa.Text(), server_default='', nullable=False),
    sa.Column('codes', sa.LargeBinary(), nullable=False),
    sa.PrimaryKeyConstraint('seq', name=op.f('pk_picture_codes')),
    sa.UniqueConstraint('digest', name=op.f('uq_picture_codes_digest'))
    )
    op.create_table('picture_pairs',
    sa.Column('a', sa.Text(), nullable=False),
    sa.Column('b', sa.Text(), nullable=False),
    sa.Column('bits', sa.BigInteger(), nullable=False),
    sa.Column('correlation', sa.Float(), nullable=False),
    sa.Column('mirrored', sa.Boolean(), server_default=sa.false(), nullable=False),
    sa.PrimaryKeyConstraint('a', 'b', name=op.f('pk_picture_pairs'))
    )
    op.create_index('ix_picture_pairs_b', 'picture_pairs', ['b'], unique=False)
    op.create_table('known_pictures',
    sa.Column('digest', sa.Text(), nullable=False),
    sa.Column('label', sa.Text(), server_default='', nullable=False),
    sa.Column('note', sa.Text(), server_default='', nullable=False),
    sa.Column('by', sa.Text(), server_default='', nullable=False),
    sa.Column('at', store.db.UtcDateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('digest', name=op.f('pk_known_pictures'))
    )


def downgrade() -> None:
    op.drop_table('known_pictures')
    op.drop_table('picture_pairs')
    op.drop_table('picture_codes')
