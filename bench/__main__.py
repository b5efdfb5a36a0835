"""All benches, or those that are named: ``python -m bench [page] [gate] …``.

Each runs as a process of its own, one after the other, so that none measures what another left. At
the end one table: figure, limit (DESIGN 6), ratio, verdict. Exits with 1 if a limit is missed.
"""

import json
import subprocess
import sys

import click
from bench.figures import Figure, describe_machine, print_table

BENCHES = ("page", "client", "sealing", "age", "gate", "inbox", "log", "verify", "clocks")


@click.command(help=(__doc__ or "").split("\n")[0])
@click.argument("names", nargs=-1, type=click.Choice(BENCHES))
def main(names: tuple[str, ...]) -> None:
    """Run the benches and print one table."""
    figures: list[Figure] = []
    for name in names or BENCHES:
        print(f"{name} …", file=sys.stderr, flush=True)
        figures += run_bench(name)
    print(describe_machine())
    print_table(figures)
    sys.exit(0 if all(figure.holds for figure in figures) else 1)


def run_bench(name: str) -> list[Figure]:
    """Run one bench and return its figures; what else it says goes to our standard error."""
    command = [sys.executable, "-m", f"bench.{name}", "--json"]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    rows = [line for line in done.stdout.splitlines() if line.startswith("{")]
    if done.returncode not in (0, 1) or not rows:
        sys.exit(f"bench {name} fell over")
    found = [Figure(**json.loads(row)) for row in rows]
    return [Figure(**{**vars(one), "what": f"{name}: {one.what}"}) for one in found]


if __name__ == "__main__":
    main()
