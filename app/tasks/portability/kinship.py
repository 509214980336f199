"""Which tasks of a file are below which, whatever the order in which they stand there."""


class Kinship:
    """Learns every task and its parent, and then tells the task at the top of each family."""

    def __init__(self, most: int) -> None:
        """`most` is how many tasks are remembered: the first ones."""
        self._most = most
        self._parents: dict[str, str | None] = {}
        self._tops: dict[str, str | None] = {}
        self.has_subtasks = False

    def clear(self) -> None:
        """Forget everything."""
        self._parents, self._tops, self.has_subtasks = {}, {}, False

    def add(self, key: str | None, parent_key: str | None) -> None:
        """Learn of a task; of several with one key the first counts."""
        self.has_subtasks = self.has_subtasks or parent_key is not None
        if key is not None and len(self._parents) < self._most:
            self._parents.setdefault(key, parent_key)

    def settle(self) -> None:
        """Find out who is at the top, once all are known; each task is looked at twice at most."""
        for key in self._parents:
            path: list[str] = []
            on_path: set[str] = set()
            at: str | None = key
            while at is not None and at in self._parents and at not in self._tops and at not in on_path:
                path.append(at)
                on_path.add(at)
                at = self._parents[at]
            if at in on_path:  # they are below each other, so nobody is at the top
                top = None
            elif at in self._tops:
                top = self._tops[at]
            else:
                top = path[-1]
            self._tops.update(dict.fromkeys(path, top))
        self._parents = {}

    def above(self, parent_key: str | None) -> str | None:
        """Return the key of the task at the top for one with this parent; None if it is there itself.

        That is where a task without a parent is, one whose parent is not in the file, and one below itself.
        """
        return None if parent_key is None else self._tops.get(parent_key)
