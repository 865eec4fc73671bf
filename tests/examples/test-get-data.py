"""Runs examples/get-data against a web server that serves, cuts and corrupts.

usage: test-get-data.py GET_DATA
"""
import hashlib
import http.server
import io
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import threading

GET_DATA = os.path.abspath(sys.argv[1])
CONTENT = {"/good/first.gz": bytes(range(256)) * 400, "/good/second.gz": b"second" * 1000}


def archive():
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        entry = tarfile.TarInfo("batches/one.bin")
        entry.size = 3
        tar.addfile(entry, io.BytesIO(b"abc"))
    return packed.getvalue()


CONTENT["/good/packed.tar.gz"] = archive()


class Server(http.server.BaseHTTPRequestHandler):
    """/good serves with ranges, /plain without, /cut breaks off in the middle once per file,
    /bad serves other bytes, /busy is out of order, and the rest is not there."""

    requests = []
    cut_once = set()

    def do_GET(self):
        kind, name = self.path.split("/")[1:]
        body = CONTENT.get("/good/" + name)
        start = 0
        given = self.headers.get("Range")
        Server.requests.append((kind, name, given))
        if body is None or kind == "gone":
            self.send_error(404)
            return
        if kind == "busy":
            self.send_error(503)
            return
        if kind == "bad":
            body = body[:-1] + b"?"
        if given and kind != "plain":
            start = int(given.split("=")[1].split("-")[0])
            if start >= len(body):
                self.send_error(416)
                return
            self.send_response(206)
            self.send_header("Content-Range", f"bytes {start}-{len(body) - 1}/{len(body)}")
        else:
            self.send_response(200)
        self.send_header("Content-Length", str(len(body) - start))
        self.end_headers()
        cut = kind in ("cut", "plain") and name not in Server.cut_once
        if cut:
            Server.cut_once.add(name)
        self.wfile.write(body[start : len(body) // 2] if cut else body[start:])
        self.close_connection = True

    def log_message(self, *_):
        pass


def get(folder, rows, *names, tools=None, place="data"):
    """place is where to; tools is a folder of commands that come before the system's."""
    listing = os.path.join(folder, "list.txt")
    with open(listing, "w", encoding="utf-8") as out:
        out.write("# a comment\n")
        for row in rows:
            out.write(" ".join(row) + "\n")
    Server.requests.clear()
    return subprocess.run(
        ["sh", GET_DATA, *names, place],
        cwd=folder,
        env={
            **os.environ,
            "GET_DATA_LIST": listing,
            "no_proxy": "127.0.0.1",
            "PATH": (tools + ":" if tools else "") + os.environ["PATH"],
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def row(name, file, *kinds):
    total = hashlib.sha256(CONTENT["/good/" + file]).hexdigest()
    return [name, file, total, *(f"{BASE}/{kind}" for kind in kinds)]


def check(condition, result):
    if not condition:
        sys.exit(f"status {result.returncode}\n{result.stdout}\n{result.stderr}\n{Server.requests}")


def read(folder, path):
    with open(os.path.join(folder, "data", path), "rb") as file:
        return file.read()


def there(folder, path):
    return os.path.exists(os.path.join(folder, "data", path))


def serves(folder):
    rows = [row("set", "first.gz", "good"), row("set", "second.gz", "good"), row("pack", "packed.tar.gz", "good")]
    result = get(folder, rows, "set", "pack")
    check(result.returncode == 0 and result.stdout.count("SHA-256 is right") == 3, result)
    check(read(folder, "set/first.gz") == CONTENT["/good/first.gz"], result)
    check(read(folder, "batches/one.bin") == b"abc", result)
    result = get(folder, rows, "set", "pack")
    check(result.returncode == 0 and not Server.requests and "is there and right" in result.stdout, result)


def continues(folder):
    rows = [row("set", "first.gz", "cut")]
    result = get(folder, rows, "set")
    check(result.returncode == 1 and "what came is kept" in result.stderr, result)
    check(there(folder, "set/first.gz.part") and not there(folder, "set/first.gz"), result)
    half = len(CONTENT["/good/first.gz"]) // 2
    result = get(folder, rows, "set")
    check(result.returncode == 0 and f"continuing after {half} bytes" in result.stdout, result)
    check(Server.requests == [("cut", "first.gz", f"bytes={half}-")], result)
    check(read(folder, "set/first.gz") == CONTENT["/good/first.gz"], result)
    check(not there(folder, "set/first.gz.part"), result)


def keeps_what_came(folder):
    """A server that answers with an error takes nothing away, in a later call or in the same one."""
    half = len(CONTENT["/good/first.gz"]) // 2
    for later in ("busy", "gone"):
        get(folder, [row("set", "first.gz", "cut")], "set")
        for kinds in ([later], [later, later]):
            result = get(folder, [row("set", "first.gz", *kinds)], "set")
            check(result.returncode == 1 and "what came is kept" in result.stderr, result)
            check("from the beginning" not in result.stdout, result)
            check(len(read(folder, "set/first.gz.part")) == half, result)
        result = get(folder, [row("set", "first.gz", later, "good")], "set")
        check(result.returncode == 0 and f"continuing after {half} bytes" in result.stdout, result)
        os.remove(os.path.join(folder, "data", "set", "first.gz"))
        Server.cut_once.clear()
        result = get(folder, [row("set", "first.gz", "cut", later)], "set")
        check(result.returncode == 1 and len(read(folder, "set/first.gz.part")) == half, result)
        Server.cut_once.clear()
        os.remove(os.path.join(folder, "data", "set", "first.gz.part"))


def says_that_nothing_came(folder):
    result = get(folder, [row("set", "first.gz", "gone")], "set")
    check(result.returncode == 1 and "is kept" not in result.stderr and "404" in result.stderr, result)


def begins_a_longer_one_again(folder):
    """What is there has more bytes than the file, which the server calls a bad range."""
    os.makedirs(os.path.join(folder, "data", "set"))
    with open(os.path.join(folder, "data", "set", "second.gz.part"), "wb") as file:
        file.write(bytes(7000))
    result = get(folder, [row("set", "second.gz", "good")], "set")
    check(result.returncode == 0 and "from the beginning" in result.stdout, result)
    check(read(folder, "set/second.gz") == CONTENT["/good/second.gz"], result)


def unpacks_again(folder):
    """After a failure, and if the folder is gone; never a part of it."""
    tools = os.path.join(folder, "tools")
    os.mkdir(tools)
    with open(os.path.join(tools, "tar"), "w", encoding="utf-8") as out:
        real = shutil.which("tar")
        out.write(f'#!/bin/sh\n{real} "$@" || exit\ncase $1 in -x*) echo "disk full" >&2; exit 2 ;; esac\n')
    os.chmod(os.path.join(tools, "tar"), 0o755)
    rows = [row("pack", "packed.tar.gz", "good")]
    result = get(folder, rows, "pack", tools=tools)
    check(result.returncode == 1 and "could not unpack" in result.stderr, result)
    check(os.listdir(os.path.join(folder, "data")) == ["packed.tar.gz"], result)
    for _ in range(2):
        result = get(folder, rows, "pack")
        check(result.returncode == 0 and not Server.requests and "unpacked" in result.stdout, result)
        check(read(folder, "batches/one.bin") == b"abc", result)
        shutil.rmtree(os.path.join(folder, "data", "batches"))


def begins_again(folder):
    """A server that knows no ranges."""
    rows = [row("set", "second.gz", "plain")]
    check(get(folder, rows, "set").returncode == 1, get)
    result = get(folder, rows, "set")
    check(result.returncode == 0 and "from the beginning" in result.stdout, result)
    check(read(folder, "set/second.gz") == CONTENT["/good/second.gz"], result)


def refuses_other_bytes(folder):
    result = get(folder, [row("set", "first.gz", "bad")], "set")
    check(result.returncode == 1 and "thrown away" in result.stderr, result)
    check("could not get first.gz of set" in result.stderr, result)
    check(not there(folder, "set/first.gz") and not there(folder, "set/first.gz.part"), result)
    result = get(folder, [row("set", "first.gz", "bad", "gone", "good")], "set")
    check(result.returncode == 0 and read(folder, "set/first.gz") == CONTENT["/good/first.gz"], result)


def mends_a_spoilt_file(folder):
    rows = [row("set", "first.gz", "good")]
    check(get(folder, rows, "set").returncode == 0, None)
    with open(os.path.join(folder, "data", "set", "first.gz"), "r+b") as file:
        file.write(b"spoilt")
    result = get(folder, rows, "set")
    check(result.returncode == 0 and read(folder, "set/first.gz") == CONTENT["/good/first.gz"], result)


def refuses_bad_arguments(folder):
    rows = [row("set", "first.gz", "good")]
    result = get(folder, rows, "what")
    check(result.returncode == 2 and 'no data set "what"; there are set' in result.stderr, result)
    result = get(folder, rows)
    check(result.returncode == 2 and "usage: sh examples/get-data NAME... DIR" in result.stderr, result)
    result = get(folder, rows + [row("other", "second.gz", "good")], "set", place="other")
    check(result.returncode == 2 and '"other" is a data set, not a folder; say ./other' in result.stderr, result)
    check(not os.path.exists(os.path.join(folder, "other")), result)
    result = get(folder, rows + [row("other", "second.gz", "good")], "set", place="./other")
    check(result.returncode == 0 and os.path.exists(os.path.join(folder, "other", "set", "first.gz")), result)


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server)
threading.Thread(target=server.serve_forever, daemon=True).start()
BASE = f"http://127.0.0.1:{server.server_address[1]}"
for test in (
    serves,
    continues,
    keeps_what_came,
    says_that_nothing_came,
    begins_a_longer_one_again,
    begins_again,
    unpacks_again,
    refuses_other_bytes,
    mends_a_spoilt_file,
    refuses_bad_arguments,
):
    Server.cut_once.clear()
    with tempfile.TemporaryDirectory() as place:
        test(place)
server.shutdown()
