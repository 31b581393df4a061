"""A student with a browser: what is done on the app, at random and in a student's pace."""

import asyncio
import random
import time
from collections.abc import Awaitable

from benchmarks.classroom.notes import Kind, Notes, Training
from benchmarks.classroom.page import Fault
from benchmarks.classroom.tab import LostError, Tab, UnansweredError
from benchmarks.classroom.widgets import Change, Element, opened, pressed, typed

THINKING, READING = (1.0, 5.0), (0.5, 2.0)
"""Seconds between two actions, and that a menu stays open."""
BETWEEN_TRAININGS = (40.0, 80.0)
TRAINING_LIMIT = 600.0
"""Seconds from the click to the end of a training: others may be ahead of it."""
CHANGE, MENU, LINK, NEW_TAB = 0.75, 0.05, 0.05, 0.02
"""Shares of what is done; the rest is another page from the navigation."""
TRAIN, START, SECONDS = "train", "Start training", "Seconds at most"
WAITS, DONE = "Waiting", "Download the model"
"""The page with trainings and what stands on it."""


class Visitor:
    """Walks until a moment; one that `trains` a model does so first, and again and again."""

    def __init__(self, number: int, base: str, notes: Notes, seed: int, trains: float = 0) -> None:
        """`trains` are the seconds that a training may take, 0 if this visitor trains none."""
        self.name, self.base, self.notes = f"visitor {number}", base, notes
        self.rng = random.Random(f"{seed} {number}")
        self.trains = trains
        self.tab = Tab(base)

    async def walk(self, pages: list[str], until: float) -> None:
        """Arrive, and act as long as there is time; `pages` are those of the navigation."""
        next_training = time.monotonic() if self.trains else float("inf")
        while True:
            try:
                if not self.tab.connected:
                    await self._arrive(pages)
                await asyncio.sleep(self.rng.uniform(*THINKING))
                if time.monotonic() > next_training:
                    await self._train()
                    next_training = time.monotonic() + self.rng.uniform(*BETWEEN_TRAININGS)
                elif time.monotonic() < until:
                    await self._act(pages)
            except UnansweredError as error:
                await self._leave(Fault(kind="unanswered", said=str(error)))
            except LostError as error:
                await self._leave(Fault(kind="connection", said=str(error)))
                await asyncio.sleep(1)
            if time.monotonic() > until:
                return await self._leave()

    async def _leave(self, *faults: Fault) -> None:
        self.notes.met(self.name, self.tab.path, "", [*faults, *self.tab.page.faults])
        for seconds in self.tab.looks.seconds:
            self.notes.did(TRAIN, "look", "progress", seconds)
        await self.tab.close()
        self.tab = Tab(self.base, self.tab.cookies)

    async def _note(self, kind: Kind, control: str, action: Awaitable[float]) -> bool:
        """Do something and note it; whether all went well."""
        page = self.tab.path
        seconds = await action
        page = self.tab.path if kind == "open" else page
        self.notes.did(page, kind, control, seconds)
        faults = self.tab.page.faults
        self.notes.met(self.name, page, control, faults)
        good = not faults
        faults.clear()
        return good

    async def _act(self, pages: list[str]) -> None:
        dice = self.rng.random()
        if dice < CHANGE and (change := self._changes()):
            await self._note("change", change.control, self.tab.change(change))
        elif CHANGE <= dice < CHANGE + MENU and (menus := self.tab.page.of_kind("popover")):
            await self._look_into(self.rng.choice(menus))
        elif CHANGE + MENU <= dice < CHANGE + MENU + LINK and (links := self._links()):
            await self._note("open", "link", self.tab.go(*self.rng.choice(links)))
        elif dice >= 1 - NEW_TAB:
            await self._leave()
            await self._arrive(pages)
        else:
            others = [page for page in pages if page != self.tab.path] or pages
            await self._note("open", "navigation", self.tab.go(self.rng.choice(others)))

    async def _arrive(self, pages: list[str]) -> None:
        await self._note("open", "new tab", self.tab.open(self.rng.choice(pages)))

    def _changes(self, *kinds: str) -> Change | None:
        """A control of one of `kinds` at random, with another value."""
        page = self.tab.page
        found = [
            change
            for element in list(page.elements.values())
            if not kinds or element.kind in kinds
            if (change := page.other(element, self.rng))
        ]
        return self.rng.choice(found) if found else None

    def _links(self) -> list[tuple[str, str]]:
        """Links on the page to pages of the app, with the choices that some of them carry."""
        return [
            (path, link.proto.query_string)
            for link in self.tab.page.of_kind("page_link")
            for path, known in self.tab.pages.items()
            if known == link.proto.page_script_hash
        ]

    async def _look_into(self, menu: Element) -> None:
        for is_open in (True, False):
            change = opened(menu, is_open)
            await self._note("menu", change.control, self.tab.change(change))
            await asyncio.sleep(self.rng.uniform(*READING))

    async def _train(self) -> None:
        """Start a training with choices of one's own and wait for its end."""
        clicked, running, said, finished = time.monotonic(), None, "it was not started", False
        try:
            if not await self._start():
                return
            clicked = time.monotonic()
            while not finished and time.monotonic() - clicked < TRAINING_LIMIT:
                await asyncio.sleep(0.5)
                page = self.tab.page
                if not self.tab.connected or page.faults:
                    said = page.faults[-1].said if page.faults else "the connection was lost"
                    break
                if bars := page.of_kind("progress"):
                    said = bars[0].proto.text
                    if running is None and not said.startswith(WAITS):
                        running = time.monotonic()
                else:
                    finished = page.labelled("download_button", DONE) is not None
        finally:
            ended = time.monotonic()
            self.notes.trainings.append(
                Training(
                    at=self.notes.now(),
                    visitor=self.name,
                    finished=finished,
                    waited=round((running or ended) - clicked, 1),
                    seconds=round(ended - clicked, 1),
                    said=said,
                )
            )

    async def _start(self) -> bool:
        """Go to the page, choose, and click; whether the training was taken on."""
        await self._note("open", "navigation", self.tab.go(TRAIN))
        if change := self._changes("slider", "button_group", "selectbox"):
            await self._note("change", change.control, self.tab.change(change))
        if field := self.tab.page.labelled("text_input", SECONDS):
            await self._note("change", SECONDS, self.tab.change(typed(field, self.trains)))
        button = self.tab.page.labelled("button", START)
        if field is None or button is None or button.proto.disabled:
            fault = Fault(kind="training", said=f"no {START!r} or no {SECONDS!r} on the page")
            self.notes.met(self.name, self.tab.path, START, [fault])
            return False
        return await self._note("change", START, self.tab.change(pressed(button)))
