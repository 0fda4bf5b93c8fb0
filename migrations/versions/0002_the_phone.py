"""The customer's phone: devices, push subscriptions, checks of who is there."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "devices",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("seen_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_devices")),
        sa.UniqueConstraint("digest", name=op.f("uq_devices_digest")),
    )
    op.create_table(
        "device_pages",
        sa.Column("device_id", sa.BigInteger(), nullable=False),
        sa.Column("page_id", sa.BigInteger(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["device_id"], ["devices.id"], name=op.f("fk_device_pages_device_id")),
        sa.ForeignKeyConstraint(["page_id"], ["pages.id"], name=op.f("fk_device_pages_page_id")),
        sa.PrimaryKeyConstraint("device_id", "page_id", name=op.f("pk_device_pages")),
    )
    op.create_index("ix_device_pages_page_id", "device_pages", ["page_id"])
    op.create_table(
        "followings",
        sa.Column("device_id", sa.BigInteger(), nullable=False),
        sa.Column("customer_id", sa.BigInteger(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_followings_customer_id")),
        sa.ForeignKeyConstraint(["device_id"], ["devices.id"], name=op.f("fk_followings_device_id")),
        sa.PrimaryKeyConstraint("device_id", "customer_id", name=op.f("pk_followings")),
    )
    op.create_index("ix_followings_customer_id", "followings", ["customer_id"])
    op.create_table(
        "page_followings",
        sa.Column("device_id", sa.BigInteger(), nullable=False),
        sa.Column("page_id", sa.BigInteger(), nullable=False),
        sa.Column("customer_id", sa.BigInteger(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_page_followings_customer_id")),
        sa.ForeignKeyConstraint(["device_id"], ["devices.id"], name=op.f("fk_page_followings_device_id")),
        sa.ForeignKeyConstraint(["page_id"], ["pages.id"], name=op.f("fk_page_followings_page_id")),
        sa.PrimaryKeyConstraint("device_id", "page_id", name=op.f("pk_page_followings")),
    )
    op.create_index("ix_page_followings_page_id", "page_followings", ["page_id"])
    op.create_index("ix_page_followings_customer_id", "page_followings", ["customer_id"])
    op.create_table(
        "push_subscriptions",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("device_id", sa.BigInteger(), nullable=False),
        sa.Column("endpoint", sa.Text(), nullable=False),
        sa.Column("endpoint_digest", sa.String(length=64), nullable=False),
        sa.Column("p256dh", sa.String(length=120), nullable=False),
        sa.Column("auth", sa.String(length=40), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("confirmed_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["device_id"], ["devices.id"], name=op.f("fk_push_subscriptions_device_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_push_subscriptions")),
        sa.UniqueConstraint("device_id", name=op.f("uq_push_subscriptions_device_id")),
        sa.UniqueConstraint("endpoint_digest", name=op.f("uq_push_subscriptions_endpoint_digest")),
    )
    op.create_table(
        "checks",
        sa.Column("page_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("codes", sa.Integer(), nullable=False),
        sa.Column("code_digest", sa.String(length=64), nullable=True),
        sa.Column("code_expires_at", MOMENT, nullable=True),
        sa.Column("locked_at", MOMENT, nullable=True),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.CheckConstraint("state IN ('asked', 'failed', 'locked')", name=op.f("ck_checks_state")),
        sa.CheckConstraint("tries BETWEEN 0 AND 5", name=op.f("ck_checks_tries")),
        sa.CheckConstraint("codes BETWEEN 0 AND 3", name=op.f("ck_checks_codes")),
        sa.CheckConstraint("(state = 'locked') = (locked_at IS NOT NULL)", name=op.f("ck_checks_locked")),
        sa.ForeignKeyConstraint(["page_id"], ["pages.id"], name=op.f("fk_checks_page_id")),
        sa.PrimaryKeyConstraint("page_id", "kind", name=op.f("pk_checks")),
    )
    op.create_table(
        "check_passes",
        sa.Column("page_id", sa.BigInteger(), nullable=False),
        sa.Column("device_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("passed_at", MOMENT, nullable=False),
        sa.Column("seen_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["device_id"], ["devices.id"], name=op.f("fk_check_passes_device_id")),
        sa.ForeignKeyConstraint(["page_id"], ["pages.id"], name=op.f("fk_check_passes_page_id")),
        sa.PrimaryKeyConstraint("page_id", "device_id", "kind", name=op.f("pk_check_passes")),
    )
    op.create_index("ix_check_passes_device_id", "check_passes", ["device_id"])
    op.add_column("customers", sa.Column("language_chosen_at", MOMENT, nullable=True))
    op.add_column("pages", sa.Column("disowned_at", MOMENT, nullable=True))
    op.add_column("pages", sa.Column("first_device_id", sa.BigInteger(), nullable=True))
    op.add_column("messages", sa.Column("payload", JSON, nullable=True))
    op.add_column("messages", sa.Column("stands_by", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("messages", sa.Column("until_seen", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("messages", sa.Column("ahead_of", sa.BigInteger(), nullable=True))
    op.create_index(
        "ix_messages_ahead_of",
        "messages",
        ["ahead_of"],
        sqlite_where=sa.text("ahead_of IS NOT NULL"),
        postgresql_where=sa.text("ahead_of IS NOT NULL"),
    )
    op.create_index(
        "ix_messages_ready",
        "messages",
        ["channel", "next_look_at"],
        sqlite_where=sa.text("state = 'ready'"),
        postgresql_where=sa.text("state = 'ready'"),
    )
    op.create_table(
        "provider_alarms",
        sa.Column("provider", sa.String(length=40), nullable=False),
        sa.Column("host", sa.String(length=253), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("since", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("provider", "host", name=op.f("pk_provider_alarms")),
    )


def downgrade() -> None:
    op.drop_table("provider_alarms")
    op.drop_index("ix_messages_ready", table_name="messages")
    op.drop_index("ix_messages_ahead_of", table_name="messages")
    op.drop_column("messages", "ahead_of")
    op.drop_column("messages", "until_seen")
    op.drop_column("messages", "stands_by")
    op.drop_column("messages", "payload")
    op.drop_column("pages", "first_device_id")
    op.drop_column("pages", "disowned_at")
    op.drop_column("customers", "language_chosen_at")
    tables = (
        "check_passes",
        "checks",
        "push_subscriptions",
        "page_followings",
        "followings",
        "device_pages",
        "devices",
    )
    for table in tables:
        op.drop_table(table)
