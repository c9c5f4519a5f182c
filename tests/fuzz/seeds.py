"""What the kernel's fuzzer begins with: made-up frames, and the words that frames are made of."""

from __future__ import annotations

import argparse
from pathlib import Path
from random import Random

from fastpoly import schema
from tests import frames, golden


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz.seeds", description=__doc__)
    parser.add_argument("folder", type=Path)
    folder: Path = parser.parse_args().folder
    corpus = folder / "corpus"
    corpus.mkdir(parents=True, exist_ok=True)
    rng = Random(1)
    # In the order of the compiled tables.
    for number, market in enumerate(schema.MARKETS):
        made = [frames.canonical(rng, market, 4) for _ in range(40)]
        made += [frames.frame(rng, market, 4, hostile=0.5) for _ in range(40)]
        made += [frames.mutated(rng, frames.canonical(rng, market, 2)) for _ in range(20)]
        made += [one.data for one in golden.named() if one.market == market]
        for index, frame in enumerate(made):
            head = bytes((number, rng.choice((0, 0, 0, 0, 250, 251)), 34, rng.randrange(256)))
            (corpus / f"{market}-{index}").write_bytes(head + frame)
    words = {
        '"ev":"',
        "null",
        "true",
        "false",
        "e-5",
        "0.30000000000000004",
        "[[1,2]]",
        "\\\\u00e9",
    }
    for spec in schema.MARKETS.values():
        for channel in spec.channels:
            words.add(f'{{"ev":"{channel.name}"')
            words.update(f'"{field.key}":' for field in channel.event.fields)
    words.update(map(str, frames.INTEGERS))
    words.update(frames.FLOATS)
    lines = ('"' + word.replace('"', '\\"') + '"' for word in sorted(words))
    (folder / "words").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
