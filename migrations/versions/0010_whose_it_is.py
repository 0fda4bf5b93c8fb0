"""What is kept of a customer or a number, and which data keys rows name, is found quickly."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

INDEXES = {
    "ix_conversations_customer_id": ("conversations", ["customer_id"], "customer_id IS NOT NULL"),
    "ix_conversations_of_no_page": ("conversations", ["phone"], "page_id IS NULL AND phone IS NOT NULL"),
    "ix_inbound_texts_customer_id": ("inbound_texts", ["customer_id"], "customer_id IS NOT NULL"),
    "ix_consents_key_id": ("consents", ["key_id"], None),
    "ix_suppressions_key_id": ("suppressions", ["key_id"], None),
}


def upgrade() -> None:
    for name, (table, columns, condition) in INDEXES.items():
        where = sa.text(condition) if condition else None
        op.create_index(name, table, columns, sqlite_where=where, postgresql_where=where)


def downgrade() -> None:
    for name, (table, _columns, _condition) in reversed(INDEXES.items()):
        op.drop_index(name, table_name=table)
