"""The web process: the only one a browser reaches."""

from app.web.app import create_app

__all__ = ["create_app"]
