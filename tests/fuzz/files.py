"""Parsers of files that people bring: posts, packed exports, registries, settings, maps, lists, case files, backups.

Where a format has checksums, digests or encryption, they are made right after the damage: it must reach what
lies behind them.
"""

# ruff: noqa: E501  (tables and examples, one case a line)
from __future__ import annotations

import base64
import gzip
import io
import json
import random
import stat
import tarfile
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pyrage
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bot import config, config_yaml
from bot.match.hashlists import Kind, parse
from bot.pipeline import backup_file, timestamps
from bot.pipeline.backup_file import Keys
from bot.rules import bag
from bot.services import case_formats, case_rows, casefile_check, imports
from bot.services.pfif_read import PfifRecord
from collectors.archive import ArchiveLimits, read_archive
from store import osm_read, places_import
from store.errors import ConfigError, HomewardError, UsageError
from store.seal import SealKey, read_keys
from tests.fuzz.mutating import Make, changed, of_bytes, of_json, of_text, text_of
from tests.fuzz.platforms import NOW, POSTS, plain
from tests.fuzz.target import Parse, Target
from tests.unit.collectors import exports

ROOT = Path(__file__).resolve().parents[2]
FIXTURES = ROOT / "tests" / "fixtures"
LIMITS = ArchiveLimits(max_file_mb=2, max_unpacked_mb=4, max_entries=500)
IDENTITY = pyrage.x25519.Identity.from_str(
    "AGE-SECRET-KEY-1EH55HT5VW40Q27WY060594RV8SNSDTFLQSY4EH4D9F8VG9GJQFYSGASUTR"
)
KEYS = Keys((IDENTITY.to_public(),), IDENTITY)
SIGNER = Ed25519PrivateKey.from_private_bytes(b"s" * 32)
PUBLIC = SIGNER.public_key().public_bytes_raw()
_NAMES = (
    "a.json", "posts/b.jsonl", "data/tweets.js", "outbox.json", "actor.json", "../up.json", "/root.json", "a\\b.json",
    "a/../../b.json", "C:/x.json", "CON.json", "a.json/b.json", "x" * 300 + ".json", "p.jpg", "in.zip", "n\x01.json",
    "photos.json", ".hidden.json", "a.csv", "repo.car", "\u202egnp.json", "a.json.gz", "./a.json", "", "a/", "é.json",
)  # fmt: skip
_STATUS = json.dumps({"mid": "1", "text": "a child", "created_at": "", "user": {"id": 5}}).encode()


def in_file(name: str, read: Callable[[Path], object]) -> Callable[[Path], AbstractContextManager[Parse]]:
    """A parser that takes a path: each input is written to the same file first."""

    @contextmanager
    def build(folder: Path) -> Iterator[Parse]:
        path = folder / name

        def parse_file(data: bytes) -> object:
            path.write_bytes(data)
            return read(path)

        yield parse_file

    return build


# ── posts ────────────────────────────────────────────────────────────────────────────────────────


def _archive(path: Path) -> object:
    scratch = path.parent / "scratch"
    found = []
    for file in read_archive([path], NOW, LIMITS, scratch=scratch):
        for page in file.pages:
            found.append(page)
            for media in (media for post in page.posts for media in post.media if media.local):
                inside = (file.folder / media.local).resolve()
                assert inside.is_relative_to(file.folder.resolve()), "a photo outside of the folder"
    left = [] if not scratch.exists() else list(scratch.iterdir())
    assert not left, f"left behind: {left[:3]}"
    outside = [each.name for each in path.parent.iterdir() if each.name not in (path.name, "scratch")]
    assert not outside, f"written outside: {outside[:3]}"
    return found


def _packed(seeds: Sequence[bytes]) -> Make:
    """The damage lies below the gzip and its checksum."""
    inner = of_bytes(seeds)
    return lambda chance: gzip.compress(inner(chance), 1, mtime=0)


