"""Consent: the evidence of what each person allowed and forbade, in which words; what they prefer; limits by person."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
MOMENT = sa.DateTime(timezone=True)
APPEND_ONLY = ("consents", "wordings")


def upgrade() -> None:
    op.create_table(
        "wordings",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("locale", sa.String(length=20), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_wordings")),
    )
    op.create_table(
        "consents",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("customer_id", sa.BigInteger(), nullable=True),
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column("key_id", sa.String(length=1), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("message_class", sa.String(length=20), nullable=False),
        sa.Column("is_given", sa.Boolean(), nullable=False),
        sa.Column("wording", sa.String(length=64), nullable=False),
        sa.Column("source", sa.String(length=40), nullable=False),
        sa.Column("actor", sa.String(length=40), nullable=False),
        sa.Column("page_id", sa.BigInteger(), nullable=True),
        sa.Column("at", MOMENT, nullable=False),
        sa.CheckConstraint(
            "message_class IN ('service', 'marketing', 'urgent')", name=op.f("ck_consents_message_class")
        ),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_consents_customer_id")),
        sa.ForeignKeyConstraint(["page_id"], ["pages.id"], name=op.f("fk_consents_page_id")),
        sa.ForeignKeyConstraint(["wording"], ["wordings.digest"], name=op.f("fk_consents_wording")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consents")),
    )
    op.create_index("ix_consents_digest", "consents", ["digest", "channel", "message_class", "id"])
    op.create_index("ix_consents_customer_id", "consents", ["customer_id", "id"])
    op.create_table(
        "preferences",
        sa.Column("customer_id", sa.BigInteger(), nullable=False),
        sa.Column("hours", sa.String(length=11), nullable=False),
        sa.Column("first_channel", sa.String(length=20), nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_preferences_customer_id")),
        sa.PrimaryKeyConstraint("customer_id", name=op.f("pk_preferences")),
    )
    op.add_column("messages", sa.Column("is_asked_for", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.create_index("ix_messages_customer_id_created_at", "messages", ["customer_id", "created_at"])
    _seal()


def downgrade() -> None:
    _unseal()
    op.drop_index("ix_messages_customer_id_created_at", table_name="messages")
    op.drop_column("messages", "is_asked_for")
    op.drop_table("preferences")
    op.drop_table("consents")
    op.drop_table("wordings")


def _seal() -> None:
    """Let the database itself refuse to change or remove evidence."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE FUNCTION keep_evidence() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'evidence of consent is only ever added to'; END $$"
        )
        for table in APPEND_ONLY:
            op.execute(
                f"CREATE TRIGGER keep_{table} BEFORE UPDATE OR DELETE ON {table} "
                "FOR EACH ROW EXECUTE FUNCTION keep_evidence()"
            )
        return
    for table in APPEND_ONLY:
        for change in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER keep_{table}_{change.lower()} BEFORE {change} ON {table} "
                "BEGIN SELECT RAISE(ABORT, 'evidence of consent is only ever added to'); END"
            )


def _unseal() -> None:
    if op.get_bind().dialect.name == "postgresql":
        for table in APPEND_ONLY:
            op.execute(f"DROP TRIGGER keep_{table} ON {table}")
        op.execute("DROP FUNCTION keep_evidence()")
        return
    for table in APPEND_ONLY:
        for change in ("update", "delete"):
            op.execute(f"DROP TRIGGER keep_{table}_{change}")
