"""Runs the processes of a test of libneuron-mpi by the mpirun of the MPI that it was built for.

usage: run.py KIND MPIRUN PROGRAM CASE [SUPPRESSIONS]

KIND is openmpi or mpich, PROGRAM is made of ranks.c but for the case python, CASE is one of the functions below. SUPPRESSIONS are for
AddressSanitizer, of what MPI itself leaks. Ends with 77 where mpirun cannot start anything.
"""
import os
import re
import subprocess
import sys
import tempfile
import time

KIND, MPIRUN, PROGRAM, CASE = sys.argv[1:5]
SUPPRESSIONS = sys.argv[5] if len(sys.argv) > 5 else None
LIMIT = 120  # seconds
IO, STATUS_LINE = -60, re.compile(r"^(\d+) (-?\d+) (.*)$", re.M)

# The processes are more than the processors, and may be root's, as in a container.
FLAGS = {"openmpi": ["--oversubscribe", "--bind-to", "none", "--host", "localhost:64"],
         "mpich": ["-bind-to", "none", "-hosts", "localhost"]}
# For a process that dies not to end the others. MPICH's launcher has it do so even where it is told otherwise, unless a
# shell around it ends well; and tells the others by a signal.
SURVIVAL = {"openmpi": (["--enable-recovery"], []),
            "mpich": (["-disable-auto-cleanup"], ["sh", "-c", 'trap "" USR1; "$@"; exit 0', "sh"])}


def environment():
    more = {"OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1", "OPENBLAS_NUM_THREADS": "1"}
    if SUPPRESSIONS:
        # What lies in variables of threads alone is no leak here; of Open MPI's threads the looking ends in a crash.
        more["LSAN_OPTIONS"] = f"suppressions={SUPPRESSIONS}:print_suppressions=0:use_tls=0"
        more["ASAN_OPTIONS"] = "detect_odr_violation=0:fast_unwind_on_malloc=0"
    return {**os.environ, **more}


def start(count, *words, survives=False):
    flags, shell = SURVIVAL[KIND] if survives else ([], [])
    command = [MPIRUN, *FLAGS[KIND], *flags, "-np", str(count), *shell, *words]
    return subprocess.run(command, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          stdin=subprocess.DEVNULL, timeout=LIMIT, check=False)


def ranks(count, *words, survives=False):
    """What the ranks tell: {rank: (status, text)}. All must end well, unless one is meant to die."""
    done = start(count, PROGRAM, *map(str, words), survives=survives)
    told = {int(rank): (int(status), text) for rank, status, text in STATUS_LINE.findall(done.stdout)}
    if done.returncode != 0 and not survives:
        sys.exit(f"{count} ranks, {words}: ended with {done.returncode}\n{done.stdout}")
    return told, done.stdout


def expect(condition, what):
    if not condition:
        sys.exit(what)


def same(count, *words):
    """What all ranks tell alike."""
    told, output = ranks(count, *words)
    expect(len(told) == count and len(set(told.values())) == 1, f"{count} ranks, {words}:\n{output}")
    return told[0]


def alone(*words):
    done = subprocess.run([PROGRAM, "alone", *words], env=environment(), stdout=subprocess.PIPE, text=True, check=True)
    return 0, STATUS_LINE.search(done.stdout).group(3)


def case_train():
    """One, two, three and four ranks end with the bytes of a program without MPI."""
    for network in ("convoluted", "regular", "deep"):
        expected = alone(network, "parts=8")
        for count in (1, 2, 3, 4):
            found = same(count, "train", network, "parts=8")
            expect(found == expected, f"{network}, {count} ranks: {found}, not {expected}")


