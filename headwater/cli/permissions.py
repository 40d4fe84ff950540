"""``headwater permissions``: what roles lack, and what is not signed as AWS wants it."""

from __future__ import annotations

import json
from itertools import groupby
from operator import itemgetter
from typing import Any

import click
from rich.text import Text

from headwater.cli.asking import asking
from headwater.cli.options import endpoint_option
from headwater.cli.terminal import terminal
from headwater.client import Lacking, MissingPolicy, SignatureFlaw


@click.command("permissions")
@click.argument("role", required=False, default="", metavar="[ROLE]")
@click.option("--policy", is_flag=True, help="Print, for each role, a policy that would allow what it lacks.")
@click.option("--json", "as_json", is_flag=True, help="Each of them as a line of JSON.")
@endpoint_option
def command(role: str, policy: bool, as_json: bool, endpoint: str) -> None:
    """List what functions, executions and others did here, or tried, that the policies of their roles do not allow, so
    that AWS would refuse it; of one ROLE, given by its name or ARN. Then the requests, such as by presigned URLs, that
    it would refuse for their signatures.

    `headwater start --enforce-policies` and `--verify-signatures` refuse it here too.
    """
    with asking(endpoint) as headwater:
        if policy:
            click.echo(json.dumps(_by_role(headwater.missing_policies(role)), indent=2))
            return
        found, flaws = headwater.permissions(role), [] if role else headwater.signatures()
    if as_json:
        for each in (*found, *flaws):
            click.echo(json.dumps(each))
        return
    found.sort(key=itemgetter("role", "resource", "action"))
    for arn, lacking in groupby(found, key=itemgetter("role")):
        _show(arn, list(lacking))
    for key, signed in groupby(sorted(flaws, key=itemgetter("key", "operation")), key=itemgetter("key")):
        _show_flaws(key, list(signed))
    if not found and not flaws:
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
        elif "role trust policy" in each["reason"]:
            line.append(", by the role's trust policy")
        line.append(f"  {each['trace']}", style="dim")
        console.print(line, soft_wrap=True)


def _show_flaws(key: str, flaws: list[SignatureFlaw]) -> None:
    console = terminal()
    console.print(Text.assemble(("signed with ", "dim"), (key, "bold")), soft_wrap=True)
    for each in flaws:
        times = "once" if each["times"] == 1 else f"{each['times']} times"
        line = Text.assemble("  ", each["operation"], "  ", (each["error"], "red"), f": {each['reason']}  ")
        line.append(f"{times}  {each['trace']}", style="dim")
        console.print(line, soft_wrap=True)


def _by_role(policies: list[MissingPolicy]) -> dict[str, Any]:
    return {each["role"] + (" (trust policy)" if each["trust"] else ""): each["document"] for each in policies}
