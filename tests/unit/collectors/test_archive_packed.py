"""Packed exports: unpacked into a folder of our own, never outside it, within limits, and gone afterwards."""

from __future__ import annotations

import gzip
import io
import json
import os
import stat
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collectors.archive import ArchiveLimits, read_archive
from collectors.archive_packed import safe_place
from store.records.page import Page
from tests.unit.collectors import exports
from tests.unit.collectors.exports import PICTURE, create, note, x_tweet
from tests.unit.collectors.make import NOW

STATUS = json.dumps({"mid": "1", "text": "a child", "created_at": "", "user": {"id": 5}}).encode()


@pytest.fixture
def scratch(tmp_path: Path) -> Path:
    return tmp_path / "scratch"


Read = Callable[..., tuple[list[str], list[str]]]


@pytest.fixture
def read(scratch: Path) -> Read:
    """Keys of the posts of a file and what was set aside ("where: reason"); nothing unpacked may be left."""

    def run(path: Path, limits: ArchiveLimits | None = None) -> tuple[list[str], list[str]]:
        pages: list[Page] = []
        for file in read_archive([path], NOW, limits, scratch=scratch):
            for page in file.pages:
                pages.append(page)
                for post in page.posts:
                    assert all((file.folder / m.local).is_file() for m in post.media if m.local)
        assert not scratch.exists() or list(scratch.iterdir()) == []
        keys = [post.key for page in pages for post in page.posts]
        return keys, [f"{item.where}: {item.reason}" for page in pages for item in page.set_aside]

    return run


