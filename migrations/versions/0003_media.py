"""Media: photos that were sent for a page, those still at a provider, and keys of the store to be emptied."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "media",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("page_id", sa.BigInteger(), nullable=False),
        sa.Column("source", sa.String(length=10), nullable=False),
        sa.Column("sent_by", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("reason", sa.String(length=20), nullable=True),
        sa.Column("kind", sa.String(length=10), nullable=True),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=40), nullable=True),
        sa.Column("sha256", sa.String(length=64), nullable=True),
        sa.Column("made_as", sa.String(length=10), nullable=True),
        sa.Column("width", sa.Integer(), nullable=True),
        sa.Column("height", sa.Integer(), nullable=True),
        sa.Column("preview_key", sa.String(length=40), nullable=True),
        sa.Column("preview_sha256", sa.String(length=64), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("next_look_at", MOMENT, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.CheckConstraint("source IN ('upload', 'mms')", name=op.f("ck_media_source")),
        sa.CheckConstraint("state IN ('received', 'ready', 'refused', 'forgotten')", name=op.f("ck_media_state")),
        sa.CheckConstraint("(state IN ('received', 'ready')) = (key IS NOT NULL)", name=op.f("ck_media_key")),
        sa.CheckConstraint("(state = 'refused') = (reason IS NOT NULL)", name=op.f("ck_media_reason")),
        sa.ForeignKeyConstraint(["page_id"], ["pages.id"], name=op.f("fk_media_page_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_media")),
    )
    op.create_index("ix_media_page_id", "media", ["page_id"])
    op.create_index(
        "ix_media_waiting",
        "media",
        ["next_look_at"],
        sqlite_where=sa.text("state = 'received'"),
        postgresql_where=sa.text("state = 'received'"),
    )
    op.create_table(
        "media_arrivals",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("page_id", sa.BigInteger(), nullable=False),
        sa.Column("provider", sa.String(length=40), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("sent_by", sa.String(length=40), nullable=False),
        sa.Column("due_at", MOMENT, nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["page_id"], ["pages.id"], name=op.f("fk_media_arrivals_page_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_media_arrivals")),
    )
    op.create_index("ix_media_arrivals_due_at", "media_arrivals", ["due_at"])
    op.create_index("ix_media_arrivals_page_id", "media_arrivals", ["page_id"])
    op.create_table(
        "media_leftovers",
        sa.Column("key", sa.String(length=40), nullable=False),
        sa.Column("due_at", MOMENT, nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_media_leftovers")),
    )
    op.create_index("ix_media_leftovers_due_at", "media_leftovers", ["due_at"])


def downgrade() -> None:
    op.drop_table("media_leftovers")
    op.drop_table("media_arrivals")
    op.drop_table("media")
