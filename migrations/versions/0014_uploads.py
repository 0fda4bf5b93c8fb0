"""A photo can come from the page itself, in parts; from then on it belongs to the answer that it is sent with."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
IS_UNSENT = "source = 'upload' AND sent_by = 'customer' AND answer_id IS NULL AND key IS NOT NULL"

IS_UNREADABLE = "state = 'refused' AND answer_id IS NOT NULL"


def upgrade() -> None:
    moment = sa.DateTime(timezone=True)
    # In one statement, which both databases have: SQLite adds no constraint later.
    op.execute("ALTER TABLE media ADD COLUMN answer_id BIGINT CONSTRAINT fk_media_answer_id REFERENCES answers (id)")
    where = sa.text(IS_UNSENT)
    op.create_index("ix_media_unsent", "media", ["created_at"], sqlite_where=where, postgresql_where=where)
    op.create_index("ix_media_answer_id", "media", ["answer_id"])
    where = sa.text(IS_UNREADABLE)
    op.create_index("ix_media_unreadable", "media", ["page_id"], sqlite_where=where, postgresql_where=where)
    op.create_table(
        "media_uploads",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("page_id", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("received", sa.Integer(), nullable=False),
        sa.Column("keys", JSON, nullable=False),
        sa.Column("created_at", moment, nullable=False),
        sa.CheckConstraint("state IN ('coming', 'whole', 'dropped')", name=op.f("ck_media_uploads_state")),
        sa.CheckConstraint("received BETWEEN 0 AND size", name=op.f("ck_media_uploads_received")),
        sa.ForeignKeyConstraint(["page_id"], ["pages.id"], name=op.f("fk_media_uploads_page_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_media_uploads")),
    )
    op.create_index("ix_media_uploads_page_id", "media_uploads", ["page_id", "created_at"])
    op.create_index("ix_media_uploads_created_at", "media_uploads", ["created_at"])


def downgrade() -> None:
    op.drop_table("media_uploads")
    op.drop_index("ix_media_unreadable", table_name="media")
    op.drop_index("ix_media_answer_id", table_name="media")
    op.drop_index("ix_media_unsent", table_name="media")
    op.drop_column("media", "answer_id")
