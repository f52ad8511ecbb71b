"""The people in the console and what they write that no customer sees (yet), a part of `db.tables`.

Use them as `tables.Agent`, like every other.
"""

from datetime import datetime

from sqlmodel import Field, SQLModel

from db.columns import moment, new_key, of_conversation


class Agent(SQLModel, table=True):
    """The person in the console."""

    id: int = new_key()
    email: str = Field(unique=True)
    name: str
    role: str = Field(default="agent", max_length=20)
    password_hash: str


class AgentSession(SQLModel, table=True):
    """A login, revocable here; only the hash of its token is kept."""

    __tablename__ = "agent_session"
    token_hash: str = Field(primary_key=True, max_length=64)
    agent_id: int = Field(foreign_key="agent.id", ondelete="CASCADE")
    created_at: datetime = moment()
    expires_at: datetime = moment()
    revoked_at: datetime | None = moment(nullable=True)


class Note(SQLModel, table=True):
    """What agents tell each other about a conversation. No message: nothing that speaks to a customer, to the bot or to
    the risk model reads this table.
    """

    id: int = new_key()
    conversation_id: str = of_conversation()
    agent_id: int | None = Field(default=None, foreign_key="agent.id")
    author: str
    time: datetime = moment()
    text: str


class HeldReply(SQLModel, table=True):
    """An agent's answer that may still be taken back. It becomes a message, with its id, when its time comes: until
    then nothing that reads messages can see it.
    """

    __tablename__ = "held_reply"
    id: int = new_key()
    conversation_id: str = of_conversation()
    escalation_id: int = Field(foreign_key="escalation.id", ondelete="CASCADE", index=True)
    agent_id: int = Field(foreign_key="agent.id")
    written_at: datetime = moment()
    release_at: datetime = moment(index=True)
    text: str
