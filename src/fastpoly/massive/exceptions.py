"""The official client's module of exceptions, for imports that name it; and one that is two."""

from __future__ import annotations

from fastpoly.errors import AuthError, NotAuthorizedError

__all__ = ["AuthError", "PlanError", "as_auth_error"]


class PlanError(NotAuthorizedError, AuthError):
    """The plan does not include this market or feed; the official client says `AuthError`."""


def as_auth_error(error: BaseException) -> BaseException:
    """Return an error that is also an `AuthError` where the official client raises that."""
    if type(error) is not NotAuthorizedError:
        return error
    made = PlanError(error.detail, hint=error.hint)
    made.__dict__.update(error.__dict__)
    made.__cause__ = error.__cause__
    return made
