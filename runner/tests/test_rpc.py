"""rpc.py: JSON-RPC 2.0 as a table (SES-1 to SES-7, SES-12)."""

from __future__ import annotations

import json
import unittest
from typing import Any, Optional

from _runner import limits, rpc
from _runner.errors import ErrorCode, RpcError


def _refuse(request: rpc.Request) -> Any:
    raise RpcError(ErrorCode.INVALID_STATE, "busy")


METHODS = {
    "echo": lambda request: request.params,
    "later": lambda request: rpc.LATER,
    "refuse": _refuse,
    "broken": lambda request: 1 // 0,
}
DEEP = b'{"jsonrpc":"2.0","id":1,"method":"echo","params":' + b"[" * 200 + b"]" * 200 + b"}"

# What is sent, the id of the answer (or SILENCE), and the error's number (or None for a result).
SILENCE = object()
TABLE = [
    # rule: SES-1
    (b"", None, -32700),
    (b"{", None, -32700),
    (b"\xff\xfe", None, -32700),
    (b'{"jsonrpc":"2.0","id":1,"method":"echo","params":{"x":NaN}}', None, -32700),
    # rule: SES-2
    (b"1", None, -32600),
    (b'"x"', None, -32600),
    (b"null", None, -32600),
    (b"{}", None, -32600),
    (b'{"id":1,"method":"echo"}', 1, -32600),
    (b'{"jsonrpc":"1.0","id":"a","method":"echo"}', "a", -32600),
    (b'{"jsonrpc":"2.0","id":1,"method":5}', 1, -32600),
    (b'{"jsonrpc":"2.0","id":1,"method":"echo","params":5}', 1, -32600),
    (b'{"jsonrpc":"2.0","id":[1],"method":"echo"}', None, -32600),
    (b'{"jsonrpc":"2.0","id":true,"method":"echo"}', None, -32600),
    (b'{"jsonrpc":"2.0","id":1.5,"method":"echo"}', 1.5, -32600),
    (b'{"jsonrpc":"2.0","id":1e999,"method":"echo"}', None, -32600),
    (b'{"jsonrpc":"2.0","id":1,"method":"echo","params":null}', 1, -32600),
    # rule: SES-3
    (b"[]", None, -32600),
    (b'[{"jsonrpc":"2.0","id":1,"method":"echo"}]', None, -32600),
    # rule: SES-5
    (b'{"jsonrpc":"2.0","id":1,"method":"echo"}', 1, None),
    (b'{"jsonrpc":"2.0","id":-7,"method":"echo","params":{}}', -7, None),
    (b'{"jsonrpc":"2.0","id":"x","method":"echo"}', "x", None),
    (b'{"jsonrpc":"2.0","id":null,"method":"echo"}', None, None),
    (b' \n{"jsonrpc":"2.0","id":1,"method":"echo"}\t ', 1, None),
    # rule: SES-6
    (b'{"jsonrpc":"2.0","method":"echo"}', SILENCE, None),
    (b'{"jsonrpc":"2.0","method":"nope"}', SILENCE, None),
    (b'{"jsonrpc":"2.0","method":"refuse"}', SILENCE, None),
    (b'{"jsonrpc":"2.0","method":"broken"}', SILENCE, None),
    # rule: SES-7
    (b'{"jsonrpc":"2.0","id":1,"method":"nope"}', 1, -32601),
    (b'{"jsonrpc":"2.0","id":1,"method":"echo","params":[1]}', 1, -32602),
    (b'{"jsonrpc":"2.0","id":1,"method":"refuse"}', 1, -32003),
    (b'{"jsonrpc":"2.0","id":1,"method":"broken"}', 1, -32603),
    (b'{"jsonrpc":"2.0","id":1,"method":"later"}', SILENCE, None),
    # rule: SES-4
    (b'{"jsonrpc":"2.0","id":99,"result":{}}', SILENCE, None),
    # rule: SES-9
    (b'{"jsonrpc":"2.0","id":1,"method":"echo","later":true}', 1, None),
    # rule: SES-12
    (DEEP, None, -32600),
]


class JsonRpcTest(unittest.TestCase):
    def test_each_row_of_the_table_is_answered_as_it_says(self) -> None:
        for sent, id, number in TABLE:
            with self.subTest(sent[:80]):
                answer: Optional[bytes] = rpc.answer(METHODS, sent)
                if id is SILENCE:
                    self.assertIsNone(answer)
                    continue
                assert answer is not None
                got = json.loads(answer)
                self.assertEqual(got["jsonrpc"], "2.0")
                self.assertEqual(got["id"], id)
                self.assertIs(type(got["id"]), type(id))
                self.assertEqual(got.get("error", {}).get("code"), number)
                if number is not None:
                    names = {code.number: code.wire for code in ErrorCode}
                    self.assertEqual(got["error"]["data"]["code"], names[number])  # rule: ERR-1

    def test_brackets_inside_strings_do_not_nest(self) -> None:
        text = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "echo", "params": {"x": "[{\\\"" * 500}})
        self.assertIn("result", json.loads(rpc.answer(METHODS, text.encode())))

    def test_an_error_names_the_value_and_what_would_do(self) -> None:  # rule: ERR-3
        self.assertIn("name must be a string, not 5", rpc.invalid("m", "name", 5, "a string").message)
        self.assertLess(len(rpc.invalid("m", "name", "x" * 10_000, "a string").message), 2 * limits.GARBAGE_SHOWN)
