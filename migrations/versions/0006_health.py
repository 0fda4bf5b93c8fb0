"""Providers' health, which says how much of a channel's traffic each takes; messages that let others go first."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "provider_health",
        sa.Column("provider", sa.String(length=40), nullable=False),
        sa.Column("share", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=20), nullable=False),
        sa.Column("falls", sa.Integer(), nullable=False),
        sa.Column("since", MOMENT, nullable=False),
        sa.CheckConstraint("share IN (0, 1, 5, 25)", name=op.f("ck_provider_health_share")),
        sa.CheckConstraint("reason IN ('failures', 'slow')", name=op.f("ck_provider_health_reason")),
        sa.PrimaryKeyConstraint("provider", name=op.f("pk_provider_health")),
    )
    op.create_index(
        "ix_messages_dead",
        "messages",
        ["updated_at"],
        sqlite_where=sa.text("state = 'dead'"),
        postgresql_where=sa.text("state = 'dead'"),
    )
    op.add_column("messages", sa.Column("rank", sa.Integer(), nullable=False, server_default="1"))
    op.drop_index("ix_messages_ready", table_name="messages")
    _index_ready("channel", "rank", "next_look_at")


def downgrade() -> None:
    op.drop_index("ix_messages_ready", table_name="messages")
    _index_ready("channel", "next_look_at")
    op.drop_column("messages", "rank")
    op.drop_index("ix_messages_dead", table_name="messages")
    op.drop_table("provider_health")


def _index_ready(*columns: str) -> None:
    where = sa.text("state = 'ready'")
    op.create_index("ix_messages_ready", "messages", columns, sqlite_where=where, postgresql_where=where)
