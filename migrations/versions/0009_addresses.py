"""Whoever is known by an e-mail address alone is found quickly."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

HAS_EMAIL = "email IS NOT NULL"


def upgrade() -> None:
    where = sa.text(HAS_EMAIL)
    op.create_index("ix_customers_email", "customers", ["email"], sqlite_where=where, postgresql_where=where)


def downgrade() -> None:
    op.drop_index("ix_customers_email", table_name="customers")
