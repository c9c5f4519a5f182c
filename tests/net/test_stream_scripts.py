"""Streams as whole programs: Ctrl-C, forgotten closings, nothing said at the interpreter's exit."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from fastpoly.sim import SimulatorProcess
from tests.net.streams import BOTH_WAYS

Simulators = Callable[..., SimulatorProcess]

SOURCE = Path(__file__).parents[2] / "src"


class Script:
    """A program that is told where the simulator is."""

    def __init__(self, text: str, simulator: SimulatorProcess, *arguments: str) -> None:
        environment = os.environ | {
            "PYTHONPATH": str(SOURCE),
            "FASTPOLY_API_KEY": "key",
            "URL": simulator.url("stocks"),
        }
        # With -X dev asyncio reports whatever takes a tenth of a second: here, counting lines.
        environment.pop("COVERAGE_PROCESS_CONFIG", None)
        self.process = subprocess.Popen(
            # Every warning is shown, also those of tasks, sockets and threads left behind.
            [sys.executable, "-X", "dev", "-c", textwrap.dedent(text), *arguments],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,  # a reader ahead would keep from communicate() what it has read
        )

    def wait_for_line(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().decode().strip()

    def interrupt(self) -> None:
        self.process.send_signal(signal.SIGINT)

    def finish(self, seconds: float = 20) -> tuple[int, str, str]:
        out, err = self.process.communicate(timeout=seconds)
        return self.process.returncode, out.decode(), err.decode()


@pytest.fixture
def start(fastpoly_simulators: Simulators) -> Iterator[Callable[..., Script]]:
    simulator = fastpoly_simulators(rate=2000, symbols=50)
    scripts: list[Script] = []

    def begin(text: str, *arguments: str) -> Script:
        scripts.append(Script(text, simulator, *arguments))
        return scripts[-1]

    yield begin
    for script in scripts:
        if script.process.poll() is None:
            script.process.kill()
        script.process.communicate()


RUN = """
    import asyncio, os, sys
    from fastpoly.stream.stream import Stream

    stream = Stream("stocks", "T.*", "Q.*", url=os.environ["URL"], ingest=sys.argv[1])
    calls = done = 0

    @stream.on("T", "Q")
    async def handle(batch):
        global calls, done
        calls += 1
        if calls == 1:
            print("streaming", flush=True)
        await asyncio.sleep(float(sys.argv[2]))
        done += 1

    stream.run()
    print(calls == done, stream.stats().handlers[0].buffer.events, stream.state)
