"""``headwater explain``: what became of an event, and why."""

from __future__ import annotations

import json
from typing import Any

import click
from rich.console import Console
from rich.text import Text

from headwater.cli.asking import asking
from headwater.cli.options import endpoint_option
from headwater.cli.spans import short
from headwater.cli.tail import json_of, title
from headwater.cli.terminal import terminal
from headwater.client import Explained, Outcome, Tried, Verdict
from headwater.languages.durations import show_duration
from headwater.spine.timestamps import iso8601_milliseconds

UNDER_WAY, NOT_TAKEN = 3, 4
_MARKS = {
    "delivered": ("✓", "green"),
    "matched": ("✓", "green"),
    **dict.fromkeys(("waiting", "running", "retrying"), ("…", "yellow")),
    **dict.fromkeys(("dead-lettered", "dropped", "failed"), ("✗", "red")),
}
_MOST_MISSES = 20


@click.command("explain")
@click.argument("identity", required=False, metavar="[EVENT_ID]")
@click.option("--event", "event", metavar="JSON|FILE", help="An event that has not come: what would become of it.")
@click.option("--pattern", metavar="JSON|FILE", help="Try this pattern, or filter policy, on recorded traffic.")
@click.option("--last", type=click.IntRange(1, 10_000), default=100, show_default=True,
              help="With --pattern: on how many of the last events.")  # fmt: skip
@click.option("--scope", type=click.Choice(["MessageAttributes", "MessageBody"]),
              help="With --pattern on a topic: what the filter policy sees.")  # fmt: skip
@click.option("--bus", metavar="BUS", help="A bus's name, or the ARN of a bus, topic, queue or stream.")
@click.option("--full", is_flag=True, help="Every predicate's verdict, and all that said no.")
@click.option("--json", "as_json", is_flag=True, help="What the server answers, as JSON.")
@endpoint_option
def command(
    identity: str | None,
    event: str | None,
    pattern: str | None,
    last: int,
    scope: str | None,
    bus: str | None,
    full: bool,
    as_json: bool,
    endpoint: str,
) -> None:
    """Tell of an event, message or stream record what every rule, subscription and mapping made of it: delivered,
    waiting, tried again, given up; or which field said no, the nearest miss first.

    Exit code 0: taken; 3: under way; 4: nobody took it, or a delivery was given up; 1: not known.
    """
    if sum(given is not None for given in (identity, event, pattern)) != 1:
        raise click.UsageError("Name an event, or give one with --event, or try a --pattern.")
    console = terminal()
    if pattern is not None:
        with asking(endpoint) as headwater:
            tried = headwater.try_pattern(json_of(pattern), bus or "default", last, scope)
        if as_json:
            click.echo(json.dumps(tried))
        else:
            _show_trial(console, tried)
        return
    with asking(endpoint) as headwater:
        explained = headwater.explain(identity or json.loads(json_of(event or "")), bus)
        now = headwater.time()["now"]
    if as_json:
        click.echo(json.dumps(explained))
    else:
        _show(console, explained, now, full)
    if code := _exit_code(explained):
        raise click.exceptions.Exit(code)


def _exit_code(explained: Explained) -> int:
    states = {verdict["state"] for verdict in explained["verdicts"]}
    states |= {each["state"] for verdict in explained["verdicts"] for each in verdict.get("deliveries", ())}
    if states & {"dead-lettered", "dropped", "failed"} or not states & _MARKS.keys():
        return NOT_TAKEN
    return UNDER_WAY if states & {"waiting", "running", "retrying"} else 0


def _show(console: Console, explained: Explained, now: int, full: bool) -> None:
    head = Text(title(explained["event"]), style="bold")
    head.append(f" on {short(explained['channel'])}", style="cyan")
    if explained["at"] is not None:
        head.append(f" at {iso8601_milliseconds(explained['at'])}", style="dim")
    if explained["trace"]:
        head.append(f"  trace {explained['trace']}", style="dim")
    console.print(head, soft_wrap=True)
    if "problem" in explained:
        console.print(explained["problem"], style="red", soft_wrap=True)
    taken = [verdict for verdict in explained["verdicts"] if verdict["state"] in _MARKS]
    others = [verdict for verdict in explained["verdicts"] if verdict["state"] not in _MARKS]
    if not taken:
        console.print("nobody took it", style="yellow")
    for verdict in taken + (others if full else others[:_MOST_MISSES]):
        _show_verdict(console, verdict, explained["at"], now, full)
    left = len(others) - _MOST_MISSES
    if left > 0 and not full:
        console.print(f"… and {left} more that said no: --full", style="dim")
    for caused in explained.get("caused", ()):
        console.print(f"[dim]→ on {short(caused['channel'])}: headwater explain {caused['id']}[/]", soft_wrap=True)


