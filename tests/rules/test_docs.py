"""Docs that cannot lie: every path, command, option, make target and link that they name exists."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import click
import pytest

from tests.rules import tree

FRONT: Final = ("README.md", "ARCHITECTURE.md")
READERS_OWN: Final = frozenset({"mapping.toml", "facts.toml", "report.html", "truth.json"})
"""File names that stand for something of the reader's own."""

FENCE: Final = re.compile(r"^(?P<ticks>```+|~~~+)[ ]*(?P<language>[\w-]*)[^\n]*\n(?P<code>.*?)^(?P=ticks)[ ]*$", re.MULTILINE | re.DOTALL)
INLINE: Final = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
LINK: Final = re.compile(r"!?\[[^\]]*\]\(<?([^)\s>]+)>?(?:\s+\"[^\"]*\")?\)")
HEADING: Final = re.compile(r"^#{1,6}\s+(.+?)\s*#*$", re.MULTILINE)
SHELLS: Final = frozenset({"", "sh", "bash", "shell", "console", "text"})
SEPARATORS: Final = frozenset({"|", "||", "&&", ";", "&", ">", ">>", "<", "2>"})


def pages() -> list[Path]:
    """Every page that readers get."""
    return list(tree.files(".md"))


def guide() -> list[Path]:
    """The pages whose commands a reader will type."""
    front = [tree.ROOT / name for name in FRONT if (tree.ROOT / name).is_file()]
    return front + [page for page in pages() if (tree.ROOT / "docs" / "guide") in page.parents]


def unfenced(text: str) -> str:
    """A page without its code blocks."""
    return FENCE.sub("", text)


# Paths


def missing_paths(text: str, place: Path) -> list[str]:
    """The paths in backticks that lead nowhere, from the root, from src/nilometer or from beside the page.

    Addresses, routes (`/a/b`), placeholders (`<id>`, `{id}`) and what .gitignore calls made are not looked for; a `*` must match something.
    """
    wrong = []
    for written in INLINE.findall(unfenced(text)):
        name = written.strip()
        looks_like_a_path = re.fullmatch(r"[\w.*/@+-]+", name) and (("/" in name) or name.endswith((".py", ".md", ".toml")))
        if not looks_like_a_path or name.startswith(("/", "../", "http")) or name in READERS_OWN or tree.is_ignored(name.split("/")[0]):
            continue
        if not any(any(base.glob(name.strip("/"))) for base in (tree.ROOT, tree.PACKAGE, place)):
            wrong.append(name)
    return wrong


# Commands


def commands(text: str, *names: str) -> Iterator[list[str]]:
    """The words of each command line in a page, in code blocks and in backticks, that starts with one of `names`."""
    lines = [
        line for match in FENCE.finditer(text) if match["language"] in SHELLS for line in match["code"].replace("\\\n", " ").splitlines()
    ]
    lines += INLINE.findall(unfenced(text))
    for line in lines:
        for words in simple_commands(line.strip().removeprefix("$ ").strip()):
            if words and words[0].rpartition("/")[2] in names:
                yield [words[0].rpartition("/")[2], *words[1:]]


def simple_commands(line: str) -> Iterator[list[str]]:
    """The simple commands of a shell line, without the variables set before them and what follows a `#`."""
    if not any(name in line for name in ("nilometer", "make")):
        return
    try:
        lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
        lexer.wordchars += "{}[]:,%@^…"
        words = list(lexer)
    except ValueError:
        return
    command: list[str] = []
    for word in [*words, ";"]:
        if word in SEPARATORS:
            yield command
            command = []
        elif command or not re.match(r"^\w+=", word):
            command.append(word)


