"""`stayline demo` as its own process, in full size: what it left is what the tests of whole conversations stand on."""

from pathlib import Path

import pytest
from sqlmodel import func, select

from app.bot_process import MODEL
from db import tables
from db.session import make_engine, read_only
from risk_model.manifest import read_model


@pytest.mark.timeout(1200)  # a full demo is made here by the first who needs it
def test_the_demo_is_a_shop_of_two_thousand_with_a_model_that_tells_and_a_trained_bot(
    trained_home: Path,
) -> None:
    engine = make_engine(f"sqlite:///{trained_home / 'stayline.db'}")
    with read_only(engine) as session:
        customers = session.exec(select(func.count()).select_from(tables.Customer)).one()
        agents = session.exec(select(func.count()).select_from(tables.Agent)).one()
    engine.dispose()
    assert customers >= 2000
    assert agents > 0
    assert read_model(trained_home / "model").metrics["with_text"]["auroc"] > 0.7
    assert (trained_home / "bot" / MODEL).is_file()
