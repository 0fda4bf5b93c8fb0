"""What providers call back with: receipts as they came, and the texts that customers send."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
MOMENT = sa.DateTime(timezone=True)
ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
PARKED = sa.text("message_id IS NULL")
WAITING = sa.text("understood_at IS NULL")
TAKEN = sa.text("provider_ref IS NOT NULL")


def upgrade() -> None:
    op.create_table(
        "provider_receipts",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("provider", sa.String(length=40), nullable=False),
        sa.Column("key", sa.String(length=120), nullable=False),
        sa.Column("ref", sa.String(length=120), nullable=False),
        sa.Column("report", sa.String(length=24), nullable=False),
        sa.Column("message_id", sa.BigInteger(), nullable=True),
        sa.Column("at", MOMENT, nullable=True),
        sa.Column("received_at", MOMENT, nullable=False),
        sa.CheckConstraint(
            "report IN ('submitted', 'carrier_accepted', 'undelivered_temporary', 'undelivered_permanent', 'delivered', 'failed')",
            name=op.f("ck_provider_receipts_report"),
        ),
        sa.ForeignKeyConstraint(["message_id"], ["messages.id"], name=op.f("fk_provider_receipts_message_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_provider_receipts")),
        sa.UniqueConstraint("provider", "key", name=op.f("uq_provider_receipts_provider_key")),
    )
    op.create_index("ix_provider_receipts_message_id", "provider_receipts", ["message_id"])
    op.create_index(
        "ix_provider_receipts_parked",
        "provider_receipts",
        ["provider", "ref"],
        sqlite_where=PARKED,
        postgresql_where=PARKED,
    )
    op.create_index(
        "ix_message_attempts_provider_ref",
        "message_attempts",
        ["provider", "provider_ref"],
        sqlite_where=TAKEN,
        postgresql_where=TAKEN,
    )
    op.create_table(
        "inbound_texts",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("provider", sa.String(length=40), nullable=False),
        sa.Column("ref", sa.String(length=120), nullable=False),
        sa.Column("sender", sa.String(length=40), nullable=False),
        sa.Column("recipient", sa.String(length=40), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("media", JSON, nullable=False),
        sa.Column("meaning", sa.String(length=12), nullable=True),
        sa.Column("customer_id", sa.BigInteger(), nullable=True),
        sa.Column("page_id", sa.BigInteger(), nullable=True),
        sa.Column("conversation_id", sa.BigInteger(), nullable=True),
        sa.Column("at", MOMENT, nullable=True),
        sa.Column("received_at", MOMENT, nullable=False),
        sa.Column("understood_at", MOMENT, nullable=True),
        sa.CheckConstraint(
            "meaning IN ('stop', 'start', 'help', 'more', 'answer', 'staff')", name=op.f("ck_inbound_texts_meaning")
        ),
        sa.CheckConstraint("(understood_at IS NULL) = (meaning IS NULL)", name=op.f("ck_inbound_texts_understood")),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversations.id"], name=op.f("fk_inbound_texts_conversation_id")
        ),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_inbound_texts_customer_id")),
        sa.ForeignKeyConstraint(["page_id"], ["pages.id"], name=op.f("fk_inbound_texts_page_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inbound_texts")),
        sa.UniqueConstraint("provider", "ref", name=op.f("uq_inbound_texts_provider_ref")),
    )
    op.create_index("ix_inbound_texts_sender_received_at", "inbound_texts", ["sender", "received_at"])
    op.create_index("ix_inbound_texts_page_id", "inbound_texts", ["page_id"])
    op.create_index("ix_inbound_texts_conversation_id", "inbound_texts", ["conversation_id"])
    op.create_index(
        "ix_inbound_texts_waiting",
        "inbound_texts",
        ["received_at"],
        sqlite_where=WAITING,
        postgresql_where=WAITING,
    )


def downgrade() -> None:
    op.drop_table("inbound_texts")
    op.drop_index("ix_message_attempts_provider_ref", table_name="message_attempts")
    op.drop_table("provider_receipts")
