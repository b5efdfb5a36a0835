"""How long legal clocks take: many case files on one core, one alone, and the start of the command.

Run as ``python -m bench.clocks [--files 10000]``. Files differ: 1 to 40 events, 0 to 8 relations, 1
to 3 proceedings, drawn from the pack of Kazakhstan with a fixed seed; each is read from its bytes
and answered as JSON. Times are of one process pinned to one core, the pack loaded once.
"""

import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import datetime, timedelta, timezone
from pathlib import Path

import yaml
from bench.figures import Figure, build_parser, show

from aigaq.jurisdictions.loading import load_pack
from aigaq.jurisdictions.pack_shapes import Pack
from aigaq.reckoning.answer_json import to_json
from aigaq.reckoning.case_files import parse_document, read_case
from aigaq.reckoning.evaluation import evaluate

SEED = 20260522
ROUNDS = 7
KZ_TIME = timezone(timedelta(hours=5))
FIRST = datetime(2026, 1, 5, 9, 0, tzinfo=KZ_TIME)
LONGEST_SECONDS_FOR_10000 = 60.0
LONGEST_MILLISECONDS_FOR_ONE = 50.0
LONGEST_SECONDS_TO_START = 0.5


def draw_file(draw: random.Random, *, pack: Pack) -> bytes:
    """Return a case file of a size that varies as cases do."""
    offices = ("police_district", "akimat_district", "prosecutor_district", "judge_investigating")
    people = [f"p{number}" for number in range(draw.randint(1, 8))]
    parties = [{"id": "s", "roles": ["survivor"]}]
    for number, name in enumerate(people):
        party = {"id": name, "roles": ["official" if number else "alleged_perpetrator"]}
        parties.append(party | ({"office": draw.choice(offices)} if number else {}))
    relations = [
        {"from": draw.choice(people), "to": other, "kind": "kin"}
        for other in draw.sample(people, draw.randint(0, len(people)))
    ]
    relations = [one for one in relations if one["from"] != one["to"]]
    proceedings = [
        {"id": f"m{number}", "kind": "criminal", "institution": "police_district"}
        for number in range(draw.randint(1, 3))
    ]
    triggers = sorted(pack.triggers)
    events = [
        {
            "type": "report_submitted",
            "at": FIRST.isoformat(),
            "by": "s",
            "to": "police_district",
        }
    ]
    for _ in range(draw.randint(0, 39)):
        at = FIRST + timedelta(minutes=draw.randint(1, 200_000))
        events.append(
            {
                "type": draw.choice(triggers),
                "at": at.isoformat(),
                "proceeding": draw.choice(proceedings)["id"],
            }
        )
    case = {
        "pack": "kz",
        "as_of": (FIRST + timedelta(days=140)).isoformat(),
        "offence": "cc120_1",
        "place": {"region": "KZ-35"},
        "parties": parties,
        "relations": relations,
        "proceedings": proceedings,
        "events": events,
    }
    return yaml.safe_dump(case, sort_keys=False).encode()


def answer(data: bytes, *, pack: Pack) -> str:
    """Return the JSON answer to a file."""
    case = read_case(parse_document(data), pack=pack)
    return json.dumps(to_json(evaluate(case, pack=pack)), ensure_ascii=False)


def time_start(file: Path) -> float:
    """Return the median seconds of the whole command on one small file."""
    command = [str(Path(sys.executable).with_name("aigaq")), "clocks", str(file), "--json"]
    times = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
        times.append(time.perf_counter() - began)
    return statistics.median(times)


def main() -> None:
    """Measure and print."""
    parser = build_parser(__doc__)
    parser.add_argument("--files", type=int, default=10_000)
    options = parser.parse_args()
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    began = time.perf_counter()
    pack = load_pack("kz")
    loaded = time.perf_counter() - began
    draw = random.Random(SEED)
    files = [draw_file(draw, pack=pack) for _ in range(options.files)]
    took = []
    for data in files:
        began = time.perf_counter()
        answer(data, pack=pack)
        took.append(time.perf_counter() - began)
    small = min(files, key=len)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "case.yaml"
        file.write_bytes(small)
        started = time_start(file)
    whole = sum(took) * 10_000 / len(files)
    slowest = max(took) * 1_000
    typical = f"median {statistics.median(took) * 1_000:.1f} ms"
    show(
        [
            Figure("10,000 case files on one core", whole, "s", LONGEST_SECONDS_FOR_10000),
            Figure(
                "the slowest of them", slowest, "ms", LONGEST_MILLISECONDS_FOR_ONE, beside=typical
            ),
            Figure(
                "aigaq clocks on a small file, start to end",
                started,
                "s",
                LONGEST_SECONDS_TO_START,
                beside=f"pack read in {loaded * 1_000:.0f} ms",
            ),
        ],
        as_json=options.json,
    )


if __name__ == "__main__":
    main()
