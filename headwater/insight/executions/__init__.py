"""Executions of state machines: what one did over its machine's graph, two compared, many replayed."""

from headwater.insight.executions.answers import answer_diff, answer_graph, answer_replay, answer_show

__all__ = ["answer_diff", "answer_graph", "answer_replay", "answer_show"]
