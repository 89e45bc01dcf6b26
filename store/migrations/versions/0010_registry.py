"""registry: the registry: what cases, merges, imports and families need"""

import sqlalchemy as sa
from alembic import op
import store.db

revision = '0010'
down_revision = '0009'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('case_profiles',
    sa.Column('case_id', sa.Text(), nullable=False),
    sa.Column('open', sa.JSON(), nullable=False),
    sa.Column('sealed', sa.LargeBinary(), nullable=True),
    sa.Column('key_id', sa.Text(), server_default='', nullable=False),
    sa.Column('origin', sa.Text(), server_default='', nullable=False),
    sa.PrimaryKeyConstraint('case_id', name=op.f('pk_case_profiles'))
    )
    op.create_table('case_standings',
    sa.Column('case_id', sa.Text(), nullable=False),
    sa.Column('authority', sa.Text(), server_default='', nullable=False),
    sa.Column('authority_name', sa.Text(), server_default='', nullable=False),
    sa.Column('authority_reference', sa.Text(), server_default='', nullable=False),
    sa.Column('registry', sa.Text(), server_default='', nullable=False),
    sa.Column('registry_record', sa.Text(), server_default='', nullable=False),
    sa.Column('relation', sa.Text(), server_default='', nullable=False),
    sa.Column('relation_evidence', sa.Text(), server_default='', nullable=False),
    sa.Column('photo_consent_by', sa.Text(), server_default='', nullable=False),
    sa.Column('photo_consent_on', sa.Date(), nullable=True),
    sa.Column('risks', sa.JSON(), nullable=False),
    sa.Column('cleared', sa.Text(), server_default='', nullable=False),
    sa.Column('cleared_by', sa.Text(), server_default='', nullable=False),
    sa.Column('adult_basis', sa.Text(), server_default='', nullable=False),
    sa.Column('set_by', sa.Text(), server_default='', nullable=False),
    sa.Column('set_at', store.db.UtcDateTime(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('case_id', name=op.f('pk_case_standings'))
    )
    op.create_table('case_teams',
    sa.Column('case_id', sa.Text(), nullable=False),
    sa.Column('account', sa.Text(), nullable=False),
    sa.Column('by', sa.Text(), server_default='', nullable=False),
    sa.Column('at', store.db.UtcDateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('case_id', 'account', name=op.f('pk_case_teams'))
    )
    op.create_index('ix_case_teams_account', 'case_teams', ['account'], unique=False)
    op.create_table('case_notes',
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('case_id', sa.Text(), server_default='', nullable=False),
    sa.Column('at', store.db.UtcDateTime(timezone=True), nullable=True),
    sa.Column('sealed', sa.LargeBinary(), nullable=False),
    sa.Column('key_id', sa.Text(), server_default='', nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_case_notes'))
    )
    op.create_index('ix_case_notes_case', 'case_notes', ['case_id'], unique=False)
    op.create_table('case_tombstones',
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('source_date', sa.Text(), server_default='', nullable=False),
    sa.Column('entry_date', sa.Text(), server_default='', nullable=False),
    sa.Column('expiry_date', sa.Text(), server_default='', nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_case_tombstones'))
    )
    op.create_table('source_permissions',
    sa.Column('source', sa.Text(), nullable=False),
    sa.Column('search', sa.Boolean(), server_default=sa.false(), nullable=False),
    sa.Column('display', sa.Boolean(), server_default=sa.false(), nullable=False),
    sa.Column('publish', sa.Boolean(), server_default=sa.false(), nullable=False),
    sa.Column('basis', sa.Text(), server_default='', nullable=False),
    sa.Column('by', sa.Text(), server_default='', nullable=False),
    sa.Column('at', store.db.UtcDateTime(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('source', name=op.f('pk_source_permissions'))
    )
    op.create_table('family_links',
    sa.Column('digest', sa.Text(), nullable=False),
    sa.Column('kind', sa.Text(), server_default='', nullable=False),
    sa.Column('language', sa.Text(), server_default='', nullable=False),
    sa.Column('made_by', sa.Text(), server_default='', nullable=False),
    sa.Column('made_at', store.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('expires_at', store.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('case_id', sa.Text(), server_default='', nullable=False),
    sa.Column('used_at', store.db.UtcDateTime(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('digest', name=op.f('pk_family_links'))
    )
    op.create_index('ix_family_links_case', 'family_links', ['case_id'], unique=False)
    op.create_table('case_merges',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('kept', sa.Text(), server_default='', nullable=False),
    sa.Column('gone', sa.Text(), server_default='', nullable=False),
    sa.Column('kind', sa.Text(), server_default='', nullable=False),
    sa.Column('why', sa.Text(), server_default='', nullable=False),
    sa.Column('by', sa.Text(), server_default='', nullable=False),
    sa.Column('at', store.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('before', sa.JSON(), nullable=False),
    sa.Column('undone_by', sa.Text(), server_default='', nullable=False),
    sa.Column('undone_at', store.db.UtcDateTime(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_case_merges'))
    )
    op.create_index('ix_case_merges_gone', 'case_merges', ['gone'], unique=False)
    op.create_index('ix_case_merges_kept', 'case_merges', ['kept'], unique=False)
    op.create_table('case_removals',
    sa.Column('case_id', sa.Text(), nullable=False),
    sa.Column('why', sa.Text(), server_default='', nullable=False),
    sa.Column('by', sa.Text(), server_default='', nullable=False),
    sa.Column('at', store.db.UtcDateTime(timezone=True), nullable=False),
    sa.Column('until', store.db.UtcDateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('case_id', name=op.f('pk_case_removals'))
    )
    op.create_table('case_uploads',
    sa.Column('token', sa.Text(), nullable=False),
    sa.Column('name', sa.Text(), server_default='', nullable=False),
    sa.Column('sealed', sa.LargeBinary(), nullable=False),
    sa.Column('by', sa.Text(), server_default='', nullable=False),
    sa.Column('at', store.db.UtcDateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('token', name=op.f('pk_case_uploads'))
    )



def downgrade() -> None:
    op.drop_table('case_uploads')
    op.drop_table('case_removals')
    op.drop_index('ix_case_merges_gone', table_name='case_merges')
    op.drop_index('ix_case_merges_kept', table_name='case_merges')
    op.drop_table('case_merges')
    op.drop_index('ix_family_links_case', table_name='family_links')
    op.drop_table('family_links')
    op.drop_table('source_permissions')
    op.drop_table('case_tombstones')
    op.drop_index('ix_case_notes_case', table_name='case_notes')
    op.drop_table('case_notes')
    op.drop_index('ix_case_teams_account', table_name='case_teams')
    op.drop_table('case_teams')
    op.drop_table('case_standings')
    op.drop_table('case_profiles')
