"""What a conversation came to before the turn at hand."""

from dataclasses import dataclass

from sqlmodel import Session, col, select

from db import tables
from desk.decide import Act
from desk.escalations import open_case
from desk.hearing import Heard

TURNS = 10  # what was heard longer ago is not asked for, and a long chat stays fast


@dataclass(frozen=True, slots=True)
class SoFar:
    """`risk` is that of the last scored turn; `heard` what was heard in the last turns, the oldest first. `escalated`:
    a case that the risk opened is open.
    """

    done: frozenset[Act]
    risk: float | None
    heard: tuple[Heard, ...]
    escalated: bool


def so_far(session: Session, conversation_id: str) -> SoFar:
    decision, risk = tables.Decision, tables.Risk
    query = (
        select(decision.carried_out, decision.heard, risk.probability)
        .join(risk, col(risk.id) == col(decision.risk_id))
        .where(decision.conversation_id == conversation_id)
        .order_by(col(decision.id).desc())
        .limit(TURNS)
    )
    turns = session.exec(query).all()
    acts = [acts for acts, _, _ in turns]
    if len(turns) == TURNS:
        query_all = select(decision.carried_out).where(decision.conversation_id == conversation_id)
        acts = list(session.exec(query_all))
    done = frozenset(Act(act) for some in acts for act in some)
    return SoFar(
        done,
        next((probability for _, _, probability in turns if probability is not None), None),
        tuple(Heard.from_row(heard) for _, heard, _ in reversed(turns)),
        Act.ESCALATION in done and open_case(session, conversation_id) is not None,
    )
