"""Asks for known weaknesses of the packages that are installed: `make audit`; says so where it cannot ask."""

import json
import subprocess
import sys
import urllib.request
from typing import Any

_COMMAND = ("-m", "pip_audit", "--local", "--skip-editable", "--format=json", "--progress-spinner=off", "--timeout=15")
_PATIENCE = 300  # seconds
_PROBE = "https://pypi.org/pypi/pip/json"  # where pip-audit asks; a mirror need not have the advisories
_NAMED = 5


def result(output: str, error: str) -> tuple[str, int]:
    """What pip-audit's output means: lines for people, and the exit code; 1 only where there is a known weakness."""
    try:
        packages: list[dict[str, Any]] = json.loads(output)["dependencies"]
    except (ValueError, KeyError, TypeError):
        reason = (error.strip().splitlines() or ["no answer"])[-1]
        return f"audit: skipped, the advisories cannot be reached: {reason}", 0
    asked = [package for package in packages if "skip_reason" not in package]
    skipped = [package for package in packages if "skip_reason" in package]
    if not asked:
        reason = skipped[0]["skip_reason"] if skipped else "nothing is installed"
        return f"audit: skipped, no package could be looked up: {reason}", 0
    lines = [
        f"audit: {package['name']} {package['version']}: {weakness['id']}, mended in "
        f"{', '.join(weakness['fix_versions']) or 'no version yet'}"
        for package in asked
        for weakness in package["vulns"]
    ]
    names = [package["name"] for package in skipped]
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    left = f"; not looked up: {', '.join(names[:_NAMED])}{more}" if names else ""
    return "\n".join([*lines, f"audit: {len(lines)} known weaknesses in {len(asked)} packages{left}"]), int(bool(lines))


def unreachable() -> str:
    """Why the advisories cannot be read, or nothing: one look, before pip-audit asks for every package."""
    try:
        with urllib.request.urlopen(_PROBE, timeout=10) as answer:
            json.load(answer)["vulnerabilities"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        return f"{_PROBE}: {error}"
    return ""


def main() -> int:
    """Runs pip-audit on this environment."""
    if reason := unreachable():
        print(f"audit: skipped, the advisories cannot be reached: {reason}")
        return 0
    try:
        done = subprocess.run(
            [sys.executable, *_COMMAND], capture_output=True, text=True, timeout=_PATIENCE, check=False
        )
    except subprocess.TimeoutExpired:
        print(f"audit: skipped, no answer within {_PATIENCE} s")
        return 0
    text, code = result(done.stdout, done.stderr)
    print(text)
    return code


if __name__ == "__main__":
    sys.exit(main())
