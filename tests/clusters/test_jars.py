"""Jars: pinned, checked, fetched only when missing, refused when damaged."""

import hashlib
from pathlib import Path

import pytest

from harness.clusters.local import jars
from harness.clusters.local.jars import Jar, JarsUnavailable, ensure, known_versions, read_lock


def _jar(content: bytes) -> Jar:
    return Jar("org.example", "thing", "1.0", len(content), hashlib.sha256(content).hexdigest())


def _in_local_repository(home: Path, jar: Jar, content: bytes) -> None:
    path = home / ".m2/repository/org/example" / jar.artifact / jar.version / jar.file_name
    path.parent.mkdir(parents=True)
    path.write_bytes(content)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home without Maven's folders, and a network that leads nowhere."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("M2_REPO", raising=False)
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    return tmp_path


def test_every_shipped_version_is_locked_whole() -> None:
    assert known_versions() == ["3.9.0", "3.9.2", "4.0.2", "4.1.2", "4.3.1", "4.4.0"]
    for version in known_versions():
        lock = read_lock(version)
        assert f"org.apache.kafka:kafka_2.13:{version}" in {jar.coordinate for jar in lock}
        assert all(len(jar.sha256) == 64 and jar.size_bytes > 0 for jar in lock)
        assert len({jar.coordinate for jar in lock}) == len(lock)


def test_an_unknown_version_names_the_known_ones() -> None:
    with pytest.raises(
        JarsUnavailable,
        match=r"no lock file for Kafka 1\.0\.0; known: 3\.9\.0, 3\.9\.2, 4\.0\.2, .*, 4\.4\.0",
    ):
        read_lock("1.0.0")


def test_the_users_own_maven_repository_is_used_and_left_alone(home: Path, tmp_path: Path) -> None:
    jar = _jar(b"content")
    _in_local_repository(home, jar, b"content")
    seen: list[tuple[int, int]] = []
    (path,) = ensure([jar], lambda done, total: seen.append((done, total)), tmp_path / "cache")
    assert path.read_bytes() == b"content"
    assert seen == [(7, 7)]
    assert ensure([jar], None, tmp_path / "cache") == [path]


def test_without_a_network_the_first_run_says_what_it_needs(home: Path, tmp_path: Path) -> None:
    with pytest.raises(JarsUnavailable, match=r"cannot fetch org\.example:thing:1\.0: .*first run needs a network"):
        ensure([_jar(b"content")], None, tmp_path / "cache")
    assert not list((tmp_path / "cache").iterdir())


def test_a_jar_damaged_in_the_cache_is_fetched_again(home: Path, tmp_path: Path) -> None:
    jar = _jar(b"content")
    _in_local_repository(home, jar, b"content")
    (path,) = ensure([jar], None, tmp_path / "cache")
    path.write_bytes(b"c0ntent")
    assert ensure([jar], None, tmp_path / "cache") == [path]
    assert path.read_bytes() == b"content"


def test_a_jar_that_arrives_corrupt_is_refused_and_not_kept(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def arrives(jar: Jar, scratch: Path) -> Path:
        (scratch / jar.file_name).write_bytes(b"c0ntent")
        return scratch / jar.file_name

    monkeypatch.setattr(jars, "_download", arrives)
    with pytest.raises(JarsUnavailable, match=r"org\.example:thing:1\.0 arrived with another SHA-256"):
        ensure([_jar(b"content")], None, tmp_path / "cache")
    assert not list((tmp_path / "cache").iterdir())


def test_a_mirror_in_the_users_settings_is_honoured(home: Path) -> None:
    settings = home / ".m2" / "settings.xml"
    settings.parent.mkdir()
    settings.write_text(
        '<settings xmlns="http://maven.apache.org/SETTINGS/1.2.0"><mirrors><mirror><id>ours</id>'
        "<mirrorOf>central</mirrorOf><url>http://127.0.0.1:9/maven/</url></mirror></mirrors></settings>"
    )
    assert jars._mirrors() == {"central": "http://127.0.0.1:9/maven"}
    settings.write_text("<settings>")
    with pytest.raises(JarsUnavailable, match="is not XML"):
        jars._mirrors()
