"""accounts: several roles each, second factors, API tokens, what was looked at, canaries"""

import sqlalchemy as sa
from alembic import op
import store.db

revision = '0019'
down_revision = '0018'
branch_labels = None
depends_on = None

WHEN = store.db.UtcDateTime(timezone=True)
AUTO = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')


def text(name):
    return sa.Column(name, sa.Text(), server_default='', nullable=False)


def when(name, null=False):
    return sa.Column(name, WHEN, nullable=null)


def key(name):
    return sa.Column(name, sa.Text(), nullable=False)


def upgrade() -> None:
    op.create_table('user_roles', key('user'), key('role'), text('by'), when('at'),
    sa.PrimaryKeyConstraint('user', 'role', name=op.f('pk_user_roles')))
    op.execute('INSERT INTO user_roles ("user", role, "by", at) '
               "SELECT name, role, 'homeward', created_at FROM users WHERE role <> ''")
    with op.batch_alter_table('users') as batch:
        batch.drop_column('role')
    # Sessions of before have no last use: whoever had one signs in again.
    op.drop_table('web_sessions')
    op.create_table('web_sessions', key('digest'), text('user'), text('csrf'), when('created_at'),
    when('expires_at'), when('seen_at'), text('how'), text('agent'), when('second_at', True),
    sa.PrimaryKeyConstraint('digest', name=op.f('pk_web_sessions')))
    op.create_index('ix_web_sessions_user', 'web_sessions', ['user'], unique=False)
    op.create_table('role_wishes',
    sa.Column('number', AUTO, autoincrement=True, nullable=False),
    text('user'), text('role'), text('asked_by'), when('asked_at'), text('why'), when('due_at'),
    text('decided_by'), when('decided_at', True),
    sa.Column('accepted', sa.Boolean(), server_default=sa.false(), nullable=False),
    sa.PrimaryKeyConstraint('number', name=op.f('pk_role_wishes')))
    op.create_table('second_factors', key('user'), sa.Column('sealed', sa.LargeBinary(), nullable=False),
    when('made_at'), when('confirmed_at', True), sa.Column('last_step', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('user', name=op.f('pk_second_factors')))
    op.create_table('recovery_codes', key('user'), key('digest'), when('used_at', True),
    sa.PrimaryKeyConstraint('user', 'digest', name=op.f('pk_recovery_codes')))
    op.create_table('api_tokens', key('id'), text('digest'), text('user'), text('name'),
    sa.Column('scopes', sa.JSON(), nullable=False), when('created_at'), when('expires_at'),
    when('used_at', True), when('revoked_at', True), text('revoked_by'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_api_tokens')))
    op.create_index('ix_api_tokens_digest', 'api_tokens', ['digest'], unique=True)
    op.create_index('ix_api_tokens_user', 'api_tokens', ['user'], unique=False)
    op.create_table('uses', key('user'), key('day'), key('kind'),
    sa.Column('count', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('user', 'day', 'kind', name=op.f('pk_uses')))
    op.create_table('canaries', key('case_id'), text('by'), when('at'),
    sa.PrimaryKeyConstraint('case_id', name=op.f('pk_canaries')))


def downgrade() -> None:
    for name in ('canaries', 'uses', 'api_tokens', 'recovery_codes', 'second_factors', 'role_wishes',
                 'web_sessions'):
        op.drop_table(name)
    op.create_table('web_sessions', key('digest'), text('user'), text('csrf'), when('created_at'),
    when('expires_at'), sa.PrimaryKeyConstraint('digest', name=op.f('pk_web_sessions')))
    op.add_column('users', text('role'))
    # One role each: of several the one that is last in the alphabet, so that none becomes an admin by it.
    op.execute('UPDATE users SET role = COALESCE((SELECT MAX(role) FROM user_roles '
               'WHERE user_roles."user" = users.name), \'\')')
    op.drop_table('user_roles')
