"""Calls to the outside: only to the address that was judged, without redirects, and honest about what left."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from selfservice import http
from selfservice.http import Client, Lost, NotAllowed, NotSent, Place, Reply

Answer = Callable[[BaseHTTPRequestHandler, bytes], None]


class Server(ThreadingHTTPServer):
    """A server on loopback that answers as a test says; it remembers requests, and how many connections it got."""

    daemon_threads = True

    def __init__(self) -> None:
        self.answer: Answer = say(201)
        self.requests: list[tuple[str, dict[str, str], bytes]] = []
        self.connections = 0
        super().__init__(("127.0.0.1", 0), self._handler())
        self.url = f"http://push.example:{self.server_address[1]}"

    def get_request(self) -> Any:
        self.connections += 1
        return super().get_request()

    def handle_error(self, *_arguments: object) -> None:
        """A client that has had enough is no error here."""

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                server.requests.append((self.path, dict(self.headers), body))
                server.answer(self, body)

            def do_GET(self) -> None:
                self.do_POST()

            def do_PUT(self) -> None:
                self.do_POST()

            def log_message(self, *_arguments: object) -> None:
                pass

        return Handler


def say(status: int, body: bytes = b"", **headers: str) -> Answer:
    def answer(handler: BaseHTTPRequestHandler, _body: bytes) -> None:
        handler.send_response(status)
        for name, text in {**headers, "Content-Length": str(len(body))}.items():
            handler.send_header(name, text)
        handler.end_headers()
        handler.wfile.write(body)

    return answer


def hang_up(handler: BaseHTTPRequestHandler, _body: bytes) -> None:
    handler.connection.shutdown(socket.SHUT_RDWR)
    handler.close_connection = True


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    with Server() as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        answers(monkeypatch, "127.0.0.1")
        yield server
        server.shutdown()


@pytest.fixture
def client() -> Iterator[Client]:
    client = Client(parallel=2)
    yield client
    client.close()


_ask = socket.getaddrinfo


def answers(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> None:
    """What names are looked up to, in order; addresses stay what they are."""

    def look(host: str, port: int, *arguments: Any, **named: Any) -> Any:
        if not host.endswith(".example"):
            return _ask(host, port, *arguments, **named)
        return [found for address in addresses for found in _ask(address, port, *arguments, **named)]

    monkeypatch.setattr(socket, "getaddrinfo", look)


def send(client: Client, server: Server, path: str = "/send/1") -> Reply:
    return client.post(server.url + path, b"hidden", {"TTL": "60"}, may_be_private=True)


def test_a_request_reaches_the_named_host_at_its_judged_place(client: Client, server: Server) -> None:
    reply = send(client, server, "/send/1?a=b")

    path, headers, body = server.requests[0]
    assert (reply.status, path, body) == (201, "/send/1?a=b", b"hidden")
    assert (headers["Host"], headers["TTL"]) == (server.url.removeprefix("http://"), "60")


def test_connections_are_kept(client: Client, server: Server) -> None:
    for _ in range(3):
        send(client, server)

    assert (len(server.requests), server.connections) == (3, 1)


def test_a_redirect_is_not_followed(client: Client, server: Server) -> None:
    server.answer = say(307, Location=f"{server.url}/elsewhere")

    assert (send(client, server).status, len(server.requests)) == (307, 1)


def test_an_endless_answer_is_cut(client: Client, server: Server) -> None:
    server.answer = say(413, b"x" * 100_000)

    replies = [send(client, server), send(client, server)]

    assert [len(reply.body) for reply in replies] == [http.LONGEST_ANSWER] * 2
    assert server.connections == 2


def test_headers_are_found_in_lower_case(client: Client, server: Server) -> None:
    server.answer = say(429, **{"Retry-After": "7"})

    assert send(client, server).headers["retry-after"] == "7"


def test_a_connection_that_is_cut_is_lost(client: Client, server: Server) -> None:
    server.answer = hang_up

    with pytest.raises(Lost):
        send(client, server)

    assert len(server.requests) == 1


def test_a_slow_answer_is_lost(client: Client, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "ANSWER_SECONDS", 0.2)
    over = threading.Event()
    server.answer = lambda *_: bool(over.wait(10)) and None

    with pytest.raises(Lost):
        send(client, server)

    over.set()


def test_an_answer_that_drips_is_lost(client: Client, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "BODY_SECONDS", 0.2)
    over = threading.Event()

    def drip(handler: BaseHTTPRequestHandler, _body: bytes) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "1000")
        handler.end_headers()
        while not over.wait(0.05):
            handler.wfile.write(b".")

    server.answer = drip

    with pytest.raises(Lost, match="to an end"):
        send(client, server)

    over.set()


def test_other_methods_are_sent_as_they_are(client: Client, server: Server) -> None:
    server.answer = lambda handler, body: say(200, f"{handler.command} {body.decode()}".encode())(handler, body)

    got = client.get(f"{server.url}/x?y=1", {"Accept": "*/*"}, may_be_private=True)
    put = client.request(http.Request("PUT", f"{server.url}/x", {}, b"new"), may_be_private=True)
    cut = client.get(f"{server.url}/x", {}, longest=2, may_be_private=True)

    assert [reply.body for reply in (got, put, cut)] == [b"GET ", b"PUT new", b"GE"]


def test_where_nobody_listens_nothing_is_sent(client: Client, server: Server) -> None:
    server.shutdown()
    server.server_close()

    with pytest.raises(NotSent):
        send(client, server)


def test_a_wrong_certificate_is_told_before_anything_is_sent(
    client: Client, server: Server, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.harness.certificates import make_certificate  # noqa: PLC0415 - needs a package of its own

    certificate = make_certificate(tmp_path, "elsewhere.example")
    server.socket = certificate.context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.path))

    with pytest.raises(NotSent, match="certificate"):
        client.post(server.url.replace("http:", "https:") + "/x", b"hidden", {}, may_be_private=True)

    assert server.requests == []


def test_the_second_place_is_tried_when_the_first_does_not_answer(
    client: Client, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers(monkeypatch, "::1", "127.0.0.1")

    assert send(client, server).status == 201


def test_a_name_is_looked_up_once_a_minute(client: Client, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    send(client, server)
    answers(monkeypatch, "203.0.113.7")  # The network guard of the tests would say so.

    assert send(client, server).status == 201


def test_a_name_that_moves_is_judged_again(client: Client, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """DNS rebinding: public when it was looked at first, private later."""
    monkeypatch.setattr(http, "KEPT_SECONDS", 0.0)
    monkeypatch.setattr(http, "is_public", lambda address: address == "127.0.0.1")
    url = server.url + "/send/1"

    assert client.post(url, b"hidden", {}).status == 201
    answers(monkeypatch, "10.0.0.7")
    with pytest.raises(NotAllowed):
        client.post(url, b"hidden", {})

    assert len(server.requests) == 1


def test_the_judged_address_is_the_one_called(client: Client, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name server that says one thing when asked first and another when asked again has nobody to tell it to."""
    asked: list[str] = []
    real = socket.getaddrinfo

    def look(host: str, *arguments: Any, **named: Any) -> Any:
        asked.append(host)
        return real(host, *arguments, **named)

    monkeypatch.setattr(socket, "getaddrinfo", look)

    send(client, server)

    assert asked.count("push.example") == 1


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "0.0.0.0", "100.64.0.1"),
        *("255.255.255.255", "224.0.0.1", "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "ff02::1"),
        *("::ffff:10.0.0.1", "64:ff9b::a00:1", "2002:a00:1::", "2001:db8::1"),
    ],
)
def test_private_addresses_are_known_whatever_they_are_wrapped_in(address: str) -> None:
    assert not http.is_public(address)


@pytest.mark.parametrize("address", ["142.250.72.10", "2607:f8b0::a", "::ffff:142.250.72.10", "64:ff9b::8efa:480a"])
def test_public_addresses_are_known(address: str) -> None:
    assert http.is_public(address)


def test_only_public_places_are_left(monkeypatch: pytest.MonkeyPatch) -> None:
    answers(monkeypatch, "10.0.0.7", "142.250.72.10")

    assert http.look_up("https://push.example/x") == [Place("142.250.72.10", 443)]
    assert http.look_up("https://push.example:8443/x", may_be_private=True)[0] == Place("10.0.0.7", 8443)


def test_an_unknown_name_is_not_sent_to(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_arguments: object, **_named: object) -> None:
        raise socket.gaierror

    monkeypatch.setattr(socket, "getaddrinfo", fail)

    with pytest.raises(NotSent):
        http.look_up("https://push.example/x")
