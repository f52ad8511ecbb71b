"""Moments as whole seconds since 1970 inside a query: the same on SQLite and PostgreSQL."""

from typing import Any

from sqlalchemy import BigInteger
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement


class seconds(FunctionElement[int]):  # noqa: N801  # it reads as the function it is
    """`seconds(column)`: a part of a second is left out, so that a moment stays in its day."""

    type = BigInteger()
    inherit_cache = True


@compiles(seconds, "postgresql")
def _postgresql(element: seconds, compiler: SQLCompiler, **kw: Any) -> str:
    return f"FLOOR(EXTRACT(EPOCH FROM {compiler.process(element.clauses, **kw)}))::bigint"


@compiles(seconds, "sqlite")
def _sqlite(element: seconds, compiler: SQLCompiler, **kw: Any) -> str:
    return f"CAST(strftime('%s', {compiler.process(element.clauses, **kw)}) AS INTEGER)"
