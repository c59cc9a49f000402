"""The owner of a cluster: commands that do to its nodes what somebody asks of it by HTTP."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

from harness.clusters.local.cluster import LocalCluster

_ASK = "import sys, urllib.request; print(urllib.request.urlopen(sys.argv[1], timeout=50).read().decode())"
_DOES = {"kill": "kill", "stop": "shut_down", "start": "restart", "pause": "pause", "resume": "resume"}
Nodes = dict[int, dict[str, list[str]]]


@contextmanager
def owning(cluster: LocalCluster) -> Iterator[Nodes]:
    """What ``cluster.nodes`` has of it, while its owner is there. What is started dies with the thread that served."""

    class Owner(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            action, node = self.path.strip("/").split("/")
            getattr(cluster.processes, _DOES[action])(int(node))
            self.send_response(200)
            self.end_headers()
            self.wfile.write(f"{action} of {node} is done".encode())

        def log_message(self, *_: object) -> None: ...

    with HTTPServer(("127.0.0.1", 0), Owner) as server:
        serving = threading.Thread(target=server.serve_forever, daemon=True)
        serving.start()
        at = f"http://127.0.0.1:{server.server_port}"
        yield {
            node: {action: [sys.executable, "-c", _ASK, f"{at}/{action}/{node}"] for action in _DOES}
            for node in (*cluster.addresses, cluster.controller)
        }
        server.shutdown()
        serving.join(10)
