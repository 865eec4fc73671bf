"""Writes the type stubs of the modules whose classes are made of the library's tables when they are imported.

usage: stubs.py [--check]

The package must be importable. For editors and type checkers the stubs have the same classes with their options,
written out; they are part of the source, and --check, which the tests do, tells whether they still agree.
"""
import ast
import inspect
import os
import sys

# Not the package beside this file, which is the source: it lacks what a build makes of the headers.
sys.path = [each for each in sys.path if os.path.abspath(each) != os.path.dirname(os.path.abspath(__file__))]

import libneuron  # noqa: E402,F401

augmentation, callbacks, kinds, layers = (sys.modules["libneuron." + name] for name in
                                          ("augmentation", "callbacks", "kinds", "layers"))

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "libneuron")
TYPES = {"integer": "int", "real": "float", "flag": "bool", "text": "str"}
SIZES = "Union[int, Tuple[int, int]]"
HEAD = "# Made by stubs.py from {}.py and the library's tables of options.\n"


class Bare(ast.NodeTransformer):
    """Takes the bodies away."""

    def visit_FunctionDef(self, node):
        node.body = [ast.Expr(ast.Constant(...))]
        for arguments in (node.args.defaults, node.args.kw_defaults):
            arguments[:] = [None if value is None else ast.Constant(...) for value in arguments]
        return node


def declared(node):
    """Whether a stub has the statement: imports, classes, functions, and names with a type or a plain value."""
    if isinstance(node, ast.Assign):
        return isinstance(node.targets[0], ast.Name) and not node.targets[0].id.startswith("__") \
            and node.targets[0].id != "_"
    if isinstance(node, ast.ImportFrom) and node.module == "__future__":
        return False
    return isinstance(node, (ast.Import, ast.ImportFrom, ast.ClassDef, ast.FunctionDef, ast.AnnAssign))


def bare(module):
    """The source of a module without what functions do."""
    with open(os.path.join(HERE, module + ".py"), encoding="utf-8") as file:
        tree = ast.parse(file.read())
    lines = []
    for node in tree.body:
        if not declared(node):
            continue
        if isinstance(node, ast.ClassDef):
            node.body = [each for each in node.body if isinstance(each, (ast.FunctionDef, ast.AnnAssign, ast.Assign))]
            for each in node.body:
                if isinstance(each, ast.AnnAssign):
                    each.value = None
            node.body = [Bare().visit(each) for each in node.body] or [ast.Expr(ast.Constant(...))]
        elif isinstance(node, ast.FunctionDef):
            node = Bare().visit(node)
        elif isinstance(node, ast.AnnAssign):
            if node.target.id == "Augmentation":
                continue
            node.value = None
        elif isinstance(node, ast.Assign) and not isinstance(node.value, ast.Subscript):  # but for names of types
            node = ast.AnnAssign(ast.Name(node.targets[0].id), ast.Name("Any"), None, 1)
        lines.append(ast.unparse(ast.fix_missing_locations(node)))
    return "\n".join(lines)


def type_of(option):
    if option.words:
        return "Literal[" + ", ".join(repr(word) for word in option.words) + "]"
    plain = TYPES[option.type]
    return f"Union[{plain}, Tuple[{plain}, {plain}]]" if "one value, or (height, width)" in option.help else plain


def parameter(name, option, default):
    kind = type_of(option) if option is not None else {"activation": "Any", "name": "Optional[str]", "trainable": "bool"}[name]
    if default is inspect.Parameter.empty:
        return f"{name}: {kind}"
    if default is None and not kind.startswith("Optional"):
        kind = f"Optional[{kind}]"
    return f"{name}: {kind} = ..."


def written(cls, base, attributes=True):
    """A class with its options in its constructor, and as attributes."""
    parameters, star = ["self"], False
    for each in cls.__signature__.parameters.values():
        if each.kind is each.KEYWORD_ONLY and not star:
            parameters.append("*")
            star = True
        parameters.append(parameter(each.name, cls._options.get(each.name), each.default))
    if base == "Layer":
        parameters.append("**arrays: Any")
    lines = [f"class {cls.__name__}({base}):"]
    if attributes:
        lines += [f"    {option.name}: {type_of(option)}" for option in cls._options.values()]
    lines.append(f"    def __init__({', '.join(parameters)}) -> None: ...")
    return "\n".join(lines)


def with_names(text):
    """What the added classes need of typing."""
    return "from typing import Any, Literal, Optional, Tuple, Union\n" + text


def stubs():
    """The text of each stub by its module."""
    made = {
        "layers": [written(cls, "Layer", False) for cls in layers.classes.values()],
        "kinds": [written(cls, "Optimizer") for cls in kinds.optimizers.values()]
        + [written(cls, "Loss") for cls in kinds.losses.values()],
        "callbacks": [written(cls, "LibraryCallback") for cls in callbacks.callbacks.values()],
        "augmentation": [written(augmentation.Augmentation, "_Augmentation")],
    }
    texts = {module: HEAD.format(module) + with_names(bare(module)) + "\n" + "\n".join(classes) + "\n"
             for module, classes in made.items()}
    with open(os.path.join(HERE, "__init__.py"), encoding="utf-8") as file:
        imports = [node for node in ast.parse(file.read()).body if isinstance(node, ast.ImportFrom)]
    lines = [HEAD.format("__init__").rstrip()]
    for node in imports:
        names = [alias.name for alias in node.names]
        if names == ["*"]:
            names = sorted(sys.modules["libneuron." + node.module].__all__)
        lines += [f"from .{node.module or ''} import {name} as {name}" for name in names if not name.startswith("_")]
    texts["__init__"] = "\n".join(sorted(set(lines), key=lines.index)) + "\n\n__version__: str\n"
    return texts


def main():
    check = "--check" in sys.argv[1:]
    wrong = []
    for module, text in stubs().items():
        path = os.path.join(HERE, module + ".pyi")
        if check:
            with open(path, encoding="utf-8") as file:
                if ast.dump(ast.parse(file.read())) != ast.dump(ast.parse(text)):
                    wrong.append(path)
        else:
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
    return f"not as the library tells, run {__file__}: {', '.join(wrong)}" if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
