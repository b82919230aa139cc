"""Which hosts a transport may call besides its own, and what it keeps of such calls."""

from __future__ import annotations

import pytest

from marketplace_adapters.core import InvalidError, Masker, Transport, TransportError
from marketplace_adapters.core.origins import Origins
from marketplace_adapters.testing import covers
from marketplace_adapters.testing.server import Reply, ScriptedServer

ALLOWED = Origins(("https://api.test:8443/path", "http://127.0.0.1:8069", "https://*.store.test"))


@pytest.mark.parametrize(
    "url",
    [
        "https://api.test:8443/x?y",
        "https://API.test:8443/",
        "http://127.0.0.1:8069/x",
        "https://a.store.test/x",
        "https://a.b-c.store.test:443/x",
    ],
)
def test_configured_hosts_may_be_called(url: str) -> None:
    assert url in ALLOWED


@pytest.mark.parametrize(
    "url",
    [
        "https://api.test/",
        "http://api.test:8443/",
        "http://127.0.0.1:8070/",
        "https://store.test/",
        "https://evilstore.test/",
        "https://a.store.test.evil.test/",
        "http://a.store.test/",
        "https://a.store.test:8443/",
        "ftp://a.store.test/",
    ],
)
def test_no_other_host_may_be_called(url: str) -> None:
    assert url not in ALLOWED


@pytest.mark.parametrize(
    "pattern",
    [
        "https://*.com",
        "https://*.",
        "https://*.a.test/path",
        "https://*.a.test:443",
        "https://*.a@b.test",
        "*.a.test",
        "https://a.*.test",
        "http://a.test",
        "a.test",
        "",
    ],
)
def test_a_pattern_that_would_open_too_much_is_refused(pattern: str) -> None:
    with pytest.raises(InvalidError):
        Origins((pattern,))


@covers("R332")
def test_another_configured_host_is_called_with_the_headers_it_is_given_alone() -> None:
    with ScriptedServer() as home, ScriptedServer() as other, ScriptedServer() as foreign:
        transport = Transport(home.base_url, others=(other.base_url,))
        other.next(Reply(302, headers={"Location": f"{foreign.base_url}/x"}), Reply(200, b"text"))
        with pytest.raises(InvalidError):
            transport.request("GET", f"{other.base_url}/doc")
        answer = transport.request("GET", f"{other.base_url}/doc", expect_json=False)
        assert answer.content == b"text"
        with pytest.raises(InvalidError):
            transport.request("GET", f"{foreign.base_url}/x")
        assert (home.calls, foreign.calls, len(other.calls)) == ([], [], 2)
        assert "authorization" not in other.calls[1].headers


def test_bodies_are_counted_instead_of_kept_when_asked() -> None:
    with ScriptedServer() as server:
        transport = Transport(server.base_url)
        server.next(Reply(200, {"name": "Zoë"}), Reply(500, {"error": "broken"}))
        assert transport.request("POST", "x", data=b"secret", keep=False).data == {"name": "Zoë"}
        with pytest.raises(Exception, match="broken"):
            transport.request("POST", "x", json={"a": 1}, keep=False)
        first, second = transport.take_exchanges()
    assert (first.request, second.request) == ("(6 bytes)", "(7 bytes)")
    assert first.response.endswith(" bytes)")
    assert "broken" not in second.response


def test_a_call_may_have_its_own_largest_answer() -> None:
    with ScriptedServer() as server:
        transport = Transport(server.base_url)
        server.next(Reply(200, b"x" * 2000), Reply(200, b"x" * 2000))
        transport.request("GET", "x", expect_json=False, max_response=2000)
        with pytest.raises(TransportError, match="larger than 1999 bytes"):
            transport.request("GET", "x", expect_json=False, max_response=1999)


def test_signed_addresses_lose_their_signature_in_every_text() -> None:
    url = "https://s3.test/d?X-Amz-Signature=abc123&X-Amz-Expires=300&X-Amz-Security-Token=tok%3D"
    shown = Masker().json({"url": url, "note": f"see {url} now"})
    assert "abc123" not in shown
    assert "tok%3D" not in shown
    assert "X-Amz-Expires=300" in shown
    assert Masker().text("a=b & c?d=e") == "a=b & c?d=e"