def _zip(chance: random.Random) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        for _ in range(chance.randrange(1, 6)):
            info = zipfile.ZipInfo(chance.choice(_NAMES) or "e")
            info.compress_type = chance.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED))
            mode = chance.choice((stat.S_IFREG, stat.S_IFREG, stat.S_IFLNK, stat.S_IFIFO, stat.S_IFDIR, 0))
            info.external_attr = (mode | 0o644) << 16
            packed.writestr(
                info, chance.choice((_STATUS, b"../../etc/passwd", bytes(3_000), changed(chance, _STATUS)))
            )
    data = out.getvalue()
    return changed(chance, data) if chance.random() < 0.5 else data


def _tar(chance: random.Random) -> bytes:
    out = io.BytesIO()
    with tarfile.open(
        fileobj=out, mode="w", format=chance.choice((tarfile.PAX_FORMAT, tarfile.GNU_FORMAT))
    ) as packed:
        for _ in range(chance.randrange(1, 6)):
            info = tarfile.TarInfo(chance.choice(_NAMES))
            info.type = chance.choice(
                (tarfile.REGTYPE, tarfile.REGTYPE, *(bytes([n]) for n in range(48, 57)))
            )
            info.linkname = chance.choice(("", "../../etc/passwd", "a.json"))
            info.pax_headers = {"comment": "x" * chance.choice((1, 3000))} if chance.random() < 0.1 else {}
            data = chance.choice((_STATUS, changed(chance, _STATUS)))
            info.size = len(data) if chance.random() < 0.9 else chance.choice((0, 10**9, 7))
            packed.addfile(
                info,
                io.BytesIO(data + bytes(max(0, min(info.size, 2000) - len(data))))
                if info.size < 10**6
                else None,
            )
    raw = bytearray(out.getvalue())
    if chance.random() < 0.5:
        raw = bytearray(_with_sum(chance, raw))
    return gzip.compress(bytes(raw), 1, mtime=0) if chance.random() < 0.3 else bytes(raw)


