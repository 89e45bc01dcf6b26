"""Which data a command is about, and the one daemon of a folder."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from bot import home
from bot.home import DaemonLock, Home
from store.errors import UsageError

ROOT = Path(__file__).resolve().parents[2]


def test_a_fresh_folder_shows_the_sample_in_a_folder_of_its_own(tmp_path: Path) -> None:
    chosen = home.choose(tmp_path, has_hashtags=False)
    assert (chosen.is_sample, chosen.folder) == (True, tmp_path / "sample")
    assert chosen.database == tmp_path / "sample" / "homeward.db"


@pytest.mark.parametrize("how", ["hashtags", "real", "left", "database"])
def test_real_data_begins_in_four_ways_and_lies_apart(tmp_path: Path, how: str) -> None:
    if how == "left":
        home.leave_sample(tmp_path)
    if how == "database":
        (tmp_path / "homeward.db").touch()
    chosen = home.choose(tmp_path, has_hashtags=how == "hashtags", real=how == "real")
    assert (chosen.is_sample, chosen.folder) == (False, tmp_path)
    other = home.choose(tmp_path, has_hashtags=True, sample=True)
    assert other.is_sample and other.folder != chosen.folder


def test_the_samples_own_config_is_about_the_sample_whatever_lies_there(tmp_path: Path) -> None:
    (tmp_path / "homeward.db").touch()
    assert home.choose(tmp_path, has_hashtags=True, real=True, sample=True).is_sample


def test_the_sample_can_be_left_and_entered_again_until_real_data_begins(tmp_path: Path) -> None:
    home.leave_sample(tmp_path / "new")
    assert not home.choose(tmp_path / "new", has_hashtags=False).is_sample
    home.enter_sample(tmp_path / "new")
    home.enter_sample(tmp_path / "new")
    assert home.choose(tmp_path / "new", has_hashtags=False).is_sample
    home.leave_sample(tmp_path / "new")
    (tmp_path / "new" / "homeward.db").touch()
    with pytest.raises(UsageError, match="real data"):
        home.enter_sample(tmp_path / "new")
    assert not home.choose(tmp_path / "new", has_hashtags=False).is_sample


def test_sample_and_real_data_share_the_gazetteer_and_nothing_else(tmp_path: Path) -> None:
    real, sample = Home(tmp_path, False), Home(tmp_path / "sample", True)
    assert real.places == sample.places
    for name in ("database", "photos", "key", "inbox"):
        assert getattr(real, name) != getattr(sample, name)


def test_prepare_makes_folders_for_the_owner_alone(tmp_path: Path) -> None:
    made = Home(tmp_path / "a" / "data", False)
    made.prepare()
    made.prepare()
    for folder in (made.folder, made.photos, made.inbox):
        assert folder.is_dir() and folder.stat().st_mode & 0o077 == 0
    assert not list(made.folder.glob(".write-test*"))


@pytest.mark.parametrize("below", ["", "deeper/still"])
def test_a_file_where_the_folder_should_be_is_one_clear_sentence(tmp_path: Path, below: str) -> None:
    (tmp_path / "data").write_text("a file")
    with pytest.raises(UsageError) as caught:
        Home(tmp_path / "data" / below, False).prepare()
    assert "cannot be written" in str(caught.value) and "--data" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_folder_without_the_right_to_write_is_one_clear_sentence(tmp_path: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("the superuser may write everywhere; run the tests as another user to try this")
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(UsageError, match="cannot be written"):
            Home(tmp_path / "data", False).prepare()
    finally:
        tmp_path.chmod(0o700)


HOLD = """
import sys, pathlib
from bot.home import DaemonLock, Home
lock = DaemonLock(Home(pathlib.Path(sys.argv[1]), False))
lock.take()
print("held", flush=True)
sys.stdin.read()
"""


def test_a_second_daemon_is_refused_with_the_number_of_the_first_which_frees_it_by_dying(
    tmp_path: Path,
) -> None:
    lock = DaemonLock(Home(tmp_path, False))
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(UsageError) as caught:
            lock.take()
        assert f"(process {holder.pid})" in str(caught.value)
        assert str(tmp_path) in str(caught.value) and "\n" not in str(caught.value)
        holder.kill()
        holder.wait(10)
    lock.take()
    assert (tmp_path / "daemon.lock").read_text() == str(os.getpid())
    lock.release()


def test_a_released_lock_can_be_taken_again_and_released_twice(tmp_path: Path) -> None:
    one, two = DaemonLock(Home(tmp_path, False)), DaemonLock(Home(tmp_path, False))
    one.take()
    with pytest.raises(UsageError):
        two.take()
    one.release()
    one.release()
    two.take()
    two.release()


def test_the_locks_of_two_folders_do_not_meet(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    one, two = DaemonLock(Home(tmp_path / "a", False)), DaemonLock(Home(tmp_path / "b", False))
    one.take()
    two.take()
    one.release()
    two.release()
