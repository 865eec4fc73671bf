"""Progress of a training: by tqdm if it is there, in a terminal or in Jupyter; else a plain bar."""
from __future__ import annotations

import sys
import time
from typing import Any, Dict, Optional

EVERY = 0.1  # seconds between two drawings


def in_notebook() -> bool:
    shell = sys.modules.get("IPython")
    try:
        return shell is not None and type(shell.get_ipython()).__name__ == "ZMQInteractiveShell"
    except Exception:
        return False


def wanted(progress: Optional[bool]) -> bool:
    """Whether to show it: as told, else where a person looks."""
    if progress is not None:
        return bool(progress)
    try:
        return in_notebook() or sys.stderr.isatty()
    except Exception:
        return False


def figures_text(figures: Dict[str, float]) -> str:
    return ", ".join(f"{name} {value:.4f}" for name, value in figures.items() if value == value)


class Plain:
    """A bar on one line of the terminal."""

    def __init__(self, noun: str = "epoch") -> None:
        self.width, self.noun = 0, noun

    def draw(self, epoch: int, epochs: int, step: int, steps: int, figures: Dict[str, float], seconds: float) -> None:
        share = step / steps if steps else 1.0
        full = int(share * 20)
        left = seconds / share - seconds if share > 0 else 0.0
        text = f"{self.noun} {epoch}/{epochs} [{'#' * full}{'.' * (20 - full)}] {step}/{steps} {figures_text(figures)}"
        text += f" {left:.0f} s left" if step < steps else f" {seconds:.1f} s"
        sys.stderr.write("\r" + text.ljust(self.width))
        self.width = len(text)
        if step >= steps:
            sys.stderr.write("\n")
            self.width = 0
        sys.stderr.flush()

    def close(self) -> None:
        if self.width:
            sys.stderr.write("\n")
            sys.stderr.flush()
            self.width = 0


class Tqdm:
    """A bar of tqdm for each epoch, or one for all members of a committee."""

    def __init__(self, tqdm: Any, noun: str = "epoch") -> None:
        self.tqdm, self.bar, self.epoch, self.noun = tqdm, None, 0, noun

    def draw(self, epoch: int, epochs: int, step: int, steps: int, figures: Dict[str, float], seconds: float) -> None:
        if self.bar is None or self.epoch != epoch and self.noun == "epoch":
            self.close()
            self.bar, self.epoch = self.tqdm(total=steps, desc=f"{self.noun} {epoch}/{epochs}", leave=True), epoch
        bar: Any = self.bar
        if self.noun != "epoch":
            bar.set_description(f"{self.noun} {epoch}/{epochs}", refresh=False)
        bar.set_postfix_str(figures_text(figures), refresh=False)
        bar.update(step - bar.n)
        if step >= steps:
            self.close()

    def close(self) -> None:
        if self.bar is not None:
            self.bar.close()
            self.bar = None


def bar(noun: str = "epoch") -> Any:
    try:
        from tqdm.auto import tqdm  # type: ignore[import-untyped,unused-ignore]
    except Exception:  # not there, or not able to draw here
        return Plain(noun)
    return Tqdm(tqdm, noun)


class Progress:
    """Draws where a training is, now and then."""

    def __init__(self, read: Any, noun: str = "epoch") -> None:
        self.read, self.bar, self.next = read, bar(noun), 0.0

    def step(self) -> None:
        now = time.monotonic()
        if now >= self.next:
            self.next = now + EVERY
            self.bar.draw(*self.read(False))

    def epoch_end(self) -> None:
        self.bar.draw(*self.read(True))

    def close(self) -> None:
        self.bar.close()