def _show_verdict(console: Console, verdict: Verdict, came: int | None, now: int, full: bool) -> None:
    deliveries = verdict.get("deliveries") or []
    if deliveries:
        for delivery in deliveries:
            line = _line(verdict, delivery["state"])
            line.append(f" → {short(delivery.get('target', ''))}", style="cyan")
            line.append(f"  {_outcome(delivery, came, now)}", style="dim")
            console.print(line, soft_wrap=True)
            if (full or delivery["state"] not in ("delivered", "waiting")) and (answer := _response(delivery)):
                console.print(Text(f"    answered {answer}", style="dim"), soft_wrap=True)
    else:
        line = _line(verdict, verdict["state"])
        if verdict["state"] == "matched" or verdict["kind"] != "rule":
            line.append("".join(f" → {short(target['arn'])}" for target in verdict.get("targets", ())), style="cyan")
        if verdict["reason"] and verdict["reason"] not in verdict.get("warnings", ()):
            line.append(f"  {verdict['reason']}")
        console.print(line, soft_wrap=True)
    for warning in verdict.get("warnings", ()):
        console.print(Text(f"    {warning}", style="yellow"), soft_wrap=True)
    if full and "explanation" in verdict:
        for branch in verdict["explanation"]["branches"]:
            _show_branch(console, branch)


def _line(verdict: Verdict, state: str) -> Text:
    mark, style = _MARKS.get(state, ("·", ""))
    line = Text(f"{mark} {state:<14}", style=style)
    line.append(f"{verdict['kind']} ", style="dim")
    line.append(verdict["name"], style="bold")
    return line


def _outcome(delivery: Outcome, came: int | None, now: int) -> str:
    state = delivery["state"]
    if state in ("delivered", "failed"):
        later = show_duration(delivery["at"] - came) if came is not None else "0s"
        told = "" if later == "0s" else f"after {later}, "
        took = f"{told}took {(delivery.get('took') or 0) / 1000:.1f} ms"
        return f"{took}: {delivery.get('error')}" if state == "failed" else took
    if state in ("dead-lettered", "dropped"):
        letter = delivery.get("dead_letter")
        where = f"in {short(letter)}" if letter else "there is no dead-letter queue"
        attempts = f"{delivery['attempt']} attempt{'' if delivery['attempt'] == 1 else 's'}"
        return f"{where}, after {attempts}: {delivery['error']}  [{delivery['id']}]"
    if state == "retrying":
        due = show_duration(max(0, delivery["due"] - now))
        return f"attempt {delivery['attempt']} failed, next in {due}: {delivery['error']}  [{delivery['id']}]"
    return f"[{delivery.get('id', '')}]"


def _response(delivery: Outcome) -> str:
    """What the last attempt was answered, where it went by HTTP; on one line."""
    answers = [attempt["response"] for attempt in delivery.get("attempts", ()) if "response" in attempt]
    return " ".join(answers[-1].split()) if answers else ""


def _show_branch(console: Console, branch: dict[str, Any]) -> None:
    for field in branch["fields"]:
        for verdict in field["predicates"]:
            line = Text("    ")
            line.append("✓ " if verdict["yes"] else "✗ ", style="green" if verdict["yes"] else "red")
            line.append(f"{field['path']} {verdict['operator']} {json.dumps(verdict['expected'], ensure_ascii=False)}")
            line.append(f"  {verdict.get('why') or ', '.join(verdict['compared'])}", style="dim")
            console.print(line, soft_wrap=True)
    if branch["scattered"]:
        console.print("    no single element of an array satisfies all fields", style="red")


def _show_trial(console: Console, tried: Tried) -> None:
    console.print(f"{tried['matched']} of the last {tried['tried']} on {short(tried['channel'])} match", style="bold")
    for identity in tried["examples"]:
        console.print(f"[green]✓[/] {identity}", soft_wrap=True)
    for miss in tried["near_misses"]:
        line = Text("· ")
        line.append(miss["id"])
        line.append(f"  {miss['reason']}", style="dim")
        console.print(line, soft_wrap=True)
