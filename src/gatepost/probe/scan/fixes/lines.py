"""Where lines begin and end in a text of either line end."""

from __future__ import annotations


def line_start(text: str, offset: int) -> int:
    """Where the line begins that holds this character."""
    return text.rfind("\n", 0, offset) + 1


def line_end(text: str, offset: int) -> int:
    """Where the line ends that holds this character: its line break begins there."""
    end = text.find("\n", offset)
    if end < 0:
        return len(text)
    return end - 1 if end > offset and text[end - 1] == "\r" else end


def next_line(text: str, offset: int) -> int:
    """Where the line after that begins."""
    end = text.find("\n", offset)
    return len(text) if end < 0 else end + 1


def starts_line(text: str, offset: int) -> bool:
    """Whether only white space stands before it on its line."""
    return not text[line_start(text, offset) : offset].strip()


def indentation(text: str, offset: int) -> str:
    """The white space with which its line begins."""
    line = text[line_start(text, offset) : offset]
    return line[: len(line) - len(line.lstrip())]
