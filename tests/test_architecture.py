"""What import-linter cannot see: import the defining module, and no code in an `__init__`."""

import ast
from pathlib import Path

import pytest

import gzero

PACKAGE = Path(gzero.__file__).parent
MODULES = sorted(PACKAGE.rglob("*.py"))
ROOMS = {
    path.parent.relative_to(PACKAGE.parent).as_posix().replace("/", ".")
    for path in MODULES
    if path.name == "__init__.py"
}


@pytest.mark.parametrize("path", [p for p in MODULES if p.name == "__init__.py"], ids=lambda p: p.parent.name)
def test_init_files_hold_no_code(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    lazy = {"__getattr__", "__dir__"} if path.parent == PACKAGE else set()
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            assert node.name in lazy
        else:
            assert path.parent == PACKAGE, f"{path} holds code"
            assert isinstance(node, ast.Import | ast.ImportFrom | ast.Assign | ast.Expr)


@pytest.mark.parametrize("path", MODULES, ids=lambda p: p.relative_to(PACKAGE).as_posix())
def test_imports_name_the_defining_module(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno} imports relatively"
            if node.module in ROOMS:
                for alias in node.names:
                    assert (
                        f"{node.module}.{alias.name}" in ROOMS
                        or (PACKAGE.parent / f"{node.module}.{alias.name}".replace(".", "/"))
                        .with_suffix(".py")
                        .is_file()
                    ), f"{path}:{node.lineno} imports {alias.name} through a room's __init__"


def test_public_names_are_exactly_those_that_resolve() -> None:
    for name in gzero.__all__:
        assert getattr(gzero, name) is not None
    assert len(set(gzero.__all__)) == len(gzero.__all__)
    with pytest.raises(AttributeError):
        gzero.no_such_name  # noqa: B018


def test_importing_gzero_imports_no_heavy_package() -> None:
    import subprocess
    import sys

    code = "import sys, gzero; print(sorted({'numpy', 'pandas', 'scipy', 'matplotlib', 'lmfit', 'pint'} & set(sys.modules)))"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"
