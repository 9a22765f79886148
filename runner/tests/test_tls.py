"""tls.py and a runner that listens with it: sealed, bounded, and clear to whoever does not speak it."""

from __future__ import annotations

import pathlib
import shutil
import socket
import ssl
import tempfile
import time
import unittest
from typing import Any, Optional

from _runner import limits, tls
from _runner.link import Kind
from _runner.websocket import Opcode
from tests.support.certificates import certify
from tests.support.listening import PATIENCE, Peer, Runner, attach, masked
from tests.support.tier import of_the_supervisor

setUpModule = of_the_supervisor


class Sealed(unittest.TestCase):
    folder: pathlib.Path

    @classmethod
    def setUpClass(cls) -> None:
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="pyvisor-tls-"))
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        cls.certificate, cls.key = certify(cls.folder)


class Client:
    """The other side of a connection that is not there."""

    def __init__(self, certificate: pathlib.Path, newest: Optional[ssl.TLSVersion] = None) -> None:
        context = ssl.create_default_context(cafile=str(certificate))
        if newest is not None:
            context.maximum_version = newest
        self.inbound, self.outbound = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(self.inbound, self.outbound, server_hostname="localhost")

    def shake(self, server: tls.Tls, size: int = 1 << 20) -> None:
        """Both say what they have to, in pieces of this size, until the handshake is over."""
        for _ in range(10):
            try:
                self.tls.do_handshake()
            except ssl.SSLWantReadError:
                pass
            self.say(server, size)
            self.inbound.write(server.pending())

    def say(self, server: tls.Tls, size: int = 1 << 20) -> bytes:
        data, got = self.outbound.read(), b""
        for at in range(0, len(data), size):
            got += server.received(data[at : at + size])
        return got


class TlsTest(Sealed):
    def setUp(self) -> None:
        self.server = tls.Tls(tls.context(str(self.certificate), str(self.key)))

    def test_what_is_said_arrives_however_it_was_cut(self) -> None:
        for size in (1, 7, 1 << 20):
            with self.subTest(size):
                server, client = tls.Tls(tls.context(str(self.certificate), str(self.key))), Client(self.certificate)
                client.shake(server, size)
                self.assertTrue(server.shaken)
                said = bytes(range(256)) * 400
                client.tls.write(said)
                self.assertEqual(client.say(server, size), said)
                client.inbound.write(server.sealed(b"and back"))
                self.assertEqual(client.tls.read(100), b"and back")

    def test_its_last_word_is_told_from_a_cut(self) -> None:
        client = Client(self.certificate)
        client.shake(self.server)
        client.inbound.write(self.server.ended())
        self.assertEqual(client.tls.read(100), b"")
        client, server = Client(self.certificate), tls.Tls(tls.context(str(self.certificate), str(self.key)))
        client.shake(server)
        try:
            client.tls.unwrap()
        except ssl.SSLWantReadError:
            pass
        client.say(server)
        self.assertTrue(server.over)
        self.assertFalse(server.broken)

    def test_behind_its_last_word_and_after_what_is_broken_nothing_is_said_and_nothing_raised(self) -> None:
        client = Client(self.certificate)
        client.shake(self.server)
        self.server.ended()
        self.assertEqual(self.server.sealed(b"more"), b"")
        client, server = Client(self.certificate), tls.Tls(tls.context(str(self.certificate), str(self.key)))
        client.shake(server)
        server.received(b"\x17\x03\x03\x00\x05wrong")
        self.assertTrue(server.broken)
        server.pending()
        self.assertEqual(server.sealed(b"more"), b"")

    def test_older_than_1_2_is_not_spoken(self) -> None:  # rule: REC-20
        made = tls.context(str(self.certificate), str(self.key))
        self.assertEqual(made.minimum_version, ssl.TLSVersion.TLSv1_2)
        client = Client(self.certificate, ssl.TLSVersion.TLSv1_2)
        client.shake(self.server)
        self.assertEqual(client.tls.version(), "TLSv1.2")

    def test_what_is_no_tls_is_known_at_its_first_byte(self) -> None:
        for said, plain in ((b"GET / HTTP/1.1\r\n", True), (b"\0", False), (b"\x80\x2e", False), (b"xyz", False)):
            with self.subTest(said):
                server = tls.Tls(tls.context(str(self.certificate), str(self.key)))
                self.assertEqual(server.received(said), b"")
                self.assertEqual((server.broken, server.plain), (True, plain))

    def test_a_handshake_has_so_many_bytes_and_no_more(self) -> None:
        record = b"\x16\x03\x01\x40\x00" + b"\x01\x01\xff\xff" + bytes(0x3FFC)
        sent = 0
        while not self.server.broken:
            self.server.received(record)
            sent += len(record)
            self.assertLess(sent, 2 * limits.TLS_HANDSHAKE)

    def test_a_changed_bit_breaks_it_and_nothing_of_it_is_taken(self) -> None:
        client = Client(self.certificate)
        client.shake(self.server)
        client.tls.write(b"something")
        data = bytearray(client.outbound.read())
        data[-3] ^= 1
        self.assertEqual(self.server.received(bytes(data)), b"")
        self.assertTrue(self.server.broken)


