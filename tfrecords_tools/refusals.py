"""What the file system refuses, in one line for people."""


def in_words(error: OSError) -> str:
    """Names the file and the reason of what the file system refused; another error, without a file, is raised again."""
    if error.filename is None:
        raise error
    reason = error.strerror or type(error).__name__
    return f"{error.filename}: {reason[0].lower()}{reason[1:]}; check the path, and that it may be read and written"
