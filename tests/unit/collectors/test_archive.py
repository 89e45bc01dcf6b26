"""Archives: every file, line and post is taken or set aside with its place; photos are found beside."""

from __future__ import annotations

import gzip
import json
import os
import tracemalloc
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeVar

import pytest

from collectors.archive import ArchiveFile, ArchiveLimits, read_archive
from collectors.archive_photos import SIDECAR
from store.records.page import Page, SetAside
from store.records.post import Post
from tests.unit.collectors.make import FIXTURES, NOW, fixture

T = TypeVar("T")
SMALL = ArchiveLimits(max_line_mb=0.01, max_document_mb=0.05, max_file_mb=1, page_posts=10)


def pages(*paths: Path, limits: ArchiveLimits | None = None) -> list[Page]:
    return [page for file in read_archive(paths, NOW, limits) for page in file.pages]


def posts(found: Iterable[Page]) -> list[Post]:
    return [post for page in found for post in page.posts]


def aside(found: Iterable[Page]) -> list[SetAside]:
    return [item for page in found for item in page.set_aside]


def status(number: int, **values: Any) -> dict[str, Any]:
    found: dict[str, Any] = fixture("mastodon/status.json")
    found.update(id=str(number), uri=f"https://harbour.example/s/{number}", **values)
    return found


def lines(path: Path, values: Iterable[Any]) -> Path:
    path.write_text("".join(json.dumps(value) + "\n" for value in values), encoding="utf-8")
    return path


def test_a_folder_gives_what_its_table_expects() -> None:
    expected = [
        row.split("\t") for row in (FIXTURES / "EXPECTED.tsv").read_text(encoding="utf-8").splitlines()[1:]
    ]
    found = {}
    for file in read_archive([FIXTURES], NOW):
        read = list(file.pages)
        found[str(file.path.relative_to(FIXTURES))] = len({post.key for post in posts(read)}) + len(
            aside(read)
        )
        assert file.folder == file.path.parent
    assert found == {name: int(own) + int(nested) for name, own, nested in expected}


@pytest.mark.parametrize("name", ["a.json.gz", "b.jsonl.gz", "no-ending"])
def test_gzip_is_told_by_its_bytes(tmp_path: Path, name: str) -> None:
    source = FIXTURES / ("bluesky/jetstream-v1.jsonl" if "jsonl" in name else "mastodon/timeline.json")
    path = tmp_path / name
    path.write_bytes(gzip.compress(source.read_bytes()))
    assert {post.key for post in posts(pages(path))} == {post.key for post in posts(pages(source))}


def test_a_broken_line_is_set_aside_with_its_number_and_the_rest_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    good = json.dumps(status(1)).encode()
    path.write_bytes(b"\n".join([b"{broken", b"", good, b"\xff\xfe", b"5", json.dumps(status(2)).encode()]))
    found = pages(path)
    assert [post.native_id for post in posts(found)] == ["1", "2"]
    assert [item.where for item in aside(found)] == [f"{path}:1", f"{path}:4", f"{path}:5"]
    assert all(item.reason for item in aside(found))


def test_lines_in_a_file_called_json_are_read(tmp_path: Path) -> None:
    path = lines(tmp_path / "dump.json", [status(1), status(2)])
    assert len(posts(pages(path))) == 2


def test_a_document_over_many_lines_is_read(tmp_path: Path) -> None:
    path = tmp_path / "pretty.json"
    path.write_text("\n\n" + json.dumps([status(1), 7, status(2)], indent=2), encoding="utf-8")
    found = pages(path)
    assert len(posts(found)) == 2 and [item.where for item in aside(found)] == [f"{path}[1]"]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty"),
        (b"  \n \n", "empty"),
        (b'[{"id": 1},\n', "not JSON"),
        (b"\x1f\x8b\x08\x00broken", "damaged"),
        (gzip.compress(b'{"id": 1}\n' * 5000, mtime=0)[:-20], "damaged"),
        (b"%PDF-1.7 \x00\x01", "not JSON"),
    ],
)
def test_a_broken_file_is_set_aside_with_its_reason(tmp_path: Path, data: bytes, reason: str) -> None:
    path = tmp_path / "broken.json"
    path.write_bytes(data)
    assert any(reason in item.reason for item in aside(pages(path)))


