import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

import cli.main
from cli import topics
from cli.screen import screen
from infra.crash_report import write_crash_report
from infra.topics import Difference

ROOT = Path(__file__).parents[2]
VERBS = "demo up run topics events lists explain catalogue dlq config bench"


def credit_trigger(
    *arguments: str, code: str = "from cli.main import main; main()"
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        cwd=ROOT,
    )


def raising(statement: str) -> str:
    """A program in which the verb `config` fails in the way of *statement*.

    Its module is ours alone: nothing of the real one is needed, and that takes long to import.
    """
    return (
        "import sys, types, click\n"
        "from cli.main import main\n"
        "from schemas.errors import StopServiceError\n"
        "@click.command()\n"
        f"def command():\n    {statement}\n"
        "sys.modules['cli.config'] = types.SimpleNamespace(command=command)\n"
        "sys.argv[1:] = ['config']\n"
        "main()"
    )


def test_help_lists_every_verb_quickly() -> None:
    began = time.monotonic()
    done = credit_trigger("--help")
    took_s = time.monotonic() - began
    assert done.returncode == 0
    for verb in VERBS.split():
        assert f"\n  {verb} " in done.stdout
    assert took_s < 3  # 0.1 s alone on a machine; it must not import Kafka and pydantic


def test_help_imports_none_of_the_verbs() -> None:
    code = (
        "import sys\nfrom cli.main import command\n"
        "command.main(['--help'], standalone_mode=False)\n"
        "assert not {'pydantic', 'confluent_kafka', 'redis', 'cli.topics'} & set(sys.modules)"
    )
    assert credit_trigger(code=code).returncode == 0


def commands(found: click.Command, path: str = "credit-trigger") -> Iterator[tuple[str, str]]:
    """Yield every command with its help, subcommands included."""
    context = click.Context(found, info_name=path)
    yield path, found.get_help(context)
    if isinstance(found, click.Group):
        for name in found.list_commands(context):
            inner = found.get_command(context, name)
            assert inner is not None
            yield from commands(inner, f"{path} {name}")


def test_every_help_has_an_example_in_lines_of_its_own() -> None:
    told = dict(commands(cli.main.command))
    assert set(VERBS.split()) <= {path.split()[1] for path in told if " " in path}
    assert len(told) > 20
    example = r"\n  Example:\n    ([A-Z_]+=\S+ )*"
    wrong = [path for path, text in told.items() if not re.search(rf"{example}{path}\b", text)]
    assert wrong == []


def test_a_table_in_a_pipe_keeps_its_names_whole(capsys: pytest.CaptureFixture[str]) -> None:
    found = Difference("credit.events.approval", "partitions", "4", "12")
    screen().print(topics._table((found,), check_only=True))
    line = capsys.readouterr().out.splitlines()[1]
    assert line.startswith("credit.events.approval")
    assert "不能在此修正 / cannot be mended here" in line


@pytest.mark.parametrize(
    "arguments", [("nope",), ("run", "nope"), ("run", "gateway"), ("run",), ("--nope",)]
)
def test_wrong_usage_is_one_line_and_ends_with_2(arguments: tuple[str, ...]) -> None:
    done = credit_trigger(*arguments)
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert done.stderr.startswith("credit-trigger")


def test_an_unknown_verb_is_answered_with_those_that_exist() -> None:
    assert "demo, up, run" in credit_trigger("nope").stderr


@pytest.mark.parametrize(
    ("statement", "code", "said"),
    [
        ("raise StopServiceError('catalogue: x')", 3, "catalogue: x\n"),
        ("raise KeyboardInterrupt", 130, "已中断 / interrupted\n"),
        ("raise click.Abort", 130, "已中断 / interrupted\n"),
        ("raise SystemExit(1)", 1, ""),
        ("return 1", 1, ""),
        ("return None", 0, ""),
    ],
)
def test_the_way_a_verb_ends_is_the_exit_code(statement: str, code: int, said: str) -> None:
    done = credit_trigger(code=raising(statement))
    assert (done.returncode, done.stderr.lstrip("\n")) == (code, said)  # click ends the line of ^C


def test_a_fault_of_ours_is_one_line_without_a_trace_or_the_text_of_the_error() -> None:
    done = credit_trigger(code=raising("raise ValueError('payload of a person')"))
    assert done.returncode == 3
    assert len(done.stderr.splitlines()) == 1
    assert "ValueError" in done.stderr
    assert "payload" not in done.stderr


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("open('/nowhere/file')", "/nowhere/file: No such file or directory"),
        ("print(9 * '9', file=open('/dev/full', 'w'), flush=True)", "stdout: No space left"),
    ],
)
def test_a_file_that_cannot_be_had_is_named_with_what_to_look_at(statement: str, said: str) -> None:
    done = credit_trigger(code=raising(statement))
    assert done.returncode == 3
    assert len(done.stderr.splitlines()) == 1
    assert said in done.stderr
    assert "check the path" in done.stderr


def test_a_closed_stdout_is_no_fault() -> None:
    done = credit_trigger(code=f"import os, sys\nsys.stdout = None\n{raising('return 0')}")
    assert (done.returncode, done.stderr) == (0, "")


def test_what_is_kept_of_a_fault_is_where_it_happened_never_its_text() -> None:
    payload = "payload of a person"
    try:
        int(payload)
    except ValueError as err:
        kept = write_crash_report(err).read_text()
    assert "test_command_shell.py" in kept
    assert "ValueError" in kept
    assert payload not in kept


def test_topics_without_a_broker_say_what_to_start() -> None:
    done = credit_trigger("topics", "apply", "--check")
    assert done.returncode == 3
    assert "credit-trigger up" in done.stderr


def unread(*command: str) -> subprocess.CompletedProcess[str]:
    """Run *command* with a stdout that its reader has closed."""
    reading, writing = os.pipe()
    os.close(reading)
    try:
        return subprocess.run(
            [sys.executable, *command],
            stdout=writing,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
            cwd=ROOT,
        )
    finally:
        os.close(writing)


@pytest.mark.parametrize("arguments", ["--help", "config check --help"])
def test_a_reader_that_has_seen_enough_is_no_finding(arguments: str) -> None:
    done = unread("-m", "cli.main", *arguments.split())
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("statement", ["click.echo(9)", "screen().print(9)", "print(9)"])
def test_output_of_any_kind_may_go_unread(statement: str) -> None:
    done = unread("-c", f"from cli.screen import screen\n{raising(statement)}")
    assert (done.returncode, done.stderr) == (0, "")


def test_what_a_command_logs_is_never_among_its_results() -> None:
    """Whatever a library of a command has to say, however early."""
    verbs = sorted(set(cli.main._VERBS) - {"catalogue", "demo", "run", "up"})
    code = (
        "import importlib, structlog\n"
        f"for verb in {verbs}:\n"
        "    structlog.reset_defaults()\n"
        "    importlib.import_module(f'cli.{verb}').prepare(verb)\n"
        "    structlog.get_logger('kafka').error('librdkafka', detail='x')"
    )
    done = credit_trigger(code=code)
    assert (done.returncode, done.stdout) == (0, "")
    told = [json.loads(line) for line in done.stderr.splitlines()]
    assert [(line["event"], line["role"]) for line in told] == [("librdkafka", v) for v in verbs]
