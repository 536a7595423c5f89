"""Real things to embed with: a tiny ONNX model made on the spot, and an HTTP server on this machine."""

from __future__ import annotations

import json
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from tokenizers import Tokenizer, models, pre_tokenizers

TINY_DIMENSIONS = 8
TINY_WORDS = ("red", "green", "blue", "cache", "retry")


class TinyModels:
    """Makes tiny ONNX models and knows their vectors."""

    @property
    def vectors(self) -> Any:
        """The vector of each word of the vocabulary: [PAD], [UNK], then TINY_WORDS."""
        return _tiny_vectors()

    def write(self, folder: Path, *, file: str = "model.onnx", pooled: bool = False) -> Path:
        """Write a model whose output is one vector per token, or per text if `pooled`."""
        return _write_tiny_model(folder, file=file, pooled=pooled)


@pytest.fixture(autouse=True)
def working_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have what libraries create beside themselves lie in a folder of the test's."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def tiny_models() -> TinyModels:
    return TinyModels()


@pytest.fixture
def tiny_model(tmp_path: Path, tiny_models: TinyModels) -> Path:
    """A folder with an ONNX model that looks each word's vector up."""
    return tiny_models.write(tmp_path / "tiny")


def write_tiny_reranker(folder: Path, worth: Mapping[str, float]) -> Path:
    """Write a cross-encoder whose score of a text is the sum of what the words of query and text are worth."""
    folder.mkdir(parents=True)
    table = onnx.numpy_helper.from_array(
        np.array([[0.0], [0.0], *([value] for value in worth.values())], "f4"), "table"
    )
    axis = onnx.numpy_helper.from_array(np.array([1]), "axis")
    ids = onnx.helper.make_tensor_value_info("input_ids", onnx.TensorProto.INT64, ["texts", "tokens"])
    nodes = [
        onnx.helper.make_node("Gather", ["table", "input_ids"], ["values"]),
        onnx.helper.make_node("ReduceSum", ["values", "axis"], ["logits"], keepdims=0),
    ]
    output = onnx.helper.make_tensor_value_info("logits", onnx.TensorProto.FLOAT, ["texts", 1])
    graph = onnx.helper.make_graph(nodes, "reranker", [ids], [output], initializer=[table, axis])
    onnx.save(
        onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 18)], ir_version=9),
        folder / "model.onnx",
    )
    _write_tokenizer(folder, worth, max_length=256)
    return folder


def _write_tiny_model(folder: Path, *, file: str, pooled: bool) -> Path:
    path = folder / file
    path.parent.mkdir(parents=True)
    onnx.save(_tiny_graph(pooled=pooled), path)
    _write_tokenizer(folder, TINY_WORDS, max_length=16)
    return folder


def _write_tokenizer(folder: Path, words: Iterable[str], max_length: int) -> None:
    vocabulary = {word: i for i, word in enumerate(("[PAD]", "[UNK]", *words))}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.save(str(folder / "tokenizer.json"))
    settings = {"model_max_length": max_length, "pad_token": "[PAD]"}
    (folder / "tokenizer_config.json").write_text(json.dumps(settings), encoding="utf-8")


def _tiny_vectors() -> Any:
    return np.random.default_rng(7).normal(size=(len(TINY_WORDS) + 2, TINY_DIMENSIONS)).astype(np.float32)


def _tiny_graph(*, pooled: bool) -> onnx.ModelProto:
    table = onnx.numpy_helper.from_array(_tiny_vectors(), "table")
    ids = onnx.helper.make_tensor_value_info("input_ids", onnx.TensorProto.INT64, ["texts", "tokens"])
    nodes = [onnx.helper.make_node("Gather", ["table", "input_ids"], ["last_hidden_state"])]
    name = "last_hidden_state"
    shape: list[str | int | None] = ["texts", "tokens", TINY_DIMENSIONS]
    initializers = [table]
    if pooled:
        initializers.append(onnx.numpy_helper.from_array(np.array([1]), "axis"))
        nodes.append(onnx.helper.make_node("ReduceMax", ["last_hidden_state", "axis"], ["pooled"], keepdims=0))
        name, shape = "pooled", ["texts", TINY_DIMENSIONS]
    output = onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, shape)
    graph = onnx.helper.make_graph(nodes, "tiny", [ids], [output], initializer=initializers)
    return onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 18)], ir_version=9)


@dataclass
class EmbeddingServer:
    """A real endpoint on this machine. `script` holds answers for the next requests: (status, headers, body)."""

    url: str = ""
    script: deque[tuple[int, dict[str, str], bytes]] = field(default_factory=deque)
    requests: list[dict[str, Any]] = field(default_factory=list)
    keys: list[str | None] = field(default_factory=list)

    def then(self, status: int, body: bytes = b"", **headers: str) -> None:
        """Answer a coming request with this instead of vectors."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.script.append((status, named, body))

    @staticmethod
    def vector(text: str) -> list[float]:
        """The vector that the server gives for a text."""
        return [float(len(text)), float(text.count("e")), 1.0, float(sum(map(ord, text)) % 7)]


def _handler(server: EmbeddingServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            server.requests.append(request)
            server.keys.append(self.headers["Authorization"])
            if server.script:
                status, headers, body = server.script.popleft()
            else:
                rows = [{"index": i, "embedding": server.vector(text)} for i, text in enumerate(request["input"])]
                status, headers, body = 200, {}, json.dumps({"data": rows[::-1]}).encode()
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 (named by the base class)
            """Keep the test output quiet."""

    return Handler


@pytest.fixture
def server() -> Iterator[EmbeddingServer]:
    """An endpoint that embeds, unless its script says otherwise."""
    state = EmbeddingServer()
    http = ThreadingHTTPServer(("127.0.0.1", 0), _handler(state))
    state.url = f"http://127.0.0.1:{http.server_port}/v1/embeddings"
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield state
    http.shutdown()
    http.server_close()
    thread.join()


class DictCache:
    """The smallest real BlobCache: a dictionary that counts what it is asked."""

    def __init__(self) -> None:
        self.values: dict[str, bytes] = {}

    def get(self, key: str) -> bytes | None:
        return self.values.get(key)

    def set(self, key: str, value: bytes) -> None:
        self.values[key] = value


@pytest.fixture
def cache() -> DictCache:
    return DictCache()


@pytest.fixture
def run_at_once() -> Callable[[Callable[[], Any]], list[Any]]:
    """Runs a call in several threads that start together, and returns what each got."""
    return _run_at_once


def _run_at_once(call: Callable[[], Any], threads: int = 4) -> list[Any]:
    barrier = threading.Barrier(threads)
    results: list[Any] = [None] * threads

    def run(i: int) -> None:
        barrier.wait()
        results[i] = call()

    workers = [threading.Thread(target=run, args=(i,)) for i in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return results
