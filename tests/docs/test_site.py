"""The reference site: complete, without a broken link, and usable in a browser, on a telephone too."""

import functools
import http.server
import threading
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urldefrag

import pytest

from llem.docs.pages import pages
from llem.docs.site import build_site
from llem.registry import load_registry


PHONE = {"width": 390, "height": 844}


class Page(HTMLParser):
    """The links and anchors of a page."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.links: list[str] = []
        self.anchors: set[str] = {""}
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = dict(attributes)
        self.anchors.add(given.get("id") or "")
        link = given.get("href") if tag in ("a", "link") else given.get("src") if tag in ("script", "img") else None
        if link:
            self.links.append(link)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    build_site(load_registry(), folder)
    return folder


@pytest.fixture(scope="module")
def address(site: Path) -> Iterator[str]:
    handler = functools.partial(Quiet, directory=str(site))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Serves files without a line for each on the terminal."""

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def test_every_record_has_its_place() -> None:
    """Every parameter and every rule stands on exactly one page."""
    registry = load_registry()
    texts = list(pages(registry).values())
    for name in (*registry.parameters, *registry.check_records()):
        assert sum(f"{{ #{name} }}" in text for text in texts) == 1, name


def test_no_link_is_broken(site: Path) -> None:
    """Every link of every page leads to a file that is there, and to an anchor in it."""
    found = {path: Page(path) for path in site.rglob("*.html")}
    broken = []
    for path, page in found.items():
        for link in page.links:
            target, anchor = urldefrag(link)
            if "://" in target or path.name == "404.html":
                continue
            file = (path.parent / unquote(target)).resolve() if target else path
            file = file / "index.html" if file.is_dir() else file
            if not file.is_file() or (file in found and unquote(anchor) not in found[file].anchors):
                broken.append(f"{path.relative_to(site)}: {link}")
    assert broken == []


def test_nothing_is_loaded_from_elsewhere(site: Path) -> None:
    for path in site.rglob("*.html"):
        text = path.read_text(encoding="utf-8")
        assert 'src="http' not in text
        assert 'rel="stylesheet" href="http' not in text


def test_search_leads_to_a_parameter_and_on_to_its_rule(address: str, browser: Any, tmp_path: Path) -> None:
    page = browser.new_page()
    page.goto(f"{address}/index.html")
    page.click(".md-search__input")
    page.keyboard.type("num_beams")
    page.locator(".md-search-result__item").first.get_by_role("heading", name="pytorch.num_beams").click()
    page.wait_for_url("**/parameters/pytorch-generation.html*")
    assert page.locator("[id='pytorch.num_beams']").is_visible()
    rule = page.locator("a", has_text="pytorch.beam-options-need-beams").first
    rule.click()
    page.wait_for_url("**/rules/pytorch.html*")
    assert page.locator("[id='pytorch.beam-options-need-beams']").is_visible()
    page.screenshot(path=tmp_path / "rule.png")


@pytest.mark.parametrize(
    "name", ["index.html", "parameters/pytorch-loading.html", "rules/pytorch.html", "capabilities.html"]
)
def test_phone_width(address: str, browser: Any, tmp_path: Path, name: str) -> None:
    """Nothing makes a page wider than a telephone; wide tables and code scroll by themselves."""
    page = browser.new_page(viewport=PHONE)
    page.goto(f"{address}/{name}")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    page.screenshot(path=tmp_path / f"{Path(name).stem}.png")