class SealedPeer(Peer):
    """A client of TLS that trusts this certificate."""

    def __init__(self, runner: Runner, certificate: pathlib.Path) -> None:
        super().__init__(runner)
        self.raw = self.socket.dup()
        context = ssl.create_default_context(cafile=str(certificate))
        self.socket = context.wrap_socket(self.socket, server_hostname="127.0.0.1")

    def __exit__(self, *problem: Any) -> None:
        self.raw.close()
        super().__exit__(*problem)


class ListeningTest(Sealed):
    def setUp(self) -> None:
        self.runner = Runner(None, "--cert", str(self.certificate), "--key", str(self.key))
        self.addCleanup(self.runner.__exit__, None, None, None)

    def attaches(self) -> None:
        with SealedPeer(self.runner, self.certificate) as peer:
            answer = peer.open().attach()
            self.assertIn("incarnation", answer)

    def test_status_and_link_are_served(self) -> None:  # rule: REC-20
        with SealedPeer(self.runner, self.certificate) as peer:
            peer.ask("/v1/status")
            self.assertEqual(peer.answer()[0], 200)
            self.assertEqual(peer.socket.recv(100), b"", "it says goodbye as TLS does")
        self.attaches()

    def test_without_the_token_nobody_gets_in(self) -> None:  # rule: REC-17
        with SealedPeer(self.runner, self.certificate) as peer:
            peer.ask(Authorization="Bearer wrong")
            self.assertEqual(peer.answer()[0], 401)

    def test_plain_http_is_told_to_speak_tls(self) -> None:  # rule: REC-20
        with Peer(self.runner) as peer:
            peer.ask()
            status, body = peer.answer()
            self.assertEqual((status, body["error"]["code"]), (400, "invalid_argument"))
            self.assertIn("write wss://", body["error"]["message"])
            self.assertEqual(peer.socket.recv(100), b"")
        self.attaches()

    def test_garbage_and_who_stops_half_way_hold_up_nobody_and_are_left(self) -> None:
        for said in (b"\0\1\2", b"\x16\x03\x01\x00\x05xxxxx", b"\x15\x03\x03\x00\x02\x02\x28"):
            with self.subTest(said), Peer(self.runner) as peer:
                peer.send(said)
                while peer.socket.recv(1000):
                    pass
        with Peer(self.runner) as silent, Peer(self.runner) as half:
            half.send(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc")
            begin = time.monotonic()
            self.attaches()
            self.assertLess(time.monotonic() - begin, limits.ATTACH_SECONDS)
            for peer in (silent, half):
                self.assertEqual(peer.socket.recv(100), b"", "nothing that could be taken for an answer")

    def test_a_cut_in_the_middle_of_a_record_is_a_cut(self) -> None:
        with SealedPeer(self.runner, self.certificate) as peer:
            told = peer.open().attach()
            peer.raw.send(b"\x17\x03\x03\x10\x00half")
            peer.raw.shutdown(socket.SHUT_RDWR)
        with SealedPeer(self.runner, self.certificate) as peer:
            self.assertEqual(peer.open().attach(str(told["incarnation"]))["incarnation"], told["incarnation"])

    def test_who_changes_a_bit_is_closed_with_an_alert_and_the_stream_is_kept(self) -> None:
        with SealedPeer(self.runner, self.certificate) as peer:
            told = peer.open().attach()
            peer.raw.send(b"\x17\x03\x03\x00\x20" + bytes(32))
            with self.assertRaises(ssl.SSLError) as caught:
                while peer.socket.recv(100_000):
                    pass
            self.assertIn("ALERT_BAD_RECORD_MAC", str(caught.exception))
        with SealedPeer(self.runner, self.certificate) as peer:
            self.assertEqual(peer.open().attach(str(told["incarnation"]))["incarnation"], told["incarnation"])

    def test_what_comes_together_with_the_last_word_is_taken(self) -> None:
        # Beneath a TLS of our own, whose bytes are held back until all of them are there.
        client = Client(self.certificate)
        with socket.create_connection(self.runner.address, PATIENCE) as link:
            for _ in range(10):
                try:
                    client.tls.do_handshake()
                    break
                except ssl.SSLWantReadError:
                    link.sendall(client.outbound.read())
                    client.inbound.write(link.recv(100_000))
            with Peer(self.runner) as plain:
                client.tls.write(plain.request())
            client.tls.write(attach())
            client.tls.write(masked(Opcode.BINARY, bytes((Kind.GOODBYE,)) + b"{}"))
            try:
                client.tls.unwrap()
            except ssl.SSLWantReadError:
                pass
            link.sendall(client.outbound.read())
            self.assertEqual(self.runner.process.wait(PATIENCE), 0, "the goodbye was heard")

    def test_more_connections_than_there_is_room_for_are_closed_without_a_plain_word(self) -> None:
        peers = [Peer(self.runner) for _ in range(limits.CONNECTIONS)]
        try:
            with Peer(self.runner) as turned_away:
                turned_away.socket.settimeout(PATIENCE)
                self.assertEqual(turned_away.socket.recv(100), b"")
        finally:
            for peer in peers:
                peer.socket.close()


del Sealed  # it has no tests of its own