def case_resume():
    """A training that three ranks have saved goes on with two, and then with one."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "training")
        for count, epochs in ((3, 1), (2, 2), (1, 3)):
            found = same(count, "train", "convoluted", f"parts=8, epochs={epochs}", path)
    expect(found == alone("convoluted", "parts=8"), f"{found} after resuming")


def gone(count, dying, *words):
    """All but one end in time, with the status and the number of the one that does not."""
    begun = time.monotonic()
    told, output = ranks(count, *words, survives=True)
    expect(set(told) == set(range(count)) - {dying}, f"{words}: ranks {sorted(told)} of {count} tell something:\n{output}")
    for rank, (status, text) in told.items():
        expect(status == IO and f"rank {dying} is gone" in text, f"{words}: rank {rank} ends with {status}: {text}")
    return time.monotonic() - begun


def case_killed():
    """A rank that is killed in a training."""
    for count, dying in ((2, 1), (3, 0), (4, 2)):
        seconds = gone(count, dying, "killed", dying, "kill", 2, "callbacks=all")
        print(f"{count} ranks: {seconds:.1f} s")
        expect(seconds < 60, f"{count} ranks: it took {seconds:.1f} seconds")


def case_any():
    """Sums by MPI itself: two numbers have one sum only; of more all ranks have the same, and one that is killed is named."""
    found = same(2, "train", "regular", "order=any")
    expect(found == alone("regular", "parts=2"), f"order=any of 2 ranks: {found}")
    expect(same(1, "train", "deep", "order=any") == alone("deep", "parts=1"), "order=any of 1 rank")
    for count in (3, 4):
        same(count, "train", "deep", "order=any")
    gone(3, 1, "killed", 1, "kill", 2, "callbacks=all, order=any")


def case_launcher():
    """A launcher ends all others if it is not told to let them live: no rank is left."""
    done = start(3, PROGRAM, "killed", "1", "kill", "100", "callbacks=all")
    expect(done.returncode != 0, f"a killed rank is none of the launcher's business:\n{done.stdout}")


def case_late():
    """A rank that is late is waited for; one that is later than the timeout counts as gone, for all."""
    told, output = ranks(4, "late", 1, 1.5, 3)
    expect(set(told.values()) == {(0, "")} and len(told) == 4, output)
    told, output = ranks(4, "late", 1, 12, 1.5, survives=True)
    for rank in (0, 2, 3):
        expect(rank in told and told[rank][0] == IO and "rank 1 is gone" in told[rank][1], output)


def case_bytes():
    for count in (1, 2, 3, 4):
        same(count, "bytes")


def case_halves():
    same(2, "halves")
    same(4, "halves")


def case_search():
    for count in (1, 2, 4):
        same(count, "search")


def case_refused():
    same(3, "refused")


def case_single():
    expected = alone("regular", "parts=8")
    found = same(2, "single")
    expect(found == expected, f"{found}, not {expected}")


def case_memory():
    same(2, "memory")


def case_cpp():
    """PROGRAM is made of communicator.cpp."""
    for count in (1, 3):
        told, output = ranks(count)
        expect(set(told) == set(range(count)), output)


def file_of(count, folder, name):
    """What PROGRAM, an example, leaves in a folder."""
    done = start(count, PROGRAM, folder)
    expect(done.returncode == 0, f"{count} ranks: ended with {done.returncode}\n{done.stdout}")
    with open(os.path.join(folder, name), "rb") as file:
        content = file.read()
    return content, done.stdout


def case_example():
    """PROGRAM is made of mpi_train.c: the same file by two ranks and one, and nothing left of the training."""
    with tempfile.TemporaryDirectory() as folder:
        found = [file_of(count, folder, "mpi_train.safetensors") for count in (1, 2)]
        expect(os.listdir(folder) == ["mpi_train.safetensors"], f"left: {os.listdir(folder)}")
    expect(found[0][0] == found[1][0] and "epoch 5: loss" in found[1][1], found[1][1])


def case_committee():
    """PROGRAM is made of mpi_committee.c: the same committee by one rank and three, and where a run was ended before."""
    with tempfile.TemporaryDirectory() as folder:
        one, _ = file_of(1, folder, "mpi_committee.safetensors")
        expect(os.listdir(folder) == ["mpi_committee.safetensors"], f"left: {os.listdir(folder)}")
        for name in ("member-1.taken", "member-4.taken"):  # by whom, died
            with open(os.path.join(folder, name), "w", encoding="utf-8"):
                pass
        three, output = file_of(3, folder, "mpi_committee.safetensors")
        expect(one == three, output)
        expect(os.listdir(folder) == ["mpi_committee.safetensors"], f"left: {os.listdir(folder)}")


def case_python():
    """PROGRAM is training.py here, and the Python one that has mpi4py of this MPI."""
    try:
        import mpi4py  # noqa: F401
        import numpy  # noqa: F401
    except ImportError as error:
        print(f"skipped: {error}")
        sys.exit(77)
    script = [sys.executable, PROGRAM]
    done = subprocess.run([*script, "alone"], env=environment(), stdout=subprocess.PIPE, text=True, check=True)
    expected = STATUS_LINE.search(done.stdout).group(3)
    for count in (1, 2, 3):
        done = start(count, *script)
        told = {int(rank): text for rank, _, text in STATUS_LINE.findall(done.stdout)}
        expect(told == dict.fromkeys(range(count), expected), f"{count} ranks, not {expected}:\n{done.stdout}")


def main():
    try:
        if start(1, "true").returncode != 0:
            print("skipped: mpirun starts nothing here")
            return 77
        globals()["case_" + CASE]()
    except subprocess.TimeoutExpired as error:
        sys.exit(f"{error.cmd} hangs:\n{(error.stdout or b'').decode(errors='replace')}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
