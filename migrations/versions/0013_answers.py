"""An answer can hold from a moment on; and whoever is offered what others have taken is told of it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

IS_EXHAUSTED = "exhausted_at IS NOT NULL"


def upgrade() -> None:
    moment = sa.DateTime(timezone=True)
    op.add_column("pages", sa.Column("change_until", moment))
    op.add_column("claims", sa.Column("exhausted_at", moment))
    where = sa.text(IS_EXHAUSTED)
    op.create_index("ix_claims_exhausted_at", "claims", ["exhausted_at"], sqlite_where=where, postgresql_where=where)
    op.create_table(
        "page_offers",
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("page_id", sa.BigInteger(), nullable=False),
        sa.Column("gone_at", moment),
        sa.ForeignKeyConstraint(["page_id"], ["pages.id"], name=op.f("fk_page_offers_page_id_pages")),
        sa.PrimaryKeyConstraint("name", "page_id", name=op.f("pk_page_offers")),
    )
    op.create_index("ix_page_offers_page_id", "page_offers", ["page_id"])


def downgrade() -> None:
    op.drop_table("page_offers")
    op.drop_index("ix_claims_exhausted_at", table_name="claims")
    op.drop_column("claims", "exhausted_at")
    op.drop_column("pages", "change_until")
