"""faces: the direction of age in the vectors of a model"""

import sqlalchemy as sa
from alembic import op
import store.db

revision = '0014'
down_revision = '0013'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('face_centres',
    sa.Column('model', sa.Text(), nullable=False),
    sa.Column('version', sa.BigInteger(), nullable=False),
    sa.Column('photos', sa.BigInteger(), nullable=False),
    sa.Column('direction', sa.LargeBinary(), nullable=False),
    sa.Column('made_at', store.db.UtcDateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('model', name=op.f('pk_face_centres'))
    )


def downgrade() -> None:
    op.drop_table('face_centres')
