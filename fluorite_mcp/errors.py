"""Every error the project raises on purpose, as one tree.

FluoriteError
├── InputError               the caller's argument is wrong; the message says which and what to do
│   ├── UnknownIdError       no chunk, spike or undo has that id; names the nearest
│   ├── TooLargeError        content over the limit; names the limit and the size
│   └── OutsideRootError     a path leaves the allowed roots; names the root
├── ConfigError              a settings file or variable is wrong; stops the start
├── SourceError              a source of automatic learning cannot be read; the others go on
├── ProjectError             a folder cannot be searched or learned as a project
├── SpikeError               a spike template cannot be read or rendered; names file and line
├── EmbeddingError           an embedding model cannot be loaded or asked; search falls back
├── RerankingError           a re-ranking model cannot be loaded or asked; the order of before stays
└── StoreError               the store cannot be used now
    ├── StoreBusyError       another process held the write lock too long; nothing was written
    ├── StoreCorruptError    the database is damaged; names the newest backup
    ├── StoreTooNewError     a newer version of fluorite-mcp wrote this store
    └── StoreFullError       the disk is full or not writable; nothing was written

Each message is one or two sentences: what was wrong, where, and what to do.
"""

from __future__ import annotations


class FluoriteError(Exception):
    """Root of every error raised on purpose. The text is written for the user."""


class InputError(FluoriteError):
    """The caller passed something that cannot be used."""


class UnknownIdError(InputError):
    """No object has the id; the message names the nearest ones."""


class TooLargeError(InputError):
    """Content exceeds a limit; the message names the limit and the size."""


class OutsideRootError(InputError):
    """A path lies outside the folders this session may read."""


class ConfigError(FluoriteError):
    """Settings are unusable; the message names the file, line, key and allowed values."""


class SourceError(FluoriteError):
    """A source of automatic learning cannot be read now; the message names it."""


class ProjectError(FluoriteError):
    """A folder cannot be used as a project."""


class SpikeError(FluoriteError):
    """A spike template cannot be read or rendered."""


class EmbeddingError(FluoriteError):
    """An embedding model cannot be loaded or does not answer."""


class RerankingError(FluoriteError):
    """A re-ranking model cannot be loaded or does not answer."""


class StoreError(FluoriteError):
    """The store cannot be used now."""


class StoreBusyError(StoreError):
    """The write lock was held past the timeout; nothing was written."""


class StoreCorruptError(StoreError):
    """The database file is damaged; the message names the newest backup."""


class StoreTooNewError(StoreError):
    """A newer version wrote this store; this version leaves it alone."""


class StoreFullError(StoreError):
    """The disk is full or the folder is not writable; nothing was written."""