"""


@BOTH_WAYS
def test_ctrl_c_drains(start: Callable[..., Script], ingest: str) -> None:
    script = start(RUN, ingest, "0.005")
    assert script.wait_for_line() == "streaming"
    time.sleep(0.3)
    script.interrupt()
    code, out, err = script.finish()
    assert (code, err) == (0, "")
    assert out == "True 0 closed\n"


@BOTH_WAYS
def test_ctrl_c_twice_aborts(start: Callable[..., Script], ingest: str) -> None:
    script = start(RUN, ingest, "60")
    assert script.wait_for_line() == "streaming"
    script.interrupt()
    time.sleep(0.3)
    began = time.monotonic()
    script.interrupt()
    code, out, err = script.finish()
    assert time.monotonic() - began < 3
    assert (code, err) == (0, "")
    assert out == "False 0 closed\n"


@BOTH_WAYS
def test_ctrl_c_in_code_that_uses_asyncio_run(start: Callable[..., Script], ingest: str) -> None:
    script = start(
        """
        import asyncio, os, sys
        from fastpoly.stream.stream import Stream

        async def main():
            async with Stream("stocks", "T.*", url=os.environ["URL"], ingest=sys.argv[1]) as stream:
                async for batch in stream:
                    print("streaming", flush=True)

        try:
            asyncio.run(main())
        except KeyboardInterrupt:
            print("interrupted")
        """,
        ingest,
    )
    assert script.wait_for_line() == "streaming"
    script.interrupt()
    code, out, err = script.finish()
    assert (code, err) == (0, "")
    assert out.endswith("interrupted\n")


@pytest.mark.sampled
@BOTH_WAYS
@pytest.mark.parametrize("end", ["return", "raise", "exit"])
def test_stream_that_nobody_closed(start: Callable[..., Script], ingest: str, end: str) -> None:
    script = start(
        """
        import asyncio, os, sys
        from fastpoly.stream.stream import Stream

        async def main():
            stream = Stream("stocks", "T.*", url=os.environ["URL"], ingest=sys.argv[1])
            await stream.open()
            async for batch in stream:
                break
            if sys.argv[2] == "raise":
                raise RuntimeError("the program's own")
            if sys.argv[2] == "exit":
                sys.exit(3)

        asyncio.run(main())
        """,
        ingest,
        end,
    )
    code, out, err = script.finish()
    assert code == {"return": 0, "raise": 1, "exit": 3}[end]
    assert out == ""
    if end == "raise":
        assert err.count("Traceback") == 1
        assert err.endswith("RuntimeError: the program's own\n")
    else:
        assert err == ""


def test_no_thread_is_left_when_the_interpreter_is_taken_down(start: Callable[..., Script]) -> None:
    script = start(
        """
        import atexit, threading
        # What is registered first is called last.
        atexit.register(lambda: print(threading.active_count()))

        import asyncio, os
        from fastpoly import AsyncStreamClient, Stream

        async def main():
            stream = Stream("stocks", "T.*", url=os.environ["URL"], ingest="thread")
            client = AsyncStreamClient(None, "stocks", host=os.environ["URL"], ingest="thread")
            await stream.open()
            await client.subscribe_stock_trades(["*"], print)
            print(threading.active_count())

        asyncio.run(main())
        """
    )
    assert script.finish() == (0, "3\n1\n", "")


@BOTH_WAYS
def test_handler_that_exits(start: Callable[..., Script], ingest: str) -> None:
    script = start(
        """
        import os, sys
        from fastpoly.stream.stream import Stream

        stream = Stream("stocks", "T.*", url=os.environ["URL"], ingest=sys.argv[1])

        @stream.on("T")
        def handle(batch):
            sys.exit(5)

        stream.run()
        """,
        ingest,
    )
    assert script.finish() == (5, "", "")


def test_refused_key_ends_with_one_traceback(start: Callable[..., Script]) -> None:
    script = start(
        """
        import os, sys
        from fastpoly.stream.stream import Stream

        stream = Stream("stocks", "T.*", url=os.environ["URL"].replace("stocks", "nowhere"))
        stream.add_handler(print)
        stream.run()
        """
    )
    code, out, err = script.finish()
    assert (code, out) == (1, "")
    assert "HttpStatusError" in err.splitlines()[-1]
    assert "HTTP 404" in err.splitlines()[-1]


def test_import_is_silent_and_starts_nothing(start: Callable[..., Script]) -> None:
    script = start(
        """
        import threading
        import fastpoly.stream.stream
        print(threading.active_count())
        """
    )
    assert script.finish() == (0, "1\n", "")


@BOTH_WAYS
def test_cells_of_a_notebook(start: Callable[..., Script], ingest: str) -> None:
    """Each cell is a task of its own in one loop, which may stand still between cells."""
    script = start(
        """
        import asyncio, os, sys, time
        from fastpoly.stream.stream import Stream

        async def open_it():
            global stream
            stream = await Stream(
                "stocks", "T.*", url=os.environ["URL"], ingest=sys.argv[1]
            ).open()

        async def look():
            batch = await anext(aiter(stream))
            return len(batch)

        async def add_a_handler():
            stream.on("T")(seen.append)
            await stream.subscribe("Q.*")
            while len(seen) <= 3:
                await asyncio.sleep(0.01)

        async def try_to_run_it():
            try:
                stream.run()
            except Exception as error:
                print(type(error).__name__)

        seen = []
        loop = asyncio.new_event_loop()
        loop.run_until_complete(open_it())
        before = stream.stats().line.events_received
        time.sleep(0.5)
        print(stream.stats().line.events_received > before + 50)
        print(loop.run_until_complete(look()) > 0)
        loop.run_until_complete(add_a_handler())
        loop.run_until_complete(try_to_run_it())
        loop.run_until_complete(stream.close())
        loop.close()
        """,
        ingest,
    )
    drained = ingest == "thread"
    code, out, err = script.finish()
    assert (code, out) == (0, f"{drained}\nTrue\nUsageError\n")
    assert err == "" if drained else "The event loop was blocked for" in err