def test_a_damaged_end_keeps_what_came_before(tmp_path: Path) -> None:
    path = tmp_path / "cut.jsonl.gz"
    whole = gzip.compress(
        "".join(json.dumps(status(n, note=os.urandom(50).hex())) + "\n" for n in range(200)).encode()
    )
    path.write_bytes(whole[: len(whole) * 3 // 4])
    found = pages(path)
    assert len(posts(found)) > 20
    assert "damaged after :" in aside(found)[-1].reason


def test_a_line_that_is_too_long_is_set_aside_and_the_next_is_read(tmp_path: Path) -> None:
    path = lines(tmp_path / "long.jsonl", [status(1), status(2, content="x" * 50_000), status(3)])
    found = pages(path, limits=SMALL)
    assert [post.native_id for post in posts(found)] == ["1", "3"]
    assert aside(found)[0].where == f"{path}:2" and "max_line_mb" in aside(found)[0].reason


def test_a_document_that_is_too_large_says_which_limit(tmp_path: Path) -> None:
    path = tmp_path / "large.json"
    path.write_text(json.dumps([status(n) for n in range(100)], indent=1), encoding="utf-8")
    assert "max_document_mb" in aside(pages(path, limits=SMALL))[0].reason


def test_a_file_that_is_too_large_is_read_up_to_the_limit(tmp_path: Path) -> None:
    path = lines(tmp_path / "big.jsonl", (status(n) for n in range(1000)))
    found = pages(path, limits=SMALL)
    assert 0 < len(posts(found)) < 1000
    assert "max_file_mb" in aside(found)[-1].reason and "stopped after :" in aside(found)[-1].reason


@pytest.mark.parametrize("unit", [b"[", b" "])
def test_a_gzip_bomb_is_stopped_with_little_memory(tmp_path: Path, unit: bytes) -> None:
    path = tmp_path / "bomb.json.gz"
    with gzip.open(path, "wb") as file:
        for _ in range(60):
            file.write(unit * 1_000_000)
    found, peak = traced(lambda: pages(path))
    assert "max_unpack_ratio" in aside(found)[-1].reason
    assert peak < 60_000_000


def test_many_unreadable_lines_are_listed_up_to_a_limit_and_counted_beyond(tmp_path: Path) -> None:
    path = tmp_path / "bad.jsonl"
    path.write_bytes(b"5\n" * 30 + json.dumps(status(1)).encode())
    found = pages(path, limits=ArchiveLimits(page_posts=10, listed_troubles=12))
    assert [post.native_id for post in posts(found)] == ["1"]
    assert len(aside(found)) == 13 and aside(found)[-1].reason.startswith("18 more")


def traced(read: Callable[[], T]) -> tuple[T, int]:
    """What was read and how many bytes it took at most."""
    tracemalloc.start()
    try:
        return read(), tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_memory_stays_flat_over_many_lines(tmp_path: Path) -> None:
    path = lines(tmp_path / "many.jsonl", (status(n) for n in range(800)))
    limits = ArchiveLimits(page_posts=20)
    count, peak = traced(
        lambda: sum(len(p.posts) for f in read_archive([path], NOW, limits) for p in f.pages)
    )
    assert count == 800
    assert peak < path.stat().st_size


def test_pages_are_small_and_keep_the_order(tmp_path: Path) -> None:
    path = lines(tmp_path / "many.jsonl", (status(n) for n in range(25)))
    found = pages(path, limits=SMALL)
    assert [len(page.posts) for page in found] == [10, 10, 5]
    assert [post.native_id for post in posts(found)] == [str(n) for n in range(25)]


def test_the_same_version_twice_in_a_page_is_one_and_an_edit_is_another(tmp_path: Path) -> None:
    edit = status(1, edited_at="2026-02-07T15:00:00Z")
    assert len(posts(pages(lines(tmp_path / "a.jsonl", [status(1), status(1), edit])))) == 2


def test_other_files_of_a_folder_are_passed_over_and_links_are_not_followed(tmp_path: Path) -> None:
    outside = lines(tmp_path / "outside.jsonl", [status(9)])
    folder = tmp_path / "in"
    (folder / "deep").mkdir(parents=True)
    lines(folder / "deep" / "a.jsonl", [status(1)])
    (folder / "readme.md").write_text("words", encoding="utf-8")
    (folder / ".hidden.json").write_text("{", encoding="utf-8")
    (folder / "link.json").symlink_to(outside)
    (folder / "loop").symlink_to(folder)
    found = pages(folder)
    assert [post.native_id for post in posts(found)] == ["1"]
    assert [item.where for item in aside(found)] == [str(folder / "link.json")]


def test_a_missing_path_a_pipe_and_a_folder_called_json_are_no_tracebacks(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.json")
    (tmp_path / "folder.json").mkdir()
    found = pages(tmp_path / "absent.json", tmp_path / "pipe.json", tmp_path / "folder.json")
    assert [item.reason.partition(":")[0] for item in aside(found)] == ["cannot be read", "cannot be read"]


# Photos beside the payload


def local(file: ArchiveFile) -> list[str]:
    return [media.local for page in file.pages for post in page.posts for media in post.media]


def one(path: Path) -> ArchiveFile:
    (file,) = read_archive([path], NOW)
    return file


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("mastodon/status.json", "pier01.jpg"),
        ("mastodon/status.json", "photos/pier01.jpg"),
        ("mastodon/status.json", "media/77001.png"),
        ("mastodon/status.json", "pier01.webp"),
        ("weibo/timeline.json", "photos/aaaa1111bbbb2222.jpg"),
        ("x/search.json", "DemoKey_A-1.jpg"),
        ("x/search.json", "photos/3_1111.jpeg"),
        ("bluesky/jetstream-v1.jsonl", "bafkreidemophoto0000000000000000000001.jpg"),
        ("bluesky/jetstream-v1.jsonl", "media/bafkreidemophoto0000000000000000000001@jpeg.jpg"),
    ],
)
def test_a_photo_beside_the_payload_is_found_by_name(tmp_path: Path, source: str, name: str) -> None:
    payload = tmp_path / Path(source).name
    payload.write_bytes((FIXTURES / source).read_bytes())
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_bytes(b"\xff\xd8")
    file = one(payload)
    assert name in local(file)
    assert (file.folder / name).is_file()


def test_no_photo_is_found_through_a_link(tmp_path: Path) -> None:
    outside, folder = tmp_path / "outside", tmp_path / "in"
    outside.mkdir()
    folder.mkdir()
    (outside / "pier01.jpg").write_bytes(b"\xff\xd8")
    payload = folder / "a.json"
    payload.write_bytes((FIXTURES / "mastodon/status.json").read_bytes())
    (folder / "pier01.jpg").symlink_to(outside / "pier01.jpg")
    (folder / "photos").symlink_to(outside)
    assert set(local(one(payload))) == {""}


@pytest.mark.parametrize(
    ("name", "is_found"),
    [
        ("kept/1.jpg", True),
        ("../1.jpg", False),
        ("/etc/1.jpg", False),
        ("kept/../../1.jpg", False),
        ("link/1.jpg", False),
        ("kept/none.jpg", False),
        ("kept/notes.txt", False),
        ("kept/1.jpg\x00", False),
    ],
)
def test_a_sidecar_names_photos_inside_the_folder_only(tmp_path: Path, name: str, is_found: bool) -> None:
    folder = tmp_path / "in"
    (folder / "kept").mkdir(parents=True)
    for path in (tmp_path / "1.jpg", folder / "kept" / "1.jpg", folder / "kept" / "notes.txt"):
        path.write_bytes(b"\xff\xd8")
    (folder / "link").symlink_to(folder / "kept")
    payload = folder / "a.json"
    payload.write_bytes((FIXTURES / "mastodon/status.json").read_bytes())
    sidecar = [{"id": "77001", "local": name}, {"url": 5, "local": 5}, 7]
    (folder / SIDECAR).write_text(json.dumps(sidecar), encoding="utf-8")
    assert (local(one(payload))[0] == name) is is_found
    assert len(pages(folder)) == 1


def test_real_answers_agree_with_their_table() -> None:
    base = os.environ.get("HOMEWARD_DATA")
    if not base:
        pytest.skip("HOMEWARD_DATA is not set: the folder with recorded answers is not at hand")
    top = Path(base) / "posts"
    rows = [row.split("\t") for row in (top / "EXPECTED.tsv").read_text(encoding="utf-8").splitlines()[1:]]
    for name, own, nested in rows:
        read = pages(top / name)
        found = len({post.key for post in posts(read)}) + len(aside(read))
        assert (name, found) == (name, int(own) + int(nested))
