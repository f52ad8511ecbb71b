"""What agents do with offers and with contested scores."""

import sqlalchemy as sa
from alembic import op

from db.columns import UTCDateTime

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "contest",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("customer_id", sa.Integer(), nullable=False),
        sa.Column("escalation_id", sa.Integer(), nullable=True),
        sa.Column("risk_id", sa.Integer(), nullable=True),
        sa.Column("time", UTCDateTime(timezone=True), nullable=False),
        sa.Column("agent_id", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("verdict", sa.String(length=20), nullable=True),
        sa.Column("verdict_reason", sa.String(), nullable=True),
        sa.Column("reviewed_by", sa.Integer(), nullable=True),
        sa.Column("reviewed_at", UTCDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["escalation_id"], ["escalation.id"], ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["risk_id"], ["risk.id"], ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["agent_id"], ["agent.id"]),
        sa.ForeignKeyConstraint(["reviewed_by"], ["agent.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    for column in ("customer_id", "escalation_id", "risk_id"):
        op.create_index(f"ix_contest_{column}", "contest", [column])
    with op.batch_alter_table("offer") as batch:
        batch.add_column(sa.Column("agent_id", sa.Integer(), nullable=True))
        batch.add_column(sa.Column("agent_reason", sa.String(), nullable=True))
        batch.create_foreign_key("fk_offer_agent_id", "agent", ["agent_id"], ["id"])


def downgrade() -> None:
    with op.batch_alter_table("offer") as batch:
        batch.drop_constraint("fk_offer_agent_id", type_="foreignkey")
        batch.drop_column("agent_reason")
        batch.drop_column("agent_id")
    op.drop_table("contest")
