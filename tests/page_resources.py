"""What a browser would fetch from the network to show a page."""

import re
from html.parser import HTMLParser

_FETCHED = {"src", "srcset", "poster", "data", "background", "manifest"}  # attributes of any element
_FETCHED_BY = {"link", "image", "use", "feimage"}  # elements whose href is no link to follow
_IN_STYLE = re.compile(r"""(?:url\(\s*['"]?|@import\s+['"])([^'")]+)""", re.IGNORECASE)
_OUTSIDE = re.compile(r"(?:^|[\s,])(?:https?:|ftp:|wss?:|//)", re.IGNORECASE)


def fetched_from_outside(page: str) -> list[str]:
    """Addresses on the network that a browser loads by itself; links to follow are none."""
    found = _Resources()
    found.feed(page)
    found.close()
    return [address for address in found.addresses if _OUTSIDE.search(address)]


class _Resources(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self._within = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._within = tag
        for name, value in attrs:
            if name in _FETCHED or (name.endswith("href") and tag in _FETCHED_BY):
                self.addresses.append(value or "")
            elif name == "style":
                self.addresses += _IN_STYLE.findall(value or "")
            elif tag == "meta" and name == "content":
                self.addresses += re.findall(r"(?i)url=\s*(\S+)", value or "")

    def handle_data(self, data: str) -> None:
        if self._within == "style":
            self.addresses += _IN_STYLE.findall(data)

    def handle_endtag(self, tag: str) -> None:
        self._within = ""
