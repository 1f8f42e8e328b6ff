"""Results as lines of JSON in a file, each written as soon as it is there: a run that was stopped can go on."""

import json
import os

KEYS = ("group", "name", "dtype", "layout", "size", "threads")


class Results:
    """The cells measured so far for one state of the programs; those of another state are left out."""

    def __init__(self, path, state, afresh=False):
        self.path, self.state, self.cells = path, state, {}
        if afresh and os.path.exists(path):
            os.remove(path)
        for line in self._lines():
            try:
                cell = json.loads(line)
            except ValueError:
                continue  # The last line of a run that was killed.
            if cell.get("state") == state:
                self.cells[key_of(cell)] = cell

    def _lines(self):
        if not os.path.exists(self.path):
            return []
        with open(self.path, encoding="utf-8") as file:
            return file.readlines()

    def __contains__(self, key):
        return key in self.cells

    def add(self, cell):
        """Keeps a cell, in memory and on disk."""
        cell = cell | {"state": self.state}
        self.cells[key_of(cell)] = cell
        with open(self.path, "a", encoding="utf-8") as file:
            file.write(json.dumps(cell) + "\n")

    def write_json(self, path, about):
        """All cells and what is known about the run, as one document."""
        with open(path, "w", encoding="utf-8") as file:
            json.dump(about | {"cells": list(self.cells.values())}, file, indent=1)


def key_of(cell):
    """What a cell is about."""
    return tuple(cell[name] for name in KEYS)
