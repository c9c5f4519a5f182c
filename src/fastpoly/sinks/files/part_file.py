"""Files that get their name only once they are whole: `.name.tmp` until then."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import Final

__all__ = ["PartFile"]

FLAGS: Final = os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC


class PartFile:
    """A file in the making.

    Its name begins with a dot meanwhile, so that those who read the folder pass over it.

    Args:
        path: Its name in the end.
        overwrite: Whether it takes the place of a file of that name.

    Attributes:
        path: As above.
        temporary: Its name until then; the file is there.

    Raises:
        FileExistsError: There is such a file, or somebody is making it.
        OSError: It cannot be made.
    """

    def __init__(self, path: Path, *, overwrite: bool = False) -> None:
        self.path = path
        self.temporary = path.with_name(f".{path.name}.tmp")
        os.close(os.open(self.temporary, FLAGS, 0o666))
        # Looked at after the name is taken: nobody else can make the file from here on.
        if not overwrite and path.exists():
            self.discard()
            raise FileExistsError(f"{path} exists")

    @classmethod
    def numbered(cls, folder: Path, suffix: str, first: int = 0) -> PartFile:
        """Begin ``part-000000``, or the next number that is free, in a folder; made if need be.

        Args:
            folder: The folder.
            suffix: The file's suffix, with its dot.
            first: A number below which none is free.

        Raises:
            OSError: It cannot be made.
        """
        folder.mkdir(parents=True, exist_ok=True)
        number = first
        while True:
            with contextlib.suppress(FileExistsError):
                return cls(folder / f"part-{number:06}{suffix}")
            number += 1

    def commit(self) -> None:
        """Give the file its name."""
        os.rename(self.temporary, self.path)

    def discard(self) -> None:
        """Take the file away."""
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self.temporary)
