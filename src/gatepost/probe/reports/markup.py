"""Elements of HTML and XML, built as a tree: the serialiser escapes whatever text is put in, so nothing can be missed.

No text reaches a document in another way than through `element`.
"""

from __future__ import annotations

from xml.etree.ElementTree import Element

from gatepost.probe.reports.text import pieces, plain

Child = Element | str | None


def element(tag: str, *children: Child, **attributes: str | int | None) -> Element:
    """An element; text in it and in its attributes is made plain, and what is None is left out.

    `class_` and `for_` stand for the words that Python keeps; an underscore inside a name is a hyphen.
    """
    names = {name.rstrip("_").replace("_", "-"): value for name, value in attributes.items() if value is not None}
    made = Element(tag, {name: plain(str(value)) for name, value in names.items()})
    for child in children:
        append(made, child)
    return made


def append(parent: Element, child: Child) -> None:
    """Adds at the end; neighbouring texts become one."""
    if child is None:
        return
    if isinstance(child, Element):
        parent.append(child)
    elif len(parent):
        parent[-1].tail = (parent[-1].tail or "") + plain(child)
    else:
        parent.text = (parent.text or "") + plain(child)


def prose(text: str) -> list[Child]:
    """Our sentences, with the code in them as such."""
    return [element("code", piece) if is_code else piece for piece, is_code in pieces(text)]
