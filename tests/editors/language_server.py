"""A client of yaml-language-server over LSP on standard input and output, as an editor is one."""

import json
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Any, Self


SETTINGS = {"validate": True, "completion": True, "hover": True, "schemaStore": {"enable": False}}


class LanguageServer:
    """One running server. Files are opened with their text; the modeline in it names the schema."""

    def __init__(self, command: list[str], root: Path) -> None:
        self.command = command
        self.root = root
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self._ids = 0
        self._versions: dict[str, int] = {}
        capabilities = {
            "workspace": {"configuration": True},
            "textDocument": {
                "completion": {"completionItem": {"documentationFormat": ["markdown", "plaintext"]}},
                "hover": {"contentFormat": ["markdown", "plaintext"]},
            },
        }
        self.request("initialize", {"processId": None, "rootUri": root.as_uri(), "capabilities": capabilities})
        self._send({"method": "initialized", "params": {}})
        self._send({"method": "workspace/didChangeConfiguration", "params": {"settings": {"yaml": SETTINGS}}})

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.wait()

    def open(self, name: str, text: str) -> str:
        """Open a file below the root, or change its text; return its URI."""
        uri = (self.root / name).as_uri()
        version = self._versions[uri] = self._versions.get(uri, 0) + 1
        if version == 1:
            document = {"uri": uri, "languageId": "yaml", "version": version, "text": text}
            self._send({"method": "textDocument/didOpen", "params": {"textDocument": document}})
        else:
            change = {"textDocument": {"uri": uri, "version": version}, "contentChanges": [{"text": text}]}
            self._send({"method": "textDocument/didChange", "params": change})
        return uri

    def diagnostics(self, name: str, text: str) -> list[tuple[int, str, str]]:
        """Return what the server says of a text: line from 1, the marked text, the message."""
        return self.diagnose({name: text})[name]

    def diagnose(self, texts: dict[str, str]) -> dict[str, list[tuple[int, str, str]]]:
        """Return what the server says of several texts by name."""
        names = {self.open(name, text): name for name, text in texts.items()}
        found: dict[str, list[tuple[int, str, str]]] = {}
        while len(found) < len(texts):
            message = self._receive()
            parameters = message.get("params", {})
            if message.get("method") == "textDocument/publishDiagnostics" and parameters["uri"] in names:
                name = names[parameters["uri"]]
                found[name] = sorted(_said(one, texts[name].splitlines()) for one in parameters["diagnostics"])
        return found

    def complete(self, name: str, text: str) -> list[str]:
        """Return what the server proposes at the mark `|` in a text."""
        items = self._at_mark("textDocument/completion", name, text)
        return [item["label"] for item in (items["items"] if isinstance(items, dict) else items or [])]

    def hover(self, name: str, text: str) -> str:
        """Return what the server shows at the mark `|` in a text."""
        found = self._at_mark("textDocument/hover", name, text)
        return str(found["contents"]["value"]) if found else ""

    def _at_mark(self, method: str, name: str, text: str) -> Any:
        before, _, after = text.partition("|")
        uri = self.open(name, before + after)
        position = {"line": before.count("\n"), "character": len(before.rpartition("\n")[2])}
        return self.request(method, {"textDocument": {"uri": uri}, "position": position})

    def request(self, method: str, parameters: Any) -> Any:
        """Send a request and return its result, answering what the server asks in between."""
        self._ids += 1
        self._send({"id": self._ids, "method": method, "params": parameters})
        while True:
            message = self._receive()
            if message.get("id") == self._ids and "method" not in message:
                return message.get("result")

    def _send(self, message: dict[str, Any]) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        assert self._process.stdin is not None
        self._process.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        self._process.stdin.flush()

    def _receive(self) -> dict[str, Any]:
        """Return the next message; requests of the server itself are answered first."""
        assert self._process.stdout is not None
        length = 0
        while line := self._process.stdout.readline().strip():
            if line.lower().startswith(b"content-length:"):
                length = int(line.partition(b":")[2])
        message: dict[str, Any] = json.loads(self._process.stdout.read(length) or "{}")
        if not message:
            raise EOFError("the language server ended")
        if "id" in message and "method" in message:
            asked = message.get("params", {}).get("items", []) if message["method"] == "workspace/configuration" else []
            result = [SETTINGS if item.get("section") == "yaml" else {} for item in asked] if asked else None
            self._send({"id": message["id"], "result": result})
        return message


def _said(diagnostic: dict[str, Any], lines: list[str]) -> tuple[int, str, str]:
    start, end = diagnostic["range"]["start"], diagnostic["range"]["end"]
    line = lines[start["line"]]
    marked = line[start["character"] : end["character"] if start["line"] == end["line"] else len(line)]
    return start["line"] + 1, marked, diagnostic["message"]