def _with_sum(chance: random.Random, raw: bytearray) -> bytes:
    """One header changed, and its checksum made right again."""
    at = chance.randrange(len(raw) // 512) * 512
    head = raw[at : at + 512]
    for _ in range(chance.randrange(1, 5)):
        head[chance.randrange(len(head))] = chance.randrange(256)
    if len(head) == 512:
        total = sum(head[:148]) + 8 * 32 + sum(head[156:])
        head[148:156] = b"%06o\x00 " % total
    return bytes(raw[:at] + head + raw[at + 512 :])


def _car(chance: random.Random) -> bytes:
    """A repository with records of any shape, blocks with right digests around damaged content, or plain damage."""
    did = chance.choice((exports.DID, "did:plc:x", "", "not a did"))
    odd = chance.choice(
        (
            None,
            [],
            {},
            "text",
            b"bytes",
            2**63,
            [{"a": b"\x00"}],
            exports.Link(b"\x01\x71\x12\x20" + bytes(32)),
        )
    )
    records = {exports.post_path(n): exports.record(n) for n in range(chance.randrange(1, 5))}
    for path in list(records):
        if chance.random() < 0.5:
            records[path] = exports.record(
                1, **{chance.choice(("text", "createdAt", "embed", "facets", "langs", "reply")): odd}
            )
    if chance.random() < 0.3:
        records["app.bsky.actor.profile/self"] = chance.choice(({"displayName": odd, "labels": odd}, odd, {}))
    if chance.random() < 0.2:
        records[chance.choice(("", "x", "app.bsky.feed.post/", "a/b/c", "\x00"))] = odd
    data = exports.car(records, did=did, leave_out=[path for path in records if chance.random() < 0.1])
    return changed(chance, data) if chance.random() < 0.4 else _rehashed(chance, data)


def _rehashed(chance: random.Random, data: bytes) -> bytes:
    """A new block behind the others: damaged DAG-CBOR under its right digest, named as the root."""
    block = changed(
        chance,
        exports.cbor({"did": exports.DID, "version": 3, "data": exports.cid(b"x"), "e": [], "l": None}),
    )
    name = exports.cid(block)
    header = exports.cbor({"version": 1, "roots": [name]})
    return (
        exports.varint(len(header))
        + header
        + exports.varint(len(name) + len(block))
        + bytes(name)
        + block
        + data[:0]
    )


# ── registries, settings, maps, lists ────────────────────────────────────────────────────────────


def _registry(path: Path) -> object:
    """Rows, and each row as the case that it would be."""
    found: list[object] = []
    kind, rows = case_formats.rows(path)
    for _, row in rows:
        try:
            if isinstance(row, UsageError):
                raise row
            if isinstance(row, PfifRecord):
                made = (
                    case_rows.of_pfif(row, "source", "", NOW)
                    if row.kind == "person"
                    else case_rows.of_note(row.fields)
                )
            elif kind == "interpol":
                made = case_rows.of_interpol(row, "source", NOW)
            else:
                made = case_rows.of_row(row, "source", lambda *_: None, path.parent, kind)
            found.append(made)
        except HomewardError as error:
            found.append(str(error))
    return found


CSV = (
    "id,full_name,sex,date_of_birth,last_seen_on,last_seen_lat,last_seen_lon,photo,contact_phone,description\n"
    'r.example/1,Wren Example,female,2015-03-02,2020-01-01,30.5,104.06,,"+1 555, 0100","a ""red"" coat"\n'
    "r.example/2,另一个 孩子,male,2014,2019-12-31T10:00:00Z,,,,,\n"
)
CASES = {"cases": [{"id": "r.example/1", "full_name": "Wren Example", "sex": "female", "date_of_birth": "2015-03-02",
                    "last_seen_lat": 30.5, "last_seen_lon": "104.1", "photos": [{"file": "a.jpg", "age": 4}],
                    "expires_at": "2027-01-01T00:00:00Z", "sealed": False, "type": "missing"}]}  # fmt: skip
INTERPOL = {"_embedded": {"notices": [{"entity_id": "2020/1", "forename": "WREN", "name": "EXAMPLE", "sex_id": "F",
            "date_of_birth": "2015/03/02", "date_of_event": "2020/01/01", "place": "A", "nationalities": ["GB"],
            "weight": 20, "height": 1.1, "_links": {"thumbnail": {"href": "https://x.example/1"}}}]}}  # fmt: skip


def _settings(path: Path) -> object:
    """As the program reads it; nothing of this process's environment counts."""
    return config.load(path, env={})


def _map(path: Path) -> object:
    things = list(osm_read.things(path))
    osm_read.named_datum(path)
    return things


def _whole_map(path: Path) -> object:
    return places_import.import_extract(path, path.parent / "map.sqlite")


def _lists(data: bytes) -> object:
    lines = data.decode("utf-8", "replace").split("\n")
    return [parse(lines, kind) for kind in Kind]


# ── case files, time stamps, keys, backups ───────────────────────────────────────────────────────


def _bag() -> dict[str, bytes]:
    row = {
        "seq": 1,
        "at": "2026-02-08T12:00:00+00:00",
        "digest": "a" * 64,
        "action": "x",
        "detail": {},
        "before": "",
    }
    payload = {
        "audit-chain.jsonl": (json.dumps(row) + "\n").encode(),
        "report.pdf": b"%PDF",
        "case.json": b"{}",
    }
    info = [("Homeward-Case", "r.example/1"), ("Homeward-Purpose", "tests")]
    return bag.sign(bag.make(payload, info, {bag.STAMP: b"0\x03\x02\x01\x00"}), SIGNER)


def _case_files(_: Path) -> Make:
    whole = _bag()

    def make(chance: random.Random) -> bytes:
        if chance.random() < 0.4:
            return changed(chance, bag.pack(whole, "case-file-7"))
        made = dict(whole)
        for _ in range(chance.randrange(1, 4)):
            name = chance.choice(sorted(made))
            made[name] = changed(chance, made[name])
        if chance.random() < 0.2:
            made[chance.choice(_NAMES) or "x"] = b"more"
        return bag.pack(made, chance.choice(("case-file-7", "..", "x" * 100)))

    return make


def _case_file(path: Path) -> object:
    found = casefile_check.read(path, str(IDENTITY))
    done = casefile_check.check(found, PUBLIC)
    return done.as_json()


def _encrypted(_: Path) -> Make:
    good = pyrage.encrypt(bag.pack(_bag(), "case-file-7"), [IDENTITY.to_public()])
    return of_bytes([good])


def _backup(path: Path) -> object:
    folder = path.parent / "unpacked"
    try:
        return backup_file.unpack(path, KEYS, folder)
    finally:
        _emptied(folder)


def _emptied(folder: Path) -> None:
    for each in sorted(folder.rglob("*"), reverse=True):
        each.rmdir() if each.is_dir() else each.unlink()


def _backups(_: Path) -> Make:
    def make(chance: random.Random) -> bytes:
        out = io.BytesIO()
        with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as tar:
            for name in (
                backup_file.HEAD,
                backup_file.DATABASE,
                "photos/aa/bb",
                chance.choice(_NAMES),
                backup_file.DIGESTS,
            ):
                head = {
                    "format": 1,
                    "made_at": NOW.isoformat(),
                    "schema": "x",
                    "seal_key": "k",
                    "rows": {},
                    "files": 1,
                }
                data = (
                    json.dumps(head).encode()
                    if name.endswith(".json")
                    else b"SQLite format 3\x00" + bytes(90)
                )
                data = changed(chance, data) if chance.random() < 0.4 else data
                info = tarfile.TarInfo(name)
                info.size = len(data)
                info.type = chance.choice(
                    (tarfile.REGTYPE,) * 6 + (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.DIRTYPE)
                )
                tar.addfile(info, io.BytesIO(data) if info.isreg() else None)
        raw = bytearray(out.getvalue())
        if chance.random() < 0.3:
            raw = bytearray(_with_sum(chance, raw))
        made: bytes = pyrage.encrypt(bytes(raw), [IDENTITY.to_public()])
        return changed(chance, made) if chance.random() < 0.2 else made

    return make


def _stamp(data: bytes) -> object:
    return timestamps.check(data, b"content", "")


def _keys(data: bytes) -> object:
    text = text_of(data)
    found: list[object] = []
    for read in (
        lambda: read_keys(text, "HOMEWARD_SEAL_KEY"),
        lambda: backup_file.keys_of(None, text),
        lambda: SealKey(b"k" * 32).open(data, row="r"),
    ):
        try:
            found.append(read())
        except HomewardError as error:
            found.append(type(error))
    return found


def targets() -> list[Target]:
    """All of them."""
    post_files = [
        (POSTS / name).read_bytes()
        for name in ("weibo/push.jsonl", "mastodon/timeline.json", "x/search.json")
    ]
    table = exports.table(
        [{"platform": "weibo", "id": "1", "text": "a child", "created_at": "2026-02-07", "photo": "p.jpg"}]
    )
    x_js = exports.x_js("tweets", [exports.with_media(exports.x_tweet(), exports.x_media())]).encode()
    outbox = json.dumps({"type": "OrderedCollection", "orderedItems": [exports.create(exports.note()),
                         exports.announce("https://other.example/s/1")]}).encode()  # fmt: skip
    pfif = [path.read_bytes() for path in sorted((FIXTURES / "pfif").glob("*.xml"))]
    osm, geojson = (
        (FIXTURES / "places/town.osm").read_bytes(),
        (FIXTURES / "places/town.geojson").read_bytes(),
    )
    settings = [(ROOT / "config.yaml").read_bytes(), (ROOT / "sample/config.yaml").read_bytes()]
    side = [
        b"source: handed over\nbasis: consent\ngrantor: A. Example\nuntil: 2027-12-31\nscope: [match, reply]\n"
    ]
    hashes = f"{'ab' * 32},80,id-1\n{'cd' * 16}\n# a comment\ntype,value\nHASH_PDQ,{'12' * 32}\nsha256,md5\n{'0' * 64};{'1' * 32}"
    der = (
        bytes.fromhex("30820103300302010030")
        + b"\x80" * 40
        + bytes.fromhex("06092a864886f70d010702a0")
        + bytes(40)
    )
    stamps = [der, bytes.fromhex("3003020100"), bytes.fromhex("30053003020102")]
    keys = [base64.urlsafe_b64encode(b"k" * 32).decode(), str(IDENTITY), "", "a,b"]

    def bytes_of(seeds: list[bytes]) -> Callable[[Path], Make]:
        make = of_bytes(seeds)
        return lambda _: make

    def json_of(value: object) -> Callable[[Path], Make]:
        make = of_json([json.dumps(value, ensure_ascii=False).encode()])
        return lambda _: make

    return [
        Target("posts-json", "imports: JSON and JSON Lines", bytes_of(post_files), in_file("p.jsonl", _archive)),
        Target("posts-gzip", "imports: damaged below gzip", lambda _: _packed(post_files), in_file("p.json.gz", _archive)),
        Target("posts-csv", "imports: tables", bytes_of([table.encode()]), in_file("p.csv", _archive)),
        Target("posts-x-export", "imports: X's own export", bytes_of([x_js]), in_file("tweets.js", _archive)),
        Target("posts-outbox", "imports: ActivityPub outbox", bytes_of([outbox]), in_file("outbox.json", _archive)),
        Target("posts-zip", "imports: zip, names and kinds of members", lambda _: _zip, in_file("p.zip", _archive)),
        Target("posts-tar", "imports: tar, headers with right sums", lambda _: _tar, in_file("p.tar", _archive)),
        Target("posts-car", "imports: CAR, DAG-CBOR with right digests", lambda _: _car, in_file("r.car", _archive)),
        Target("registry-csv", "registries: CSV", bytes_of([CSV.encode()]), in_file("r.csv", _registry)),
        Target("registry-json", "registries: JSON", json_of(CASES), in_file("r.json", _registry)),
        Target("registry-interpol", "registries: Interpol's notices", json_of(INTERPOL), in_file("r.json", _registry)),
        Target("registry-pfif", "registries: PFIF XML", bytes_of(pfif), in_file("r.xml", _registry)),
        Target("settings", "config.yaml", bytes_of(settings), in_file("config.yaml", _settings), (ConfigError,), True),
        Target("yaml", "any YAML text", bytes_of([*side, b"a: &x [1, {b: *x}]\n? [c]\n: !!str d\n"]),
               in_file("y.yaml", config_yaml.read), ()),
        Target("side-file", "basis of an import", bytes_of(side), in_file("n.basis.yaml", imports.read_side_file)),
        Target("map-osm", "map extracts: OSM XML", bytes_of([osm]), in_file("m.osm", _map)),
        Target("map-geojson", "map extracts: GeoJSON", bytes_of([geojson]), in_file("m.geojson", _map)),
        Target("map-import", "map extracts into the map", json_of(json.loads(geojson)), in_file("m.geojson", _whole_map), is_slow=True),
        Target("hash-lists", "lists of known abuse", lambda _: of_text([hashes]), plain(_lists)),
        Target("case-file", "case files: ZIP, manifests, chain", _case_files, in_file("c.zip", _case_file)),
        Target("case-file-age", "case files: encrypted", _encrypted, in_file("c.age", _case_file)),
        Target("backup", "backups: tar below the encryption", _backups, in_file("b.age", _backup), is_slow=True),
        Target("time-stamp", "answers of time-stamping services", bytes_of(stamps), plain(_stamp)),
        Target("keys", "keys, sealed values", lambda _: of_text(keys), plain(_keys)),
    ]  # fmt: skip
