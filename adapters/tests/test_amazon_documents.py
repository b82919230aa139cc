"""Documents of feeds and reports: bounded, from known hosts, in any encoding."""

from __future__ import annotations

import gzip
from collections.abc import Iterator

import pytest

from amazon_room import Room, opened
from marketplace_adapters.amazon import documents
from marketplace_adapters.core import (
    InvalidError,
    ServerError,
    TransportError,
)
from marketplace_adapters.testing.server import Reply


@pytest.fixture
def room() -> Iterator[Room]:
    with opened() as found:
        yield found


# === DOCUMENTS === #


def test_a_document_is_unpacked_in_all_its_parts() -> None:
    assert documents.unpack(gzip.compress(b"abc") + gzip.compress(b"def") + b"\0\0") == b"abcdef"
    assert documents.unpack(b"") == b""


@pytest.mark.parametrize("content", [b"no gzip", gzip.compress(b"x" * 5000)[:-9], b"\x1f\x8b"])
def test_a_damaged_document_may_be_fetched_again(content: bytes) -> None:
    with pytest.raises(TransportError):
        documents.unpack(content)


def test_a_document_that_swells_without_end_is_given_up() -> None:
    bomb = gzip.compress(b"\0" * 20_000_000)
    assert len(bomb) < 30_000
    with pytest.raises(TransportError) as caught:
        documents.unpack(bomb, 1_000_000)
    assert "larger than 1000000 bytes" in caught.value.message


@pytest.mark.parametrize(
    ("content", "charset", "text"),
    [
        ("Größe".encode(), "", "Größe"),
        ("Größe".encode("latin-1"), "ISO-8859-1", "Größe"),
        ("Größe".encode("cp1252"), "no-such-charset", "Größe"),
        ("価格".encode("shift_jis"), "Shift_JIS", "価格"),
        ("﻿a\tb".encode(), "", "a\tb"),
        ("a\tb".encode("utf-16"), "", "a\tb"),
        (b"\x81\x8d", "", "\x81\x8d"),
        (b"a\0b", "", "ab"),
    ],
)
def test_text_is_read_whatever_its_encoding(content: bytes, charset: str, text: str) -> None:
    assert documents.Document(content, "text/plain", charset).text() == text


def test_an_address_that_is_over_is_asked_for_once_more(room: Room) -> None:
    with room.adapter() as adapter:
        name = adapter.client.upload(b"{}", "application/json; charset=UTF-8")
        room.stub.documents["out-1"] = gzip.compress(b"report")
        expired = Reply(403, b"<Error><Code>AccessDenied</Code></Error>")
        shown = Reply(200, {"feedDocumentId": "out-1", "url": room.stub._url("out-1"),
                            "compressionAlgorithm": "GZIP"})  # fmt: skip
        room.front.next(shown, expired, shown)
        assert adapter.client.feed_document("out-1").content == b"report"
        room.front.next(shown, expired, shown, expired)
        with pytest.raises(ServerError) as caught:
            adapter.client.feed_document("out-1")
        assert caught.value.code == "document_expired"
    assert room.stub.documents[name] == b"{}"


def test_an_upload_to_an_address_that_is_over_makes_a_new_document(room: Room) -> None:
    with room.adapter() as adapter:
        room.front.next(Reply(201, {"feedDocumentId": "in-x", "url": room.stub._url("in-x")}))
        assert adapter.client.upload(b"{}", "application/json") == "in-0"
    assert [call.method for call in room.front.calls] == ["POST", "PUT", "POST", "PUT"]
    assert room.front.calls[3].headers["content-type"] == "application/json"


@pytest.mark.parametrize(
    "url", ["http://evil.test/x", "https://amazonaws.com.evil.test/x", "https://127.0.0.1:9/x",
            "/relative", "", "https://a@s3.amazonaws.com/", "file:///etc/passwd"]
)  # fmt: skip
def test_documents_are_fetched_from_configured_hosts_only(room: Room, url: str) -> None:
    with room.adapter() as adapter, pytest.raises(InvalidError):
        documents.download(adapter.transport, url)
    assert room.front.calls == []


def test_an_unknown_packing_is_refused_and_bodies_are_not_kept(room: Room) -> None:
    room.stub.documents["x"] = b"name\tZoe"
    with room.adapter() as adapter:
        with pytest.raises(InvalidError):
            documents.download(adapter.transport, room.stub._url("x"), "LZ4")
        found = documents.download(adapter.transport, room.stub._url("x"))
        (kept, *_rest) = adapter.take_exchanges()
    assert found.content == b"name\tZoe"
    assert (kept.response, "geheim-signature" in kept.url) == ("(8 bytes)", False)
