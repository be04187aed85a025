"""Builds the reference site with MkDocs from the pages and guides."""

import json
import logging
import tempfile
from importlib import resources
from pathlib import Path
from typing import Any

from llem.docs.pages import pages
from llem.registry.model import Registry


_SETTINGS: dict[str, Any] = {
    "site_name": "llem",
    "theme": {"name": "material", "font": False, "features": ["navigation.top", "search.suggest", "toc.follow"]},
    "plugins": [{"search": {"separator": r"[\s\-.]+"}}],
    "markdown_extensions": ["attr_list", "admonition", "pymdownx.details", "pymdownx.superfences", "tables"],
    "use_directory_urls": False,
    "validation": {"links": {"anchors": "warn"}},
    "strict": True,
}
_NAVIGATION = {
    "Guides": "guides/",
    "Parameters": "parameters/",
    "Rules": "rules/",
}


def build_site(registry: Registry, target: Path) -> None:
    """Write the site into a folder.

    Raises:
        ImportError: when MkDocs or its theme Material is not installed.
        OSError: when the folder cannot be written into.
    """
    from mkdocs.commands.build import build
    from mkdocs.config import load_config

    with tempfile.TemporaryDirectory() as name:
        sources = write_pages(registry, Path(name) / "docs")
        logging.getLogger("mkdocs").setLevel(logging.ERROR)
        settings = {**_SETTINGS, "site_dir": str(target.resolve()), "nav": _navigation(sources)}
        file = Path(name) / "mkdocs.yml"
        file.write_text(json.dumps(settings), encoding="utf-8")
        build(load_config(str(file)))


def write_pages(registry: Registry, folder: Path) -> dict[str, str]:
    """Write the Markdown of the site below a folder; return it by path."""
    guides = resources.files("llem.docs") / "guides"
    texts = {f"guides/{guide.name}": guide.read_text(encoding="utf-8") for guide in guides.iterdir()}
    texts["index.md"] = texts.pop("guides/index.md")
    texts |= pages(registry)
    for name, text in texts.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return texts


def _navigation(texts: dict[str, str]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = [{"llem": "index.md"}]
    for title, prefix in _NAVIGATION.items():
        names = [name for name in texts if name.startswith(prefix) and name.endswith(".md")]
        found.append({title: [{_heading(texts[name]): name} for name in names]})
    return [*found, {"Capabilities": "capabilities.md"}, {"Compatibility": "compatibility.md"}]


def _heading(text: str) -> str:
    return text.splitlines()[0].removeprefix("# ")
