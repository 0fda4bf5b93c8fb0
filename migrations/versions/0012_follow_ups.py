"""Follow-ups: when a page is to be looked at next if nobody answers, what is over, and on what it may be told."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
IS_FOLLOWED_UP = "follow_up_at IS NOT NULL"


def upgrade() -> None:
    op.add_column("pages", sa.Column("channels", JSON, nullable=True))
    op.add_column("pages", sa.Column("follow_up_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("pages", sa.Column("follow_ups_done", JSON, nullable=False, server_default="{}"))
    where = sa.text(IS_FOLLOWED_UP)
    op.create_index("ix_pages_follow_up_at", "pages", ["follow_up_at"], sqlite_where=where, postgresql_where=where)


def downgrade() -> None:
    op.drop_index("ix_pages_follow_up_at", table_name="pages")
    op.drop_column("pages", "follow_ups_done")
    op.drop_column("pages", "follow_up_at")
    op.drop_column("pages", "channels")
