"""How commands end: exit codes, messages, signals, an output that goes away."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest

from fastpoly import errors
from fastpoly.cli import main
from fastpoly.cli.commands import COMMANDS, EPILOG
from fastpoly.cli.terminal import ExitCode, Output, OutputClosed, exit_code, run
from tests.waiting import PATIENCE_S


def _join_threads() -> None:
    """Waits for the threads of outputs to end."""
    for thread in threading.enumerate():
        if thread.name.startswith("fastpoly"):
            thread.join(PATIENCE_S)
            assert not thread.is_alive()


@pytest.fixture(autouse=True)
def no_thread_is_left() -> Iterator[None]:
    yield
    _join_threads()


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (errors.UsageError("x"), 2),
        (errors.SubscriptionError("x"), 3),
        (errors.SubscriptionLimitError("x"), 3),
        (errors.AuthError("x"), 3),
        (errors.NotAuthorizedError("x"), 3),
        (errors.ConnectionEvicted("x"), 3),
        (errors.ConnectionLost("x"), 4),
        (errors.DecodeError("x"), 1),
        (errors.FastpolyError("x"), 1),
    ],
)
def test_an_error_has_its_exit_code(error: errors.FastpolyError, code: int) -> None:
    assert exit_code(error) == code


def test_every_error_has_an_exit_code() -> None:
    for name in errors.__all__:
        assert exit_code(getattr(errors, name)("x")) in set(ExitCode)


def test_help_documents_every_exit_code() -> None:
    for code in ExitCode:
        assert str(int(code)) in EPILOG


def test_an_error_is_said_on_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    async def fail() -> int:
        raise errors.UsageError("That was wrong.", hint="Do this.")

    assert run(fail()) == ExitCode.USAGE
    written = capsys.readouterr()
    assert written.out == ""
    assert written.err == "fastpoly: That was wrong.\n  Do this.\n"


def test_other_errors_are_not_hidden() -> None:
    async def fail() -> int:
        raise RuntimeError("a bug")

    with pytest.raises(RuntimeError, match="a bug"):
        run(fail())


def test_ctrl_c_cancels_and_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    closed = False

    async def wait() -> int:
        nonlocal closed
        os.kill(os.getpid(), signal.SIGINT)
        try:
            await asyncio.sleep(60)
        finally:
            closed = True
        return 0

    assert run(wait()) == ExitCode.INTERRUPTED
    assert closed
    assert capsys.readouterr() == ("", "")


def test_sigterm_cancels_and_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    closed = False

    async def wait() -> int:
        nonlocal closed
        os.kill(os.getpid(), signal.SIGTERM)
        try:
            await asyncio.sleep(60)
        finally:
            closed = True
        return 0

    assert run(wait()) == ExitCode.TERMINATED
    assert closed
    assert capsys.readouterr() == ("", "")


def test_output_writes_all_of_it() -> None:
    reader, writer = os.pipe()
    # More than a pipe holds, so that it takes several writes.
    data = b"0123456789abcdef" * 20_000

    async def write() -> bytes:
        with Output(lambda: None, writer) as output:
            writing = asyncio.create_task(output.write(data))
            received = b""
            while len(received) < len(data):
                received += await asyncio.to_thread(os.read, reader, 65536)
            await writing
        return received

    try:
        assert asyncio.run(write()) == data
    finally:
        os.close(reader)
        os.close(writer)


def test_a_reader_that_stands_still_leaves_the_loop_alone() -> None:
    reader, writer = os.pipe()

    async def write() -> None:
        with Output(lambda: None, writer) as output:
            writing = asyncio.create_task(output.write(b"x" * 1_000_000))
            for _ in range(20):
                await asyncio.sleep(0.001)
            assert not writing.done()
            received = 0
            while received < 1_000_000:
                received += len(await asyncio.to_thread(os.read, reader, 1_000_000))
            await writing

    try:
        asyncio.run(write())
    finally:
        os.close(reader)
        os.close(writer)


def test_a_reader_that_goes_is_noticed_by_the_write() -> None:
    reader, writer = os.pipe()

    async def write() -> None:
        with Output(lambda: None, writer) as output:
            os.close(reader)
            with pytest.raises(OutputClosed):
                await output.write(b"x")

    try:
        asyncio.run(write())
    finally:
        os.close(writer)


def test_a_reader_that_goes_is_noticed_without_a_write() -> None:
    reader, writer = os.pipe()

    async def wait() -> bool:
        gone = asyncio.Event()
        with Output(gone.set, writer) as output:
            assert not output.closed
            os.close(reader)
            await asyncio.wait_for(gone.wait(), PATIENCE_S)
            return output.closed

    try:
        assert asyncio.run(wait())
    finally:
        os.close(writer)


def test_an_end_without_a_write_is_no_reader_that_goes() -> None:
    reader, writer = os.pipe()

    async def wait() -> None:
        with Output(lambda: pytest.fail("nobody has gone"), writer) as output:
            await output.write(b"x")
        _join_threads()
        await asyncio.sleep(0)
        assert not output.closed

    try:
        asyncio.run(wait())
    finally:
        os.close(reader)
        os.close(writer)


def test_closed_output_ends_a_command_quietly() -> None:
    script = (
        "import sys\n"
        "from fastpoly.cli.terminal import OutputClosed, run\n"
        "async def main():\n"
        "    print('never read')\n"
        "    raise OutputClosed\n"
        "sys.exit(run(main()))\n"
    )
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [sys.executable, "-c", script], stdout=writer, stderr=subprocess.PIPE, check=False
    )
    os.close(writer)
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.parametrize(
    ("package", "command"), [("click", "demo"), ("rich", "demo"), ("orjson", "tail")]
)
def test_without_the_extra_it_says_how_to_get_it(package: str, command: str) -> None:
    script = (
        f"import sys; sys.modules[{package!r}] = None\n"
        "from fastpoly.cli import main\n"
        f"sys.exit(main([{command!r}, '--help']))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )
    assert done.returncode == ExitCode.USAGE
    assert done.stdout == ""
    assert f"needs {package}" in done.stderr
    assert "pip install 'fastpoly[cli]'" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([name, "--help"]) == ExitCode.OK
    assert f"fastpoly {name}" in capsys.readouterr().out


def test_help_lists_the_commands(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == ExitCode.OK
    shown = capsys.readouterr().out
    for name in COMMANDS:
        assert f"\n  {name} " in shown


@pytest.mark.parametrize("arguments", [["nonsense"], ["demo", "--seconds", "soon"], ["tail"]])
def test_wrong_usage(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == ExitCode.USAGE
    written = capsys.readouterr()
    assert written.out == ""
    assert "fastpoly" in written.err
