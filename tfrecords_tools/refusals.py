"""What ends a command in one line for people, and not in a traceback."""

import io
import os
import sys
from collections.abc import Callable, Iterable

from tfrecords_tools.parents import end_with_parent


def exit_code(command: Callable[[], int | None], *, mendable: tuple[type[Exception], ...]) -> int:
    """Runs a command; what a user can mend becomes one line on stderr; it ends with the command that started it.

    Args:
        command: Its own exit code, or None for 0.
        mendable: Errors whose message is that line, beside what the file system refuses.

    Returns:
        The command's code, 1 after such an error, or 130 after Ctrl-C.
    """
    end_with_parent()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # what the terminal's encoding lacks is no reason to stop
    if odd := no_text(sys.argv[1:]):
        print(f"error: {odd}", file=sys.stderr)
        return 1
    try:
        return command() or 0
    except mendable as error:
        print(f"error: {error}", file=sys.stderr)
    except OSError as error:
        print(f"error: {in_words(error)}", file=sys.stderr)
    except KeyboardInterrupt:
        print("interrupted; the same command goes on where it was", file=sys.stderr)
        return 130
    return 1


def in_words(error: OSError) -> str:
    """Names the file and the reason of what the file system refused; another error, without a file, is raised again."""
    if error.filename is None:
        raise error
    reason = error.strerror or type(error).__name__
    return f"{error.filename}: {reason[0].lower()}{reason[1:]}; check the path, and that it may be read and written"


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
