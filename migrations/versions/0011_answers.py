"""An answer can hold from a moment on: until when it can be changed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("pages", sa.Column("change_until", sa.DateTime(timezone=True)))


def downgrade() -> None:
    op.drop_column("pages", "change_until")