def wrong_in_command(words: list[str], group: click.Command) -> str | None:
    """What does not exist in a command line: a command or an option. Placeholders in its place end the reading."""
    here, path, rest = group, words[0], words[1:]
    known = options(group)
    while rest:
        word, rest = rest[0], rest[1:]
        if word == "--":
            return None
        if word.startswith("-") and len(word) > 1:
            name, _, value = word.partition("=")
            if name not in known:
                return f"{path} has no option {name}"
            if known[name] and not value and rest:
                rest = rest[1:]
        elif isinstance(here, click.Group):
            if not re.fullmatch(r"[a-z][a-z0-9-]*", word):
                return None
            found = here.get_command(click.Context(here), word)
            if found is None:
                return f"{path} has no command {word}"
            here, path, known = found, f"{path} {word}", {**known, **options(found)}
    return None


def options(command: click.Command) -> dict[str, bool]:
    """The options of a command, and whether each takes a value."""
    found = {"--help": False}
    for parameter in command.get_params(click.Context(command)):
        if isinstance(parameter, click.Option):
            takes = not parameter.is_flag and not parameter.count
            found |= dict.fromkeys([*parameter.opts, *parameter.secondary_opts], takes)
    return found


def wrong_commands(text: str, group: click.Command) -> list[str]:
    """Every command line of a page that the program would not know."""
    return [wrong for words in commands(text, "nilometer") if (wrong := wrong_in_command(words, group))]


def targets(makefile: str) -> set[str]:
    """The targets that a Makefile has."""
    return set(re.findall(r"^([a-z][a-z-]*):(?!=)", makefile, re.MULTILINE))


def wrong_targets(text: str, known: set[str]) -> list[str]:
    """The make targets that a page names and the Makefile does not have."""
    lines = [words for words in commands(text, "make") if all(re.fullmatch(r"[\w./=:-]+|.*=.*", word) for word in words)]
    return [word for words in lines for word in words[1:] if "=" not in word and not word.startswith("-") and word not in known]


# Links


def anchors(text: str) -> set[str]:
    """The anchors that the headings of a page make."""
    plain = (re.sub(r"[`*_]|\]\([^)]*\)|\[", "", heading).lower() for heading in HEADING.findall(unfenced(text)))
    return {re.sub(r"\s", "-", re.sub(r"[^\w\s-]", "", heading)) for heading in plain}


