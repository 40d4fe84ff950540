"""``headwater permissions``: what roles lack."""

from __future__ import annotations

import json
from collections.abc import Iterable
from itertools import groupby
from operator import itemgetter
from typing import Any

import click
from rich.text import Text

from headwater.cli.asking import asking
from headwater.cli.options import endpoint_option
from headwater.cli.terminal import terminal
from headwater.client import Lacking


@click.command("permissions")
@click.argument("role", required=False, default="", metavar="[ROLE]")
@click.option("--policy", is_flag=True, help="Print, for each role, a policy that would allow what it lacks.")
@click.option("--json", "as_json", is_flag=True, help="Each missing permission as a line of JSON.")
@endpoint_option
def command(role: str, policy: bool, as_json: bool, endpoint: str) -> None:
    """List what functions, executions and others did here, or tried, that the policies of their roles do not allow, so
    that AWS would refuse it; of one ROLE, given by its name or ARN.

    `headwater start --enforce-policies` refuses it here too.
    """
    with asking(endpoint) as headwater:
        found = headwater.permissions(role)
    if as_json:
        for each in found:
            click.echo(json.dumps(each))
        return
    found.sort(key=itemgetter("role", "resource", "action"))
    if policy:
        click.echo(json.dumps(_policies(found), indent=2))
        return
    for arn, lacking in groupby(found, key=itemgetter("role")):
        _show(arn, list(lacking))
    if not found:
        terminal().print("none")


def _show(arn: str, lacking: list[Lacking]) -> None:
    console = terminal()
    sessions = sorted({name for each in lacking for name in each["sessions"]})
    console.print(Text.assemble((arn.rpartition("/")[2], "bold"), (f"  {', '.join(sessions)}", "dim")), soft_wrap=True)
    for each in lacking:
        times = "once" if each["times"] == 1 else f"{each['times']} times"
        line = Text.assemble("  ", (each["action"], "red"), f" on {each['resource']}  ", (times, "dim"))
        if each["reason"].startswith("with"):  # otherwise nothing allows it, as one thinks
            line.append(f", {each['reason']}")
        line.append(f"  {each['trace']}", style="dim")
        console.print(line, soft_wrap=True)


def _policies(found: list[Lacking]) -> dict[str, Any]:
    """What would allow it: the policies of whoever lacks something, and the trust policies of roles."""
    trusting = sorted((each for each in found if _is_of_trust(each)), key=itemgetter("resource"))
    others = groupby((each for each in found if not _is_of_trust(each)), key=itemgetter("role"))
    return {
        **{arn: _policy(lacking) for arn, lacking in others},
        **{f"{arn} (trust policy)": _trust(same) for arn, same in groupby(trusting, key=itemgetter("resource"))},
    }


def _is_of_trust(lacking: Lacking) -> bool:
    return "role trust policy" in lacking["reason"]


def _trust(lacking: Iterable[Lacking]) -> dict[str, Any]:
    """Statements that let in the services and others that a role does not let in."""
    statements = []
    for each in lacking:
        services = [name for name in each["sessions"] if name.endswith(".amazonaws.com")]
        principal = {"Service": services} if services else {"AWS": each["role"]}
        statements.append({"Effect": "Allow", "Principal": principal, "Action": each["action"]})
    return {"Version": "2012-10-17", "Statement": statements}


def _policy(lacking: Iterable[Lacking]) -> dict[str, Any]:
    statements = [
        {"Effect": "Allow", "Action": sorted({each["action"] for each in same}), "Resource": resource}
        for resource, same in groupby(lacking, key=itemgetter("resource"))
    ]
    return {"Version": "2012-10-17", "Statement": statements}
