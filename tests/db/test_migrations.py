from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, inspect
from sqlmodel import SQLModel

from db import tables  # noqa: F401  (registers the tables)
from db.migrate import downgrade, is_current, upgrade


def test_migrations_go_up_down_and_up_again(empty_engine: Engine) -> None:
    upgrade(empty_engine)
    assert is_current(empty_engine)
    downgrade(empty_engine)
    assert inspect(empty_engine).get_table_names() == ["alembic_version"]
    upgrade(empty_engine)
    assert is_current(empty_engine)


def test_upgrading_twice_changes_nothing(engine: Engine) -> None:
    before = inspect(engine).get_table_names()
    upgrade(engine)
    assert inspect(engine).get_table_names() == before


def test_migrations_make_exactly_the_tables_of_the_code(engine: Engine) -> None:
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), SQLModel.metadata) == []
