"""Brands: opening hours by weekday and date, and a logo."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    op.add_column("brands", sa.Column("opening", JSON, server_default=sa.text("'{}'"), nullable=False))
    op.add_column("brands", sa.Column("logo", sa.String(length=32), server_default=sa.text("''"), nullable=False))
    op.create_table(
        "logos",
        sa.Column("digest", sa.String(length=32), nullable=False),
        sa.Column("png", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_logos")),
    )


def downgrade() -> None:
    op.drop_table("logos")
    op.drop_column("brands", "logo")
    op.drop_column("brands", "opening")
