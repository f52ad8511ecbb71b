"""What the shop answers from: refunds, invoices, subscriptions, products, and more of an order."""

import sqlalchemy as sa
import sqlmodel
from alembic import op

import db.columns

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

OF_ORDER = ("refund", "invoice")


def upgrade() -> None:
    with op.batch_alter_table("customer") as batch:
        batch.add_column(sa.Column("address", _text(), nullable=True))
    with op.batch_alter_table("customer_order") as batch:
        batch.add_column(sa.Column("currency", _text(3), nullable=False, server_default="EUR"))
        batch.add_column(sa.Column("ship_to", _text(), nullable=True))
        batch.add_column(sa.Column("returnable", sa.Boolean(), nullable=False, server_default=sa.true()))
    op.create_table(
        "refund",
        *_of_order(),
        sa.Column("amount", sa.Float(), nullable=False),
        sa.Column("currency", _text(3), nullable=False),
        sa.Column("status", _text(20), nullable=False),
        sa.Column("reason", _text(), nullable=True),
        _moment("requested_at"),
        _moment("paid_at", nullable=True),
    )
    op.create_table(
        "invoice",
        *_of_order(),
        sa.Column("number", _text(60), nullable=False),
        _moment("issued_at"),
        sa.Column("total", sa.Float(), nullable=False),
        sa.Column("currency", _text(3), nullable=False),
        sa.Column("url", _text(), nullable=True),
        sa.UniqueConstraint("number"),
    )
    op.create_table(
        "subscription",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("customer_id", sa.Integer(), nullable=False),
        sa.Column("name", _text(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        _moment("next_at", nullable=True),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    for table in (*OF_ORDER, "subscription"):
        op.create_index(f"ix_{table}_customer_id", table, ["customer_id"])
    op.create_table(
        "product",
        sa.Column("key", _text(60), nullable=False),
        sa.Column("names", sa.JSON(), nullable=True),
        sa.Column("also", sa.JSON(), nullable=True),
        sa.Column("about", sa.JSON(), nullable=True),
        sa.Column("price", sa.Float(), nullable=False),
        sa.Column("currency", _text(3), nullable=False),
        sa.Column("stock", sa.Integer(), nullable=True),
        _moment("back_at", nullable=True),
        sa.Column("url", _text(), nullable=True),
        sa.PrimaryKeyConstraint("key"),
    )


def downgrade() -> None:
    for table in ("product", "subscription", *OF_ORDER):
        op.drop_table(table)
    with op.batch_alter_table("customer_order") as batch:
        for column in ("returnable", "ship_to", "currency"):
            batch.drop_column(column)
    with op.batch_alter_table("customer") as batch:
        batch.drop_column("address")


def _text(length: int | None = None) -> sa.types.TypeEngine:
    return sqlmodel.sql.sqltypes.AutoString(length=length)


def _moment(name: str, *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, db.columns.UTCDateTime(timezone=True), nullable=nullable)


def _of_order() -> tuple[sa.schema.SchemaItem, ...]:
    return (
        sa.Column("order_number", _text(60), nullable=False),
        sa.Column("customer_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["order_number"], ["customer_order.order_number"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("order_number"),
    )
