"""imports: who gave them, on what basis; what was imported before becomes one import without a statement"""

import sqlalchemy as sa
from alembic import op
import store.db

revision = '0004'
down_revision = '0003'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('imports',
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('named', sa.Text(), server_default='', nullable=False),
    sa.Column('begun_at', store.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('begun_by', sa.Text(), server_default='', nullable=False),
    sa.Column('source', sa.Text(), server_default='', nullable=False),
    sa.Column('basis', sa.Text(), server_default='', nullable=False),
    sa.Column('grantor', sa.Text(), server_default='', nullable=False),
    sa.Column('until', store.db.UtcDateTime(timezone=True), nullable=True),
    sa.Column('scope', sa.JSON(), nullable=False),
    sa.Column('stated_by', sa.Text(), server_default='', nullable=False),
    sa.Column('stated_at', store.db.UtcDateTime(timezone=True), nullable=True),
    sa.Column('revoked_by', sa.Text(), server_default='', nullable=False),
    sa.Column('revoked_at', store.db.UtcDateTime(timezone=True), nullable=True),
    sa.Column('finished_at', store.db.UtcDateTime(timezone=True), nullable=True),
    sa.Column('ended_at', store.db.UtcDateTime(timezone=True), nullable=True),
    sa.Column('pending', sa.Boolean(), server_default=sa.false(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_imports'))
    )
    op.create_table('import_files',
    sa.Column('import_id', sa.Text(), nullable=False),
    sa.Column('file', sa.Text(), nullable=False),
    sa.Column('name', sa.Text(), server_default='', nullable=False),
    sa.Column('posts', sa.BigInteger(), nullable=False),
    sa.Column('set_aside', sa.BigInteger(), nullable=False),
    sa.Column('not_kept', sa.BigInteger(), nullable=False),
    sa.Column('is_read', sa.Boolean(), server_default=sa.false(), nullable=False),
    sa.PrimaryKeyConstraint('import_id', 'file', name=op.f('pk_import_files'))
    )
    with op.batch_alter_table('import_files', schema=None) as batch_op:
        batch_op.create_index('ix_import_files_file', ['file'], unique=False)

    imported = sa.text("source = 'archive'")
    op.create_index('ix_observations_file', 'observations', ['tag', 'post_key'], unique=False,
                    sqlite_where=imported, postgresql_where=imported)
    _gather_earlier_imports()


def _gather_earlier_imports() -> None:
    op.execute("""
        INSERT INTO imports (id, named, begun_at, begun_by, scope, finished_at, pending)
        SELECT 'earlier', 'imported before statements were asked for', MIN(committed_at), 'homeward',
               '[]', MAX(committed_at), true
        FROM cursors WHERE source = 'archive' HAVING COUNT(*) > 0
    """)
    op.execute("""
        INSERT INTO import_files (import_id, file, name, posts, set_aside, not_kept, is_read)
        SELECT 'earlier', c.tag, c.tag,
               (SELECT COUNT(*) FROM observations o WHERE o.source = 'archive' AND o.tag = c.tag), 0, 0, true
        FROM cursors c WHERE c.source = 'archive'
    """)


def downgrade() -> None:
    op.drop_index('ix_observations_file', table_name='observations')
    op.drop_table('import_files')
    op.drop_table('imports')
