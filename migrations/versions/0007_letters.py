"""The development handset's e-mails."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "handset_emails",
        sa.Column("id", ID, nullable=False),
        sa.Column("client_ref", sa.String(length=11), nullable=False),
        sa.Column("address", sa.String(length=254), nullable=False),
        sa.Column("sender", sa.String(length=80), nullable=False),
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("html", sa.Text(), nullable=False),
        sa.Column("unsubscribe_url", sa.String(length=300), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_handset_emails")),
        sa.UniqueConstraint("client_ref", name=op.f("uq_handset_emails_client_ref")),
    )
    op.create_index("ix_handset_emails_address_id", "handset_emails", ["address", "id"])


def downgrade() -> None:
    op.drop_index("ix_handset_emails_address_id", table_name="handset_emails")
    op.drop_table("handset_emails")
