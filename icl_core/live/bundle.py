"""Modules of frontend/ as one program, for a page whose HTML must hold all that it needs."""

import re
from functools import cache

from icl_core.live.message import FRONTEND

IMPORT = re.compile(r'^import \{([^}]*)\} from "\./(\w+)\.mjs";\n', re.MULTILINE)
EXPORT = re.compile(r"^export (?:async )?(?:const|let|function|class) (\w+)", re.MULTILINE)
COMMENT = re.compile(r"^\s*(?://[^\n]*|/\*\*.*?\*/)\n", re.MULTILINE | re.DOTALL)


@cache
def bundled(entry: str) -> str:
    """A script after which `icl_ENTRY` holds what the module `entry` exports.

    Each module becomes a function that runs once, those first that others import. Only named
    imports and exports are known, which is all that frontend/ has.
    """
    done: dict[str, str] = {}

    def add(name: str) -> None:
        if name in done:
            return
        code = (FRONTEND / f"{name}.mjs").read_text(encoding="utf-8")
        for _, other in IMPORT.findall(code):
            add(other)
        names = ", ".join(EXPORT.findall(code))
        code = IMPORT.sub(lambda found: f"const {{{_renamed(found[1])}}} = icl_{found[2]};\n", code)
        code = COMMENT.sub("", code).replace("\nexport ", "\n").removeprefix("export ")
        done[name] = f"const icl_{name} = (() => {{\n{code}\nreturn {{ {names} }};\n}})();\n"

    add(entry)
    return "".join(done.values()).replace("</script", r"<\/script")


def _renamed(names: str) -> str:
    """`a as b` of an import is `a: b` where an object is taken apart."""
    return re.sub(r"(\w+) as (\w+)", r"\1: \2", " ".join(names.split()))