def wrong_links(text: str, place: Path) -> list[str]:
    """The relative links of a page that lead nowhere, or out of the repository."""
    wrong = []
    for link in LINK.findall(INLINE.sub("", unfenced(text))):
        if re.match(r"[a-z][a-z0-9+.-]*:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (place / path).resolve() if path else None
        if target is not None and not (target.exists() and target.is_relative_to(tree.ROOT)):
            wrong.append(link)
        elif anchor and (target is None or target.suffix == ".md"):
            if anchor not in anchors(text if target is None else target.read_text(encoding="utf-8")):
                wrong.append(link)
    return wrong


# The pages as they are


@pytest.mark.parametrize("name", FRONT)
def test_the_front_pages_are_there(name: str) -> None:
    assert (tree.ROOT / name).is_file()


def test_every_path_that_the_front_pages_name_exists() -> None:
    assert {p.name: w for p in guide() if (w := missing_paths(p.read_text(encoding="utf-8"), p.parent))} == {}


def test_every_command_and_option_in_the_guide_exists() -> None:
    from nilometer.cli.main import main

    assert isinstance(main, click.Group)
    assert {tree.short(p): w for p in guide() if (w := wrong_commands(p.read_text(encoding="utf-8"), main))} == {}


def test_every_make_target_in_the_guide_exists() -> None:
    known = targets((tree.ROOT / "Makefile").read_text())
    assert {"demo", "test", "lint", "types", "bench", "lock", "wheel", "clean"} <= known
    assert {tree.short(p): w for p in guide() if (w := wrong_targets(p.read_text(encoding="utf-8"), known))} == {}


def test_every_link_leads_somewhere() -> None:
    assert {tree.short(p): w for p in pages() if (w := wrong_links(p.read_text(encoding="utf-8"), p.parent))} == {}


# The checks, seen to fail


@click.group()
@click.option("--home")
@click.option("--quiet/--loud", "-q")
def sample() -> None:
    """A program to check pages against."""


@sample.command()
@click.argument("path")
@click.option("-o", "--output")
@click.option("--json", "as_json", is_flag=True)
def ingest(path: str, output: str, as_json: bool) -> None:
    """Reads."""


@sample.group()
def case() -> None:
    """Cases."""


@case.command("show")
@click.argument("ident")
def show(ident: str) -> None:
    """Shows."""


def fenced(code: str, language: str = "sh") -> str:
    return f"Text.\n\n```{language}\n{code}\n```\n"


@pytest.mark.parametrize(
    ("page", "wrong"),
    [
        (fenced("nilometer ingets a.log"), "nilometer has no command ingets"),
        (fenced("$ nilometer ingest a.log --jsn"), "nilometer ingest has no option --jsn"),
        (fenced("nilometer --hom x ingest a"), "nilometer has no option --hom"),
        (fenced("nilometer case shwo 1"), "nilometer case has no command shwo"),
        (fenced("cat a | nilometer ingest - --nope && echo"), "nilometer ingest has no option --nope"),
        (fenced("NILOMETER_HOME=x .venv/bin/nilometer ingest \\\n  a.log --far"), "nilometer ingest has no option --far"),
        ("Say `nilometer ingset`.", "nilometer has no command ingset"),
        (fenced("nilometer ingest a -x b", ""), "nilometer ingest has no option -x"),
    ],
)
def test_a_wrong_command_is_seen(page: str, wrong: str) -> None:
    assert wrong_commands(page, sample) == [wrong]


@pytest.mark.parametrize(
    "page",
    [
        fenced("nilometer --home x --loud ingest a.log -o b --json  # --not-an-option"),
        fenced("nilometer --home=x case show F-1 | jq .x --raw"),
        fenced("nilometer ingest -- --odd"),
        fenced("import nilometer as nm\nnilometer.open(--x)", "python"),
        "Run `nilometer <command>` or `nilometer COMMAND --help`; see `nilometer-home/` and `nilometer`.",
    ],
)
def test_a_right_command_is_fine(page: str) -> None:
    assert wrong_commands(page, sample) == []


def test_a_missing_path_is_seen() -> None:
    assert missing_paths("See `src/nilometer/nowhere.py`, `nothing.md` and `sources/formts/`.", tree.ROOT) == [
        "src/nilometer/nowhere.py",
        "nothing.md",
        "sources/formts/",
    ]
    assert missing_paths("`tests/rules/no_*.py`", tree.ROOT) == ["tests/rules/no_*.py"]


def test_a_path_that_is_there_or_not_ours_is_fine() -> None:
    ours = "`src/nilometer/errors.py`, `sources/formats/`, `tests/rules/test_*.py`, `pyproject.toml`, `errors.py`"
    others = "`GET /users/{subject}`, `/users/42`, `.venv/bin/nilometer`, `mapping.toml`, `detectors/<id>.py`, `a | b`, `../shared/x.md`"
    assert missing_paths(f"{ours} and {others}\n\n```\n`no/where.py`\n```\n", tree.ROOT) == []


def test_a_wrong_target_is_seen() -> None:
    known = targets("VENV := x\ntest: check\n\t@run\ndemo: $(VENV)/x\n")
    assert known == {"test", "demo"}
    assert wrong_targets(fenced("make tset\nmake test X=1\nmake -s demo") + "`make dmeo` and `make it so, please`", known) == [
        "tset",
        "dmeo",
    ]


def test_a_dead_link_is_seen(tmp_path: Path) -> None:
    text = (
        "# A Title: `x`\n[a](README.md) [b](nowhere.md) [c](#a-title-x) [d](#other) [e](https://example.org) [f](../outside.md) `[g](h.md)`"
    )
    assert wrong_links(text, tree.ROOT) == ["nowhere.md", "#other", "../outside.md"]
