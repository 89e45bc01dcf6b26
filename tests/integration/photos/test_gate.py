"""The photo gate with its worker process: ordinary photos, odd ones, and files made to do harm."""

import hashlib
import io
import os
import random
import signal
import struct
import subprocess
import sys
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pillow_heif
import pytest
from PIL import Image, ImageDraw

from bot.photos import gate as gate_module
from bot.photos.gate import Examined, GateLimits, PhotoGate
from bot.photos.hashes import hamming
from store.errors import PhotoRefused, PhotoUnavailable

NOW = datetime(2026, 5, 25, 8, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def gate() -> Iterator[PhotoGate]:
    with PhotoGate(GateLimits(), now=lambda: NOW) as made:
        yield made


def scene(width: int = 640, height: int = 480, seed: int = 1) -> Image.Image:
    """A picture with structure: a red corner top left, green bottom right, blobs between."""
    chance = random.Random(seed)
    image = Image.new("RGB", (width, height), (90, 110, 140))
    draw = ImageDraw.Draw(image)
    for _ in range(40):
        x, y = chance.randrange(width), chance.randrange(height)
        radius = chance.randrange(4, max(5, height // 5))
        colour = tuple(chance.randrange(256) for _ in range(3))
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=colour)
    draw.rectangle((0, 0, width // 4, height // 4), fill=(230, 20, 20))
    draw.rectangle((width * 3 // 4, height * 3 // 4, width, height), fill=(20, 200, 20))
    return image


def saved(image: Image.Image, kind: str = "JPEG", **options: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def seen(examined: Examined) -> Image.Image:
    image = Image.open(io.BytesIO(examined.served_jpeg), formats=["JPEG"])
    image.load()
    return image


def corner(image: Image.Image, x: float, y: float) -> str:
    """The colour that dominates at a place given in shares of the width and height."""
    pixel = image.getpixel((int(x * (image.width - 1)), int(y * (image.height - 1))))
    assert isinstance(pixel, tuple)
    return "rgb"[max(range(3), key=lambda channel: pixel[channel])] if max(pixel) - min(pixel) > 60 else "-"


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(width: int, height: int, body: bytes, colour: int = 0, depth: int = 1) -> bytes:
    head = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


# Ordinary photos


def test_a_photo_is_named_by_its_digests_and_served_without_metadata(gate: PhotoGate) -> None:
    data = saved(scene(), quality=92, comment=b"hidden words", dpi=(300, 300), icc_profile=b"profile" * 20)
    examined = gate.examine(data)
    photo = examined.photo
    assert photo.digest == hashlib.sha256(data).hexdigest()
    assert photo.served == hashlib.sha256(examined.served_jpeg).hexdigest()
    assert (photo.mime, photo.size_bytes, photo.width, photo.height) == ("image/jpeg", len(data), 640, 480)
    assert b"hidden" not in examined.served_jpeg and b"profile" not in examined.served_jpeg
    assert set(seen(examined).info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}


def test_the_same_bytes_give_the_same_record_twice(gate: PhotoGate) -> None:
    data = saved(scene())
    assert gate.examine(data) == gate.examine(data)


@pytest.mark.parametrize(
    ("size", "served"),
    [
        ((4000, 3000), (1280, 960)),
        ((3000, 4000), (960, 1280)),
        ((1281, 10), (1280, 10)),
        ((20, 3000), (9, 1280)),
        ((1280, 1280), (1280, 1280)),
        ((40, 30), (40, 30)),
        ((1, 1), (1, 1)),
    ],
)
def test_the_served_copy_keeps_the_shape_within_1280_pixels(
    gate: PhotoGate, size: tuple[int, int], served: tuple[int, int]
) -> None:
    examined = gate.examine(saved(scene(*size)))
    assert seen(examined).size == served
    assert (examined.photo.width, examined.photo.height) == size


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "HEIF"])
def test_every_kind_of_photo_becomes_the_same_picture(gate: PhotoGate, kind: str) -> None:
    pillow_heif.register_heif_opener()
    examined = gate.examine(saved(scene(), kind))
    assert examined.photo.mime == {"PNG": "image/png", "WEBP": "image/webp", "HEIF": "image/heic"}[kind]
    assert corner(seen(examined), 0.02, 0.02) == "r" and corner(seen(examined), 0.98, 0.98) == "g"
    assert hamming(examined.photo.phash, gate.examine(saved(scene())).photo.phash) <= 4


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_photo_is_turned_upright_as_its_camera_says(gate: PhotoGate, orientation: int) -> None:
    turns = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    stored = scene().transpose(turns[orientation]) if orientation in turns else scene()
    exif = Image.Exif()
    exif[0x0112] = orientation
    examined = gate.examine(saved(stored, exif=exif))
    image = seen(examined)
    assert (examined.photo.width, examined.photo.height) == (640, 480) == image.size
    assert corner(image, 0.02, 0.02) == "r" and corner(image, 0.98, 0.98) == "g"
    assert hamming(examined.photo.phash, gate.examine(saved(scene())).photo.phash) <= 4


def test_an_orientation_that_does_not_exist_is_ignored(gate: PhotoGate) -> None:
    exif = Image.Exif()
    exif[0x0112] = 77
    assert gate.examine(saved(scene(), exif=exif)).photo.width == 640


def test_what_the_camera_wrote_is_read(gate: PhotoGate) -> None:
    exif = Image.Exif()
    exif[0x010F], exif[0x0110] = "Maker", "Model 7"
    exif.get_ifd(0x8769).update({0x9003: "2026:05:24 18:30:05", 0x9011: "+08:00"})
    exif.get_ifd(0x8825).update({1: "N", 2: (39.0, 54.0, 26.4), 3: "E", 4: (116.0, 23.0, 29.4)})
    for kind in ("JPEG", "PNG", "WEBP"):
        found = gate.examine(saved(scene(), kind, exif=exif)).photo.exif
        assert found.taken_at == datetime(2026, 5, 24, 10, 30, 5, tzinfo=UTC)
        assert (found.lat, found.lon, found.camera) == (39.9073333, 116.3915, "Maker Model 7")


def test_a_camera_clock_in_the_future_is_named(gate: PhotoGate) -> None:
    exif = Image.Exif()
    exif.get_ifd(0x8769).update({0x9003: "2031:05:24 18:30:05"})
    assert "future" in gate.examine(saved(scene(), exif=exif)).photo.exif.problems[0]


def test_damaged_exif_costs_the_exif_and_not_the_photo(gate: PhotoGate) -> None:
    for cut in range(8, 120, 7):
        exif = Image.Exif()
        exif[0x010F], exif[0x0112] = "Maker", 1
        exif.get_ifd(0x8769).update({0x9003: "2026:05:24 18:30:05"})
        body = bytearray(exif.tobytes())
        body[cut % len(body)] ^= 0xFF
        assert gate.examine(saved(scene(), exif=bytes(body))).photo.width == 640


@pytest.mark.parametrize("mode", ["L", "1", "P", "CMYK", "LA", "RGBA", "I;16", "YCbCr"])
def test_every_way_of_storing_pixels_becomes_rgb(gate: PhotoGate, mode: str) -> None:
    source = scene()
    if mode == "I;16":
        grey = np.asarray(source.convert("L")).astype(np.uint16) * 257
        data = saved(Image.fromarray(grey), "PNG")
    elif mode in ("CMYK", "YCbCr"):
        data = saved(source.convert(mode), "JPEG")
    else:
        data = saved(source.convert(mode), "PNG")
    image = seen(gate.examine(data))
    assert image.mode == "RGB"
    want = np.asarray(source.convert("1" if mode == "1" else "L").convert("L").resize((16, 12)), dtype=float)
    got = np.asarray(image.convert("L").resize((16, 12)), dtype=float)
    assert np.abs(want - got).mean() < 12


def test_what_is_transparent_becomes_white(gate: PhotoGate) -> None:
    image = scene().convert("RGBA")
    image.paste((0, 0, 0, 0), (200, 100, 440, 380))
    middle = seen(gate.examine(saved(image, "PNG"))).getpixel((320, 240))
    assert isinstance(middle, tuple) and min(middle) > 240
    indexed = Image.new("P", (64, 64), 0)
    indexed.putpalette([0, 0, 0, 255, 255, 255])
    pixel = seen(gate.examine(saved(indexed, "PNG", transparency=0))).getpixel((32, 32))
    assert isinstance(pixel, tuple) and min(pixel) > 240


def test_the_first_picture_of_a_double_one_is_the_photo(gate: PhotoGate) -> None:
    data = saved(scene(), "MPO", save_all=True, append_images=[scene(320, 240, seed=9)])
    examined = gate.examine(data)
    assert (examined.photo.mime, examined.photo.width) == ("image/jpeg", 640)


def test_a_wrong_name_does_not_matter_only_the_bytes_do(gate: PhotoGate) -> None:
    assert gate.examine(saved(scene(), "PNG")).photo.mime == "image/png"


def test_a_smaller_copy_has_a_near_hash_and_another_picture_a_far_one(gate: PhotoGate) -> None:
    whole = gate.examine(saved(scene(2000, 1500), quality=95)).photo.phash
    small = gate.examine(saved(scene(2000, 1500).resize((400, 300)), quality=30)).photo.phash
    other = gate.examine(saved(scene(2000, 1500, seed=5))).photo.phash
    assert hamming(whole, small) <= 4 < 12 < hamming(whole, other)


# Files made to do harm


def hostile() -> dict[str, tuple[bytes, str]]:
    jpeg = saved(scene())
    moving = [scene(64, 48, seed=n) for n in range(3)]
    twenty = zlib.compress(bytes((20_000 // 8 + 1) * 20_000), 9)
    huge_jpeg = bytearray(jpeg)
    at = huge_jpeg.index(b"\xff\xc0")
    huge_jpeg[at + 5 : at + 9] = struct.pack(">HH", 60_000, 60_000)
    webp = bytearray(saved(scene().convert("RGBA"), "WEBP", exif=b"Exif\0\0x"))
    webp[24:30] = b"\xfe\x3f\x00\xfe\x3f\x00"
    return {
        "PNG bomb of 20,000 by 20,000": (png(20_000, 20_000, twenty), "megapixels"),
        "PNG that claims 60,000 by 60,000": (png(60_000, 60_000, b""), "megapixels"),
        "PNG that claims no pixels": (png(0, 0, b""), "damaged|not a JPEG|no pixels"),
        "JPEG that claims 60,000 by 60,000": (bytes(huge_jpeg), "megapixels"),
        "WebP that claims 16,383 by 16,383": (bytes(webp), "megapixels"),
        "JPEG cut in half": (jpeg[: len(jpeg) // 2], "cut off"),
        "JPEG cut at nine tenths": (jpeg[: len(jpeg) * 9 // 10], "cut off"),
        "JPEG header alone": (jpeg[:30], "damaged|not a JPEG|cut off"),
        "PNG cut in half": (saved(scene(), "PNG")[:5000], "cut off"),
        "WebP cut in half": (saved(scene(), "WEBP")[:2000], "damaged|cut off|not a JPEG"),
        "SVG named .jpg": (
            b"<svg xmlns='http://www.w3.org/2000/svg'><rect width='9' height='9'/></svg>",
            "not a",
        ),
        "moving GIF": (saved(moving[0], "GIF", save_all=True, append_images=moving[1:]), "not a JPEG"),
        "moving PNG": (saved(moving[0], "PNG", save_all=True, append_images=moving[1:]), "moving"),
        "moving WebP": (saved(moving[0], "WEBP", save_all=True, append_images=moving[1:]), "moving"),
        "AVIF": (saved(scene(64, 48), "AVIF"), "not a JPEG"),
        "TIFF": (saved(scene(), "TIFF"), "not a JPEG"),
        "BMP": (saved(scene(), "BMP"), "not a JPEG"),
        "EPS": (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\nshowpage\n", "not a JPEG"),
        "PDF": (b"%PDF-1.4\n1 0 obj<<>>endobj\n", "not a JPEG"),
        "ZIP": (b"PK\x03\x04" + bytes(60), "not a JPEG"),
        "HTML": (b"<!doctype html><script>alert(1)</script>", "not a JPEG"),
        "nothing but zeros": (bytes(5000), "not a JPEG"),
        "no bytes": (b"", "empty"),
        "noise behind a JPEG mark": (
            b"\xff\xd8\xff" + random.Random(1).randbytes(5000),
            "damaged|not a JPEG|cut",
        ),
    }


HOSTILE = hostile()


@pytest.mark.parametrize("name", HOSTILE)
def test_a_file_made_to_do_harm_is_refused_with_words(gate: PhotoGate, name: str) -> None:
    data, words = HOSTILE[name]
    with pytest.raises(PhotoRefused, match=words) as caught:
        gate.examine(data)
    assert not caught.value.retry
    assert gate.examine(saved(scene(64, 48))).photo.width == 64


def peak_mb(gate: PhotoGate) -> float:
    status = Path(f"/proc/{gate._workers[0].pid}/status")
    if not status.exists():
        pytest.skip("this system has no /proc to read the worker's memory from")
    line = next(part for part in status.read_text().splitlines() if part.startswith("VmHWM"))
    return int(line.split()[1]) / 1000


def test_the_hostile_files_cost_little_memory_and_kill_nobody() -> None:
    with PhotoGate(GateLimits()) as own:
        own.examine(saved(scene(64, 48)))
        pid = own._workers[0].pid
        for data, _ in HOSTILE.values():
            with pytest.raises(PhotoRefused):
                own.examine(data)
        assert own._workers[0].pid == pid
        assert peak_mb(own) < 200


def test_nothing_behind_or_beside_the_pixels_is_served(gate: PhotoGate) -> None:
    jpeg = saved(scene(), comment=b"<script>one</script>")
    for tail in (b"<script>alert(1)</script>", b"PK\x03\x04evil.zip", bytes(3) + b"%PDF-1.4"):
        served = gate.examine(jpeg + tail).served_jpeg
        assert served.endswith(b"\xff\xd9") and tail not in served and b"script" not in served


def test_more_megabytes_than_allowed_are_refused_unseen() -> None:
    with PhotoGate(GateLimits(max_photo_mb=0.001)) as small:
        with pytest.raises(PhotoRefused, match=r"0\.001 MB"):
            small.examine(bytes(2000))
        assert small._workers[0].pid is None


def test_more_memory_than_allowed_is_a_refusal_and_the_worker_lives() -> None:
    flat = png(7000, 7000, zlib.compress(bytes((7000 * 4 + 1) * 7000), 1), colour=6, depth=8)
    with PhotoGate(GateLimits(memory_mb=400)) as tight:
        with pytest.raises(PhotoRefused, match=r"memory|damaged"):
            tight.examine(flat)
        assert tight.examine(saved(scene())).photo.width == 640


def test_a_large_but_lawful_picture_passes_within_the_default_memory(gate: PhotoGate) -> None:
    flat = png(7900, 8000, zlib.compress(bytes((7900 * 4 + 1) * 8000), 1), colour=6, depth=8)
    assert gate.examine(flat).photo.width == 7900


def scan_bomb(scans: int) -> bytes:
    """A progressive JPEG whose last scan comes again and again: small to send, long to decode."""
    jpeg = saved(Image.new("RGB", (6000, 6000), (90, 120, 150)), progressive=True)
    start = jpeg.rindex(b"\xff\xda")
    return jpeg[:start] + jpeg[start:-2] * scans + jpeg[-2:]


def test_a_picture_that_takes_too_much_work_is_ended_and_refused() -> None:
    with PhotoGate(GateLimits(cpu_s=1, timeout_s=60)) as busy:
        busy.examine(saved(scene()))
        with pytest.raises(PhotoRefused, match="1 s of work"):
            busy.examine(scan_bomb(400))
        assert busy.examine(saved(scene())).photo.width == 640


# The process


def worker_pid(gate: PhotoGate) -> int:
    pid = gate._workers[0].pid
    assert pid is not None
    return pid


def test_a_worker_that_hangs_is_killed_and_the_photo_may_be_tried_again() -> None:
    with PhotoGate(GateLimits(timeout_s=0.4)) as own:
        own.examine(saved(scene()))
        os.kill(worker_pid(own), signal.SIGSTOP)
        with pytest.raises(PhotoUnavailable, match=r"0\.4 s"):
            own.examine(saved(scene()))
        assert own.examine(saved(scene())).photo.width == 640


def test_a_worker_that_was_killed_is_replaced_without_anybody_noticing() -> None:
    with PhotoGate(GateLimits()) as own:
        own.examine(saved(scene()))
        first = worker_pid(own)
        os.kill(first, signal.SIGKILL)
        assert own.examine(saved(scene())).photo.width == 640
        assert worker_pid(own) != first


def impostor(monkeypatch: pytest.MonkeyPatch, body: str) -> None:
    """Put another program in the worker's place: it greets as ours does, then runs `body`."""
    greet = "import sys; o = sys.stdout.buffer; o.write(b'{}\\n'); o.flush(); sys.stdin.buffer.readline(); "
    monkeypatch.setattr("bot.photos.gate._BOOT", greet + body)


FACTS = '{"mime":"image/jpeg","width":1,"height":1,"phash":"0123456789abcdef","exif":{}}'


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("sys.exit(3)", "died of it twice"),
        ("import os; os.abort()", "died of it twice"),
        ("o.write(b'no json\\n'); o.flush()", "died of it twice"),
        ("o.write(b'x' * 100000); o.flush()", "died of it twice"),
        ("o.write(b'{\"size\": -1}\\n'); o.flush()", "died of it twice"),
        ("o.write(b'{\"size\": 99999999999}\\n'); o.flush()", "died of it twice"),
        ("o.write(b'{}\\n'); o.flush()", "no sound answer"),
        (f"o.write(b'{{\"facts\": {FACTS}}}\\n'); o.flush()", "no sound answer"),
        (f'o.write(b\'{{"facts": {FACTS}, "size": 5}}\\n<html\'); o.flush()', "no sound answer"),
    ],
)
def test_a_worker_taken_over_by_a_photo_is_not_believed(
    monkeypatch: pytest.MonkeyPatch, body: str, words: str
) -> None:
    impostor(monkeypatch, body)
    with PhotoGate(GateLimits()) as own, pytest.raises(PhotoRefused, match=words):
        own.examine(saved(scene(64, 48)))


def test_a_worker_that_cannot_start_is_a_trouble_that_may_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.photos.gate._BOOT", "import no_such_module_anywhere")
    with PhotoGate(GateLimits()) as own, pytest.raises(PhotoUnavailable, match="did not start"):
        own.examine(saved(scene(64, 48)))


def test_a_library_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    boot = "import sys; sys.modules['pillow_heif'] = None\n"
    monkeypatch.setattr("bot.photos.gate._BOOT", boot + gate_module._BOOT)
    with PhotoGate(GateLimits()) as own, pytest.raises(PhotoUnavailable, match="pillow_heif"):
        own.examine(saved(scene(64, 48)))


def test_the_worker_starts_from_any_folder_and_any_way_of_running(tmp_path: Path) -> None:
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); from bot.photos.gate import *;"
        "sys.path.remove(sys.argv[1]); sys.path.insert(0, '');"
        "gate = PhotoGate(GateLimits()); print(gate.examine(open(sys.argv[2], 'rb').read()).photo.width);"
        "gate.close()"
    )
    photo = tmp_path / "a.jpg"
    photo.write_bytes(saved(scene(64, 48)))
    command = [sys.executable, "-c", code, str(gate_module._ROOT), str(photo)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "64\n"), done.stderr


def test_the_worker_knows_nothing_of_our_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOMEWARD_TEST_SECRET", "do not tell")
    with PhotoGate(GateLimits()) as own:
        own.examine(saved(scene(64, 48)))
        environment = Path(f"/proc/{worker_pid(own)}/environ")
        if not environment.exists():
            pytest.skip("this system has no /proc to read the worker's environment from")
        assert b"do not tell" not in environment.read_bytes()


def test_many_threads_share_one_gate_and_each_gets_its_own_photo(gate: PhotoGate) -> None:
    photos = [saved(scene(100 + n, 90, seed=n)) for n in range(8)]
    widths: dict[int, int] = {}

    def work(n: int) -> None:
        widths[n] = gate.examine(photos[n]).photo.width

    threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert widths == {n: 100 + n for n in range(8)}


def test_closing_ends_the_worker_and_later_photos_wait_for_another_gate() -> None:
    own = PhotoGate(GateLimits())
    own.examine(saved(scene()))
    pid = worker_pid(own)
    own.close()
    own.close()
    assert not Path(f"/proc/{pid}").exists() or not Path("/proc").exists()
    with pytest.raises(PhotoUnavailable, match="closed"):
        own.examine(saved(scene()))


def test_closing_does_not_wait_for_a_busy_worker() -> None:
    own = PhotoGate(GateLimits(cpu_s=60, timeout_s=60))
    own.examine(saved(scene()))
    failures: list[Exception] = []

    def work(data: bytes) -> None:
        try:
            own.examine(data)
        except PhotoUnavailable as error:
            failures.append(error)

    thread = threading.Thread(target=work, args=(scan_bomb(400),))
    thread.start()
    time.sleep(0.5)
    started = time.monotonic()
    own.close()
    thread.join(10)
    assert time.monotonic() - started < 3 and len(failures) == 1


# Damage at random, and real cameras


def test_no_damage_to_a_good_photo_breaks_the_gate(gate: PhotoGate) -> None:
    chance = random.Random(7)
    makers: list[Callable[[], bytes]] = [
        lambda: saved(scene(160, 120)),
        lambda: saved(scene(160, 120), "PNG"),
        lambda: saved(scene(160, 120), "WEBP"),
        lambda: saved(scene(160, 120), progressive=True),
    ]
    outcomes = set()
    for n in range(120):
        data = bytearray(makers[n % len(makers)]())
        for _ in range(chance.randrange(1, 12)):
            data[chance.randrange(len(data))] = chance.randrange(256)
        try:
            outcomes.add(gate.examine(bytes(data)).photo.mime)
        except PhotoRefused:
            outcomes.add("refused")
    assert "refused" in outcomes and len(outcomes) > 1


def camera_files() -> list[Path]:
    folder = os.environ.get("HOMEWARD_DATA", "")
    return sorted(Path(folder, "photos", "exif").glob("[!.]*")) if folder else []


@pytest.mark.skipif(not camera_files(), reason="HOMEWARD_DATA names no folder with photos/exif")
def test_the_files_of_real_cameras_pass_with_their_times_and_positions(gate: PhotoGate) -> None:
    dated, placed, refused = 0, 0, []
    for path in camera_files():
        try:
            exif = gate.examine(path.read_bytes()).photo.exif
        except PhotoRefused as refusal:
            refused.append(f"{path.name}: {refusal.detail}")
            continue
        dated += exif.taken_at is not None or exif.taken_local is not None
        placed += exif.lat is not None
    assert all(".tif" in name for name in refused), refused
    assert dated >= 18 and placed >= 6