def zip_of(path: Path, *members: tuple[str | zipfile.ZipInfo, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, data in members:
            packed.writestr(name, data)
    return path


def tar_of(path: Path, *members: tuple[tarfile.TarInfo | str, bytes], mode: str = "w:gz") -> Path:
    with tarfile.open(path, mode) as packed:  # type: ignore[call-overload]
        for info, data in members:
            info = tarfile.TarInfo(info) if isinstance(info, str) else info
            info.size = len(data)
            packed.addfile(info, io.BytesIO(data))
    return path


@pytest.mark.parametrize("pack", [exports.zipped, exports.tarred])
@pytest.mark.parametrize("kind", ["x", "mastodon"])
def test_a_packed_export_is_read_with_its_pictures(
    tmp_path: Path, read: Read, scratch: Path, pack: Callable[[Path, Path], Path], kind: str
) -> None:
    folder = tmp_path / "in"
    if kind == "x":
        tweet = exports.with_media(x_tweet(3), exports.x_media("KeyA.jpg"))
        exports.x_export(folder / "twitter-2026", [tweet], media={"1500000000000000003-KeyA.jpg": PICTURE})
    else:
        place = "media_attachments/files/1/original/bag.jpg"
        made = [create(note(1, attachment=[exports.attachment(f"/{place}")]))]
        exports.mastodon_export(folder, made, media={place: PICTURE})
    path = pack(folder, tmp_path / "export.bin")
    locals_ = [
        media.local
        for file in read_archive([path], NOW, scratch=scratch)
        for page in file.pages
        for post in page.posts
        for media in post.media
    ]
    assert len(locals_) == 1 and locals_[0].endswith(("KeyA.jpg", "bag.jpg"))
    keys, aside = read(path)
    assert len(keys) == 1 and aside == []


def test_what_an_import_does_not_read_is_never_written(tmp_path: Path, scratch: Path) -> None:
    exports.x_export(tmp_path / "in", [x_tweet()])
    path = exports.zipped(tmp_path / "in", tmp_path / "x.zip")
    for file in read_archive([path], NOW, scratch=scratch):
        written = {item.name for item in scratch.rglob("*") if item.is_file()}
        assert written == {"tweets.js", "account.js", "profile.js"}
        list(file.pages)


def test_places_are_named_as_people_know_them(tmp_path: Path, read: Read, scratch: Path) -> None:
    path = zip_of(tmp_path / "x.zip", ("deep/a.jsonl", STATUS + b"\n{broken\n"))
    keys, aside = read(path)
    assert keys == ["weibo:1"]
    assert aside[0].startswith(f"{path}/deep/a.jsonl:2: not JSON")
    (file,) = read_archive([path], NOW, scratch=scratch)
    assert file.name == "x.zip/deep/a.jsonl"


@pytest.mark.parametrize(
    "name",
    ["../a.json", "/a.json", "x/../../a.json", "..\\a.json", "C:\\a.json", "C:/a.json", "x\\..\\a.json"],
)
def test_a_member_cannot_leave_its_folder(tmp_path: Path, read: Read, name: str) -> None:
    before = sorted(tmp_path.rglob("*"))
    for path in (zip_of(tmp_path / "a.zip", (name, STATUS)), tar_of(tmp_path / "a.tar", (name, STATUS))):
        keys, aside = read(path)
        # The reader of zip files cuts a name of its own accord in some of these cases: it stays inside then.
        assert keys == [] or "\\" in name or name.startswith("/"), aside
        # A name that begins with a dot is a hidden file's, which no import reads.
        assert keys or aside if name.startswith("..\\") else keys or any("leads out" in w for w in aside)
    made = {p.name for p in set(tmp_path.rglob("*")) - set(before)}
    assert made <= {"a.zip", "a.tar", "scratch"}


@given(
    name=st.text(max_size=40)
    | st.lists(st.sampled_from(["..", ".", "a", "", "/", "\\", "\x00"])).map("/".join)
)
@settings(max_examples=60, deadline=None)
def test_every_place_lies_below_the_folder(name: str) -> None:
    place = safe_place(name)
    if place is not None:
        top = Path("/top")
        assert Path(os.path.normpath(top / place)).is_relative_to(top) and place != Path()


def test_links_and_devices_in_packed_files_are_set_aside(tmp_path: Path, read: Read) -> None:
    link = zipfile.ZipInfo("link.json")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    keys, aside = read(zip_of(tmp_path / "a.zip", (link, b"/etc/passwd"), ("a.json", STATUS)))
    assert keys == ["weibo:1"] and len(aside) == 1 and "link or device" in aside[0]
    members = []
    for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE):
        info = tarfile.TarInfo(f"{kind.decode()}.json")
        info.type, info.linkname = kind, "/etc/passwd"
        members.append((info, b""))
    keys, aside = read(tar_of(tmp_path / "a.tar", *members, ("a.json", STATUS)))
    assert keys == ["weibo:1"] and len(aside) == 4 and all("link or device" in words for words in aside)


def test_a_link_and_a_file_behind_it_write_nothing_outside(tmp_path: Path, read: Read) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    link = tarfile.TarInfo("deep.json")
    link.type, link.linkname = tarfile.SYMTYPE, str(outside)
    read(tar_of(tmp_path / "a.tar", (link, b""), ("deep.json/a.json", STATUS)))
    assert list(outside.iterdir()) == []


def test_a_bomb_is_stopped_by_its_ratio_and_what_came_before_is_read(tmp_path: Path, read: Read) -> None:
    zeros = b"0" * 1_000_000
    limits = ArchiveLimits(max_unpack_ratio=20)
    members = [("a.json", STATUS), *((f"b{n}.json", zeros) for n in range(40))]
    for path in (zip_of(tmp_path / "a.zip", *members), tar_of(tmp_path / "a.tgz", *members)):
        keys, aside = read(path, limits)
        assert keys == ["weibo:1"]
        assert "max_unpack_ratio" in aside[-1]


def test_too_many_files_and_too_many_bytes_are_stopped(tmp_path: Path, read: Read) -> None:
    members = [(f"{n:03}.json", STATUS.replace(b'"1"', f'"{n}"'.encode())) for n in range(1, 60)]
    path = zip_of(tmp_path / "a.zip", *members)
    keys, aside = read(path, ArchiveLimits(max_entries=10))
    assert len(keys) == 10 and "max_entries" in aside[-1]
    keys, aside = read(path, ArchiveLimits(max_unpacked_mb=0.001))
    assert 0 < len(keys) < 59 and "max_unpacked_mb" in aside[-1]
    keys, aside = read(path, ArchiveLimits(max_file_mb=0.00001))
    assert keys == [] and "max_file_mb" in aside[-1]


def test_a_header_that_claims_to_be_a_gigabyte_takes_no_memory(tmp_path: Path, read: Read) -> None:
    header = tarfile.TarInfo("././@PaxHeader")
    header.type, header.size = tarfile.XHDTYPE, 1_000_000_000
    path = tmp_path / "a.tar"
    path.write_bytes(header.tobuf(tarfile.USTAR_FORMAT) + b"0" * 4096)
    keys, aside = read(path)
    assert keys == [] and "damaged" in aside[0]


def test_locked_doubled_and_nested_members_are_set_aside(tmp_path: Path, read: Read) -> None:
    inner = zip_of(tmp_path / "inner.zip", ("a.json", STATUS)).read_bytes()
    path = zip_of(tmp_path / "a.zip", ("a.json", STATUS), ("in/inner.zip", inner))
    with pytest.warns(UserWarning, match="Duplicate"), zipfile.ZipFile(path, "a") as packed:
        packed.writestr("a.json", b"{}")
    keys, aside = read(path)
    assert keys == ["weibo:1"]
    assert ["inside a packed file" in words or "same name" in words for words in aside] == [True, True]
    locked = bytearray(zip_of(tmp_path / "b.zip", ("a.json", STATUS)).read_bytes())
    directory = locked.index(b"PK\x01\x02")
    locked[6] |= 1
    locked[directory + 8] |= 1
    (tmp_path / "b.zip").write_bytes(bytes(locked))
    keys, aside = read(tmp_path / "b.zip")
    assert keys == [] and "password" in aside[0]


def test_an_empty_packed_file_says_that_it_holds_nothing(tmp_path: Path, read: Read) -> None:
    assert "no file of posts" in read(zip_of(tmp_path / "a.zip", ("readme.txt", b"words")))[1][0]


def test_packed_files_in_a_folder_are_found(tmp_path: Path, read: Read) -> None:
    folder = tmp_path / "in" / "deep"
    folder.mkdir(parents=True)
    zip_of(folder / "a.zip", ("a.json", STATUS))
    tar_of(folder / "b.tar.gz", ("b.json", STATUS.replace(b'"1"', b'"2"')))
    assert read(tmp_path / "in")[0] == ["weibo:1", "weibo:2"]


def test_what_a_killed_import_had_unpacked_goes_with_the_next(tmp_path: Path, scratch: Path) -> None:
    left = scratch / "999999999-abc"
    left.mkdir(parents=True)
    (left / "a.json").write_bytes(STATUS)
    mine = scratch / f"{os.getpid()}-busy"
    mine.mkdir()
    for file in read_archive([zip_of(tmp_path / "a.zip", ("a.json", STATUS))], NOW, scratch=scratch):
        list(file.pages)
    assert list(scratch.iterdir()) == [mine]


@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_a_damaged_packed_file_never_raises(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("damaged")
    raw = io.BytesIO()
    if data.draw(st.booleans()):
        with zipfile.ZipFile(raw, "w") as packed:
            packed.writestr("a.json", STATUS)
        content = bytearray(raw.getvalue())
    else:
        with tarfile.open(fileobj=raw, mode="w") as tar:
            info = tarfile.TarInfo("a.json")
            info.size = len(STATUS)
            tar.addfile(info, io.BytesIO(STATUS))
        content = bytearray(raw.getvalue()[:2048])
    for position, value in data.draw(
        st.lists(st.tuples(st.integers(0, len(content) - 1), st.integers(0, 255)), max_size=6)
    ):
        content[position] = value
    path = folder / "x.bin"
    path.write_bytes(content if data.draw(st.booleans()) else gzip.compress(bytes(content)))
    for file in read_archive([path], NOW, scratch=folder / "scratch"):
        for _ in file.pages:
            pass
