"""Page types that staff compose in the console: what is being written, and every version that was published."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "composed_types",
        sa.Column("key", sa.String(length=40), nullable=False),
        sa.Column("draft", JSON, nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("published", sa.Integer(), nullable=False),
        sa.Column("is_retired", sa.Boolean(), nullable=False),
        sa.Column("edited_at", moment, nullable=False),
        sa.Column("edited_by", sa.String(length=60), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_composed_types")),
    )
    op.create_table(
        "composed_versions",
        sa.Column("key", sa.String(length=40), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("recipe", JSON, nullable=False),
        sa.Column("published_at", moment, nullable=False),
        sa.Column("published_by", sa.String(length=60), nullable=False),
        sa.ForeignKeyConstraint(["key"], ["composed_types.key"], name=op.f("fk_composed_versions_key")),
        sa.PrimaryKeyConstraint("key", "version", name=op.f("pk_composed_versions")),
    )


def downgrade() -> None:
    op.drop_table("composed_versions")
    op.drop_table("composed_types")
