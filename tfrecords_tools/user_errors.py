"""What ends a command in one line for people, and not in a traceback: one place decides what a user can mend."""

import errno
import io
import os
import re
import sys
import traceback
from collections.abc import Callable, Iterable

from tfrecords_tools.folder_kinds import elsewhere
from tfrecords_tools.parents import end_with_parent
from tfrecords_tools.peak_memory import sentence
from tfrecords_tools.printable import printable

_PRINTS = ("print(", "sys.stdout.")  # how lines begin that write to standard output
_FULL = (errno.ENOSPC, errno.EDQUOT)
_ROOM = "make room, and run the same command to resume"
_LIMIT = "lift the limit on the size of files (ulimit -f), and run the same command to resume"
_CHECK = "check the path, and that it may be read and written"
_SMALLER = "free memory, or take smaller batches, tables or layers"

# What of TensorFlow's errors is about the machine and not about the program; what records hold wrong is told where
# they are read.
_OF_THE_MACHINE = (
    "DataLossError",
    "FailedPreconditionError",
    "NotFoundError",
    "OutOfRangeError",
    "PermissionDeniedError",
    "ResourceExhaustedError",
    "UnknownError",
)
_NODES = re.compile(r"\{\{.*?\}\} ?| \[Op:.*|\[\[.*")  # where in a graph TensorFlow met an error
_FILE = re.compile(r"(?:.*\s)?(?P<file>\S+); (?P<reason>[A-Z][\w' ]+)$")
_TEMPORARY = re.compile(r"\.([^/\s]+)\.[0-9a-f]{16}\.tmp")  # as `files.beside` names it


def exit_code(command: Callable[[], int | None], *, user_errors: tuple[type[Exception], ...]) -> int:
    """Runs a command; what a user can mend becomes one line on stderr; it ends with the command that started it.

    A command that ends well says its peak of memory, on stderr.

    Args:
        command: Function that returns its exit code, or None for 0.
        user_errors: Errors whose message is that line, beside those that `user_message` knows.

    Returns:
        The command's code, 1 after such an error, 130 after Ctrl-C, or 141 where nobody reads what it prints.
    """
    end_with_parent()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # what the terminal's encoding lacks is no reason to stop
    if odd := no_text(sys.argv[1:]) or elsewhere(sys.argv[1:]):
        print(f"error: {odd}", file=sys.stderr)
        return 1
    try:
        code = command() or 0
        sys.stdout.flush()
        print(sentence(), file=sys.stderr)  # not stdout, which may be JSON
        return code
    except user_errors as error:
        said = str(error)
    except KeyboardInterrupt:
        print("interrupted; run the same command to resume", file=sys.stderr)
        return 130
    except BrokenPipeError:
        _leave_stdout()
        return 141
    except Exception as error:
        words = user_message(_named(error))
        if words is None:
            raise
        said = words
    print(f"error: {printable(said)}", file=sys.stderr)  # whatever a name or a value in it holds
    return 1


def user_message(error: BaseException) -> str | None:
    """The file and the reason of what the machine refused: files, room, memory; None for any other error."""
    if isinstance(error, OSError):
        return _of_file(error)
    if isinstance(error, MemoryError):
        return f"not enough memory ({one_line(error)}); {_SMALLER}"
    if _is_of_tensorflow(error):
        return _of_tensorflow(" ".join(_NODES.sub("", str(error)).split()), type(error).__name__)
    return None


def no_text(words: Iterable[str]) -> str:
    """Says which word is bytes in another encoding, in a form that no file can hold; empty where none is."""
    for word in words:
        if not word.isascii() and any("\ud800" <= letter <= "\udfff" for letter in word):
            encoding = sys.getfilesystemencoding()
            rule = "rename the file, or set a locale in UTF-8, such as LC_ALL=C.UTF-8"
            return f"{os.fsencode(word)!r} is no text in {encoding}, the encoding of this process: {rule}"
    return ""


def one_line(error: BaseException) -> str:
    """What an error says, without the lines behind its first."""
    return next(iter(str(error).strip().splitlines()), type(error).__name__)


def _of_file(error: OSError) -> str | None:
    if error.errno is None and error.filename is None:
        return None
    reason = error.strerror or type(error).__name__ if error.errno is None else os.strerror(error.errno)
    return _refused(error.filename or "a file or connection", reason)


def _named(error: Exception) -> Exception:
    """The same error, or one that names standard output where printing met it."""
    if not isinstance(error, OSError) or error.errno is None or error.filename is not None:
        return error
    at = traceback.extract_tb(error.__traceback__)[-1].line or ""
    if not at.startswith(_PRINTS):
        return error
    _leave_stdout()
    return OSError(error.errno, os.strerror(error.errno), "standard output")


def _leave_stdout() -> None:
    """Points stdout at the null device, so that Python's flush at exit does not fail again."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _of_tensorflow(said: str, name: str) -> str:
    said = _TEMPORARY.sub(r"\1", said)
    found = _FILE.match(said)
    if found:
        return _refused(found["file"], found["reason"])
    if name == "ResourceExhaustedError":
        return f"not enough memory ({said}); {_SMALLER}"
    return f"{said}; a file is damaged or missing: restore it, or make it again"


def _refused(file: str | bytes | int, reason: str) -> str:
    rule = _ROOM if reason in map(os.strerror, _FULL) else _LIMIT if reason == os.strerror(errno.EFBIG) else _CHECK
    name = _TEMPORARY.sub(r"\1", os.fsdecode(file) if isinstance(file, bytes) else str(file))
    return f"{name}: {reason[0].lower()}{reason[1:]}; {rule}"


def _is_of_tensorflow(error: BaseException) -> bool:
    errors = getattr(sys.modules.get("tensorflow"), "errors", None)  # a command that never imported it need not now
    return errors is not None and isinstance(error, tuple(getattr(errors, name) for name in _OF_THE_MACHINE))
