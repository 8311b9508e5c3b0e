"""Programming languages by the names that fences give them, and their file extensions."""

from __future__ import annotations

from pathlib import PurePosixPath

_EXTENSIONS = {
    ".py": "python py python3 py3 pycon ipython",
    ".js": "javascript js node jsx",
    ".ts": "typescript ts",
    ".tsx": "tsx",
    ".go": "go golang",
    ".rs": "rust rs",
    ".java": "java",
    ".kt": "kotlin kt",
    ".c": "c",
    ".cpp": "cpp c++ cc cxx",
    ".cs": "csharp cs c#",
    ".rb": "ruby rb",
    ".php": "php",
    ".swift": "swift",
    ".scala": "scala",
    ".lua": "lua",
    ".pl": "perl pl",
    ".r": "r",
    ".jl": "julia jl",
    ".hs": "haskell hs",
    ".ex": "elixir ex",
    ".sql": "sql",
    ".html": "html",
    ".css": "css",
    ".json": "json jsonc",
    ".yaml": "yaml yml",
    ".toml": "toml",
    ".xml": "xml",
    ".md": "markdown md",
    ".sh": "bash sh shell zsh",
}
_BY_NAME = {name: suffix for suffix, names in _EXTENSIONS.items() for name in names.split()}
_OTHERS = """
    .pyi .pyx .ipynb .mjs .cjs .jsx .vue .svelte .h .hpp .cc .hh .kts .m .mm .clj .erl .exs .fs
    .dart .zig .nim .scss .sass .less .htm .svg .graphql .proto .tf .hcl .yml .ini .cfg .conf .env
    .txt .rst .adoc .tex .csv .tsv .lock .bat .ps1 .bash .zsh .fish .gradle .cmake .mk .jinja .j2
    .tmpl .patch .diff .dockerfile .properties .gitignore .sum .mod
"""
SUFFIXES = frozenset(_EXTENSIONS) | frozenset(_OTHERS.split())
"""The extensions by which a word is taken for the name of a file."""

_SHELL_SUFFIXES = {".sh", ".bash", ".zsh", ".fish"}
_NOT_CODE = {"text", "txt", "plaintext", "plain", "output", "console", "shell-session", "diff"}
_COMMANDS = {"bash", "sh", "shell", "zsh", "console", "shell-session", "cmd", "powershell"}


def suffix_of(language: str) -> str:
    """The extension of a language's files, or an empty string for an unknown language."""
    return _BY_NAME.get(language.lower(), "")


def is_python(language: str) -> bool:
    """True for the names under which fences mark Python."""
    return suffix_of(language) == ".py"


def is_aside(language: str) -> bool:
    """True for what stands beside the code: commands to type, output, differences."""
    return language.lower() in _NOT_CODE | _COMMANDS


def clashes(language: str, path: str) -> bool:
    """True if a block in `language` is surely not the text of the file `path`.

    Guards against ``Run `app.py`:`` above a block of shell commands.
    """
    suffix = PurePosixPath(path).suffix.lower()
    if not suffix or not language:
        return False
    if language.lower() in _COMMANDS:
        return suffix not in _SHELL_SUFFIXES
    known = suffix_of(language)
    return bool(known) and (known == ".py") != (suffix in (".py", ".pyi", ".pyx"))


def with_suffix(path: str, language: str) -> str:
    """`path` with the extension of `language`, where that is known and another one."""
    suffix = suffix_of(language)
    return str(PurePosixPath(path).with_suffix(suffix)) if suffix else path


def language_of(suffix: str) -> str:
    """The name that a fence gives to a file's language, or an empty string."""
    return _EXTENSIONS.get(suffix, "").partition(" ")[0]
