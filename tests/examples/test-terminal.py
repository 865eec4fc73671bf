"""What an example program shows while it trains, in terminals of several widths and without one.

usage: test-terminal.py FASHION_COMMITTEE
"""
import fcntl
import os
import pty
import re
import signal
import struct
import subprocess
import sys
import tempfile
import termios

PROGRAM = os.path.abspath(sys.argv[1])
EPOCHS = 12
LINE = re.compile(r"F1  epoch +(\d+)/\d+(  \[=*\.*\])?(  loss \d+\.\d{4})(  accuracy \d\.\d{4})?"
                  r"(  validation \d+\.\d{4} \d\.\d{4})?(  [\d,.]+/s)?(  (\d\.\d s|[\d:]+)( left)?)?")
PLAIN = dict({name: value for name, value in os.environ.items() if name != "COLUMNS"}, LC_ALL="C", NO_COLOR="1")


def require(holds, *what):
    if not holds:
        sys.exit(" ".join(str(part) for part in what))


def command(epochs, limit):
    return [PROGRAM, "--data", "generated", "--run", "F1", "--limit", str(limit),
            "--epochs", str(epochs), "--out", "out"]


def set_width(terminal, width):
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, width, 0, 0))


def read_some(terminal):
    try:
        return os.read(terminal, 65536)
    except OSError:  # the other side is closed
        return b""


def run_in_terminal(width, epochs, limit, narrower=None):
    """What the program wrote. With `narrower` it is stopped after its first redrawn line, and goes on
    in a terminal of that width; then in two parts."""
    terminal, other_side = pty.openpty()
    set_width(terminal, width)
    process = subprocess.Popen(command(epochs, limit), stdin=other_side, stdout=other_side, env=PLAIN,
                               start_new_session=True)
    parts = [b""]
    if narrower is not None:
        while not redrawn(parts[0].decode()):
            more = read_some(terminal)
            require(more, "no line was redrawn")
            parts[0] += more
        # More than the terminal holds is still to come, so the program has not ended.
        process.send_signal(signal.SIGSTOP)
        os.waitid(os.P_PID, process.pid, os.WSTOPPED | os.WNOWAIT)
        os.set_blocking(terminal, False)
        parts[0] += read_some(terminal)
        os.set_blocking(terminal, True)
        set_width(terminal, narrower)
        process.send_signal(signal.SIGCONT)
        parts.append(b"")
    os.close(other_side)
    while more := read_some(terminal):
        parts[-1] += more
    os.close(terminal)
    require(process.wait() == 0, "in a terminal of", width, "columns the program failed")
    return [part.decode() for part in parts]


def show(text, width):
    """The rows of a terminal that goes to the next one as soon as a row is full."""
    rows, row, column = [[]], 0, 0
    for token in text:
        if token == "\r":
            column = 0
        elif token == "\n":
            row, column = row + 1, 0
        else:
            require(token.isprintable(), "no terminal was told to expect", repr(token))
            rows[row] += [" "] * (column + 1 - len(rows[row]))
            rows[row][column] = token
            column += 1
            if column == width:
                row, column = row + 1, 0
        if row == len(rows):
            rows.append([])
    return ["".join(line).rstrip() for line in rows]


def redrawn(text):
    """Each line of progress that was written over another, with the blanks over what that had more."""
    return [line for line in re.findall(r"\r(F1  epoch[^\r\n]*)(?=[\r\n])", text)]


def check_table(rows, width):
    start = next((i for i, row in enumerate(rows) if re.match("run .* test", row)), None)
    require(start is not None, "no head of a table in", width, "columns:", rows)
    require(re.match(r"F1 .* 0\.\d{4}", rows[start + 1]), "the table's row is", rows[start + 1])
    for row in rows[start:start + 2]:
        require(len(row) < width, "a row of the table fills", width, "columns:", row)


def check_terminal(width):
    text, = run_in_terminal(width, EPOCHS, 500)
    lines = re.findall(r"F1  epoch[^\r\n]*", text)
    for line in lines:
        require(LINE.fullmatch(line.rstrip()), "in", width, "columns this is no line of progress:", line)
        require(len(line) < width, "in", width, "columns a line has", len(line), ":", line)
    # One line an epoch is its last; there is at least one that the next one takes the place of.
    require(len(lines) > EPOCHS and redrawn(text), "nothing was redrawn in", width, "columns")
    require(any(LINE.fullmatch(line.rstrip())[2] for line in lines) == (width >= 80), "the bar:", lines)

    rows = show(text, width)
    progress = [row for row in rows if re.search(r"\bepoch +\d", row)]
    ends = [LINE.fullmatch(row) for row in progress]
    require(all(ends), "left on a screen of", width, "columns:", progress)
    require([int(end[1]) for end in ends] == list(range(1, EPOCHS + 1)), "the epochs on a screen of",
            width, "columns:", progress)
    first = rows.index(progress[0])
    require(rows[first:first + EPOCHS] == progress, "rows between those of the epochs:", rows)
    require(all(bool(end[5]) == (width >= 60) for end in ends), "the validation:", progress)
    require(all(bool(end[6]) == (width == 200) for end in ends), "the rate:", progress)
    check_table(rows, width)


def check_change_of_width():
    wide, narrow = run_in_terminal(200, 400, 50, narrower=50)
    require(max(map(len, redrawn(wide))) > 80, "200 columns were not used:", wide)
    # The first may have been laid out before the width changed.
    lines = re.findall(r"F1  epoch[^\r\n]*", narrow)[1:]
    require(len(lines) > 1, "the program was stopped too late")
    require(max(map(len, lines)) < 50, "too long for the new width:", lines)
    require(LINE.fullmatch(lines[-1].rstrip()) and "400/400" in lines[-1], "the last line is", lines[-1])


def check_no_terminal():
    for columns in (None, 40, 200):
        environment = PLAIN if columns is None else dict(PLAIN, COLUMNS=str(columns))
        text = subprocess.run(command(EPOCHS, 500), env=environment, check=True,
                              stdout=subprocess.PIPE).stdout.decode()
        require("\r" not in text and "\033" not in text, "without a terminal something is redrawn")
        rows = text.split("\n")
        progress = [LINE.fullmatch(row) for row in rows if re.search(r"\bepoch +\d", row)]
        require(len(progress) == EPOCHS and all(progress), "without a terminal not one whole line an epoch:", rows)
        parts = (1, 3) if columns == 40 else (1, 3, 4, 5, 6, 7)
        require(all(line[part] for line in progress for part in parts), "parts are missing:", rows)
        require(columns != 40 or max(len(line[0]) for line in progress) <= 40, "lines are too long:", rows)
        check_table(rows, columns or 80)


try:
    for side in pty.openpty():
        os.close(side)
except OSError as error:
    print(f'no terminal can be had here: {error}')
    sys.exit(77)
with tempfile.TemporaryDirectory() as folder:
    os.chdir(folder)
    for columns in (40, 60, 80, 200):
        check_terminal(columns)
    check_change_of_width()
    check_no_terminal()
