"""What has to go is found quickly: indexes of pages, texts, work and people about whom something is still kept."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

INDEXES = {
    "ix_pages_ended": (
        "pages",
        ["situation", "updated_at"],
        "state IN ('expired', 'revoked', 'superseded', 'retired') AND substr(situation, 1, 7) <> 'erased '",
    ),
    "ix_conversations_told": (
        "conversations",
        ["closed_at"],
        "closed_at IS NOT NULL AND (phone IS NOT NULL OR note <> '')",
    ),
    "ix_inbound_texts_told": ("inbound_texts", ["received_at"], "understood_at IS NOT NULL AND sender <> ''"),
    "ix_messages_of_no_page": ("messages", ["created_at"], "page_id IS NULL AND recipient <> ''"),
    "ix_customers_known": (
        "customers",
        ["updated_at"],
        "(ref IS NOT NULL OR name IS NOT NULL OR phone IS NOT NULL OR email IS NOT NULL)",
    ),
}


def upgrade() -> None:
    for name, (table, columns, condition) in INDEXES.items():
        where = sa.text(condition)
        op.create_index(name, table, columns, sqlite_where=where, postgresql_where=where)


def downgrade() -> None:
    for name, (table, _columns, _condition) in reversed(INDEXES.items()):
        op.drop_index(name, table_name=table)
