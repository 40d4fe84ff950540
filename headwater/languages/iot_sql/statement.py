"""A rule's statement, ready to be asked about messages."""

from __future__ import annotations

from dataclasses import dataclass

from headwater.languages.iot_sql.compiler import Compiler, Evaluator
from headwater.languages.iot_sql.errors import EvaluationError, SqlParseError
from headwater.languages.iot_sql.functions.signature import VERSION_1, VERSION_2
from headwater.languages.iot_sql.message import Message
from headwater.languages.iot_sql.nodes import paths
from headwater.languages.iot_sql.parser import Parser
from headwater.languages.iot_sql.values import UNDEFINED, Value, to_json
from headwater.languages.mqtt.topics import filter_problem

VERSIONS = (VERSION_1, VERSION_2, "beta")


@dataclass(frozen=True, slots=True)
class Statement:
    """`topic_filter` is None for a statement without FROM, which only Basic Ingest reaches."""

    topic_filter: str | None
    where_text: str
    _where: Evaluator | None
    _select: Evaluator
    _needs_json: bool
    _asked: tuple[tuple[str, Evaluator], ...]  # the attributes that WHERE looks at

    def condition(self, message: Message) -> Value:
        """What WHERE says, True without one: only True lets the actions run."""
        if self._needs_json and message.document is UNDEFINED:
            raise EvaluationError("The payload is not JSON and the statement refers to its attributes.")
        return True if self._where is None else self._where(message, message.document)

    def reason(self, message: Message) -> str:
        """Why the actions do not run: the condition, and the values of the attributes that it looks at."""
        verdict = to_json(self.condition(message)).decode() or "undefined"
        document = message.document
        seen = [
            f"{path} = {to_json(look_up(message, document)).decode() or 'undefined'}" for path, look_up in self._asked
        ]
        return f"WHERE {self.where_text} is {verdict}" + (f": {', '.join(seen)}" if seen else "")

    def select(self, message: Message) -> Value:
        """What SELECT makes of the message; bytes where the payload is not JSON. `values.to_json` writes it."""
        return self._select(message, message.document)


def compile_statement(sql: str, version: str = VERSION_1) -> Statement:
    """Read a statement of one of `VERSIONS`; raises `SqlParseError`."""
    if version not in VERSIONS:
        raise SqlParseError(f"Undefined SQL version: {version}", 0)
    query = Parser(sql).query()
    if query.topic_filter is not None and (problem := filter_problem(query.topic_filter)):
        raise SqlParseError(f"Invalid topic filter '{query.topic_filter}': {problem}.", 0)
    compiler = Compiler(version)
    where = compiler.expression(query.where) if query.where is not None else None
    select = compiler.selection(query.selection)
    asked = {path: compiler.expression(node) for path, node in paths(query.where)} if query.where else {}
    return Statement(query.topic_filter, query.where_text, where, select, compiler.names_payload, tuple(asked.items()))
