"""operations: the oldest photos, and files that came with posts, are found at once"""

import sqlalchemy as sa
from alembic import op

revision = '0022'
down_revision = '0021'
branch_labels = None
depends_on = None


def upgrade() -> None:
    given = sa.text("given <> ''")
    op.create_index('ix_media_given', 'media', ['given'], unique=False, sqlite_where=given, postgresql_where=given)
    op.create_index('ix_photos_kept', 'photos', ['kept_at', 'digest'], unique=False)


def downgrade() -> None:
    op.drop_index('ix_media_given', table_name='media')
    op.drop_index('ix_photos_kept', table_name='photos')
