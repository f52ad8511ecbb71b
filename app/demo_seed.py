"""The random seed of a demo's data folder, which its secrets are derived from."""

import secrets
from pathlib import Path


def seed_in(folder: Path) -> bytes:
    """Made once, readable by the owner only."""
    path = folder / "demo-seed"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        fresh = path.with_suffix(f".{secrets.token_hex(4)}")
        fresh.touch(mode=0o600)
        fresh.write_bytes(secrets.token_bytes(32))
        try:
            path.hardlink_to(fresh)
        except FileExistsError:
            pass  # another process was first; its seed counts
        finally:
            fresh.unlink()
    return path.read_bytes()
