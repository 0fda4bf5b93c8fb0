"""Customers put their channels in order and leave some out; photos come with texts that are about no page."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

IS_WAITING = "state = 'received'"
IS_UNSENT = "source = 'upload' AND sent_by = 'customer' AND answer_id IS NULL AND key IS NOT NULL"
IS_UNREADABLE = "state = 'refused' AND answer_id IS NOT NULL"
OF_ONE = "(page_id IS NULL) <> (conversation_id IS NULL)"
NAMES = {"fk": "fk_%(table_name)s_%(column_0_name)s"}
"""What SQLite does not tell of a constraint that came with its column."""

INDEXES = {
    "ix_media_waiting": ("next_look_at", IS_WAITING),
    "ix_media_unsent": ("created_at", IS_UNSENT),
    "ix_media_unreadable": ("page_id", IS_UNREADABLE),
}


def upgrade() -> None:
    op.add_column("preferences", sa.Column("channels", sa.String(length=20), nullable=True))
    _drop_partial()
    with op.batch_alter_table("media", naming_convention=NAMES) as media:
        media.alter_column("page_id", existing_type=sa.BigInteger(), nullable=True)
        media.add_column(sa.Column("conversation_id", sa.BigInteger(), nullable=True))
        media.create_foreign_key("fk_media_conversation_id", "conversations", ["conversation_id"], ["id"])
        media.create_check_constraint(op.f("ck_media_of_one"), OF_ONE)
    op.create_index("ix_media_conversation_id", "media", ["conversation_id"])
    _create_partial()
    with op.batch_alter_table("media_arrivals") as arrivals:
        arrivals.alter_column("page_id", existing_type=sa.BigInteger(), nullable=True)
        arrivals.add_column(sa.Column("conversation_id", sa.BigInteger(), nullable=True))
        arrivals.create_foreign_key("fk_media_arrivals_conversation_id", "conversations", ["conversation_id"], ["id"])
        arrivals.create_check_constraint(op.f("ck_media_arrivals_of_one"), OF_ONE)
    op.create_index("ix_media_arrivals_conversation_id", "media_arrivals", ["conversation_id"])


def downgrade() -> None:
    """What lies in the store for photos of no page is not deleted by this."""
    for table in ("media", "media_arrivals"):
        op.execute(sa.delete(sa.table(table, sa.column("page_id"))).where(sa.column("page_id").is_(None)))
        op.drop_index(f"ix_{table}_conversation_id", table_name=table)
    _drop_partial()
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    if is_sqlite:
        op.execute("CREATE TEMPORARY TABLE sent_with AS SELECT id, answer_id FROM media WHERE answer_id IS NOT NULL")
        op.drop_index("ix_media_answer_id", table_name="media")
    for table in ("media", "media_arrivals"):
        with op.batch_alter_table(table, naming_convention=NAMES) as changed:
            changed.drop_constraint(op.f(f"ck_{table}_of_one"), type_="check")
            changed.drop_constraint(f"fk_{table}_conversation_id", type_="foreignkey")
            changed.drop_column("conversation_id")
            changed.alter_column("page_id", existing_type=sa.BigInteger(), nullable=False)
            if is_sqlite and table == "media":
                changed.drop_constraint("fk_media_answer_id", type_="foreignkey")
                changed.drop_column("answer_id")
    if is_sqlite:
        _give_back_answers()
    _create_partial()
    op.drop_column("preferences", "channels")


def _give_back_answers() -> None:
    """As 0014 made the column, and can take it back: SQLite drops none that a constraint of the table itself names."""
    op.execute("ALTER TABLE media ADD COLUMN answer_id BIGINT CONSTRAINT fk_media_answer_id REFERENCES answers (id)")
    op.execute("UPDATE media SET answer_id = (SELECT answer_id FROM sent_with WHERE sent_with.id = media.id)")
    op.execute("DROP TABLE sent_with")
    op.create_index("ix_media_answer_id", "media", ["answer_id"])


def _drop_partial() -> None:
    for name in INDEXES:
        op.drop_index(name, table_name="media")


def _create_partial() -> None:
    for name, (column, condition) in INDEXES.items():
        where = sa.text(condition)
        op.create_index(name, "media", [column], sqlite_where=where, postgresql_where=where)
