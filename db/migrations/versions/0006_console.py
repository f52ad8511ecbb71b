"""The console: snoozed cases, notes among agents, answers that may be taken back, and an index for a long queue."""

import sqlalchemy as sa
import sqlmodel
from alembic import op

import db.columns

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

OPEN = sa.text("status <> 'resolved'")


def upgrade() -> None:
    op.add_column(
        "escalation", sa.Column("snoozed_until", db.columns.UTCDateTime(timezone=True), nullable=True)
    )
    op.add_column("escalation", sa.Column("seen_message_id", sa.Integer(), nullable=True))
    op.create_index(
        "ix_escalation_queue",
        "escalation",
        ["priority", "opened_at"],
        sqlite_where=OPEN,
        postgresql_where=OPEN,
    )
    op.create_table(
        "note",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("conversation_id", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("agent_id", sa.Integer(), nullable=True),
        sa.Column("author", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("time", db.columns.UTCDateTime(timezone=True), nullable=False),
        sa.Column("text", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversation.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["agent_id"], ["agent.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_note_conversation_id", "note", ["conversation_id"])
    op.create_table(
        "held_reply",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("conversation_id", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("escalation_id", sa.Integer(), nullable=False),
        sa.Column("agent_id", sa.Integer(), nullable=False),
        sa.Column("written_at", db.columns.UTCDateTime(timezone=True), nullable=False),
        sa.Column("release_at", db.columns.UTCDateTime(timezone=True), nullable=False),
        sa.Column("text", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversation.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["escalation_id"], ["escalation.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["agent_id"], ["agent.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    for column in ("conversation_id", "escalation_id", "release_at"):
        op.create_index(f"ix_held_reply_{column}", "held_reply", [column])


def downgrade() -> None:
    op.drop_table("held_reply")
    op.drop_table("note")
    op.drop_index("ix_escalation_queue", "escalation")
    with op.batch_alter_table("escalation") as batch:
        batch.drop_column("seen_message_id")
        batch.drop_column("snoozed_until")
