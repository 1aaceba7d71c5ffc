"""Generates the Python SDK: generate.py openapi.yaml gen/sdk/python.

openapi-python-client parses the document and names things; spec.py adds what it drops. The templates here generate
one client with flat methods instead of a module per operation. Files in runtime/ do not depend on the document and are
copied.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

from openapi_python_client import Project
from openapi_python_client.config import ClassOverride, Config, ConfigFile, MetaType
from openapi_python_client.parser import GeneratorData
from ruamel.yaml import YAML

import properties
from spec import Spec

HERE = Path(__file__).parent
PACKAGE = "agentexchange"
# The generated modules: template → file.
MODULES = {
    "package_init.py.jinja": "__init__.py",
    "spec.py.jinja": "_spec.py",
    "models.py.jinja": "models.py",
    "errors.py.jinja": "errors.py",
    "operations.py.jinja": "_operations.py",
    "client.py.jinja": "client.py",
    "async_client.py.jinja": "async_client.py",
}
# One name would look like an exception's; the others replace the generator's names for schemas without one.
NAMES = {
    "Error": ClassOverride(class_name="ErrorEnvelope"),
    "ErrorEnvelopeError": ClassOverride(class_name="ErrorBody"),
    "ErrorBodyDetails": ClassOverride(class_name="ErrorDetails"),
}


class Package(Project):
    """The generator's project, with our own modules."""

    def _create_package(self) -> None:
        self.package_dir.mkdir()
        for source in sorted((HERE / "runtime").iterdir()):
            if source.is_file():
                shutil.copyfile(source, self.package_dir / source.name)

    def _build_metadata(self) -> None:
        for name in ("pyproject.toml", "README.md"):
            self._render(f"{name}.jinja", self.project_dir / name)
        shutil.copyfile(HERE.parents[2] / "LICENSE", self.project_dir / "LICENSE")

    def _build_models(self) -> None:
        """Does nothing: _build_api writes all models into one module."""

    def _build_api(self) -> None:
        for template, name in MODULES.items():
            self._render(template, self.package_dir / name)

    def _render(self, template: str, path: Path) -> None:
        path.write_text(self.env.get_template(template).render(), encoding="utf-8")


def docstring(text: str, indent: int, margin: int = 114) -> str:
    """Rewraps paragraphs and list items for a docstring with this indentation."""
    blocks: list[str] = []
    for line in text.replace("\\", "\\\\").replace('"""', "'''").strip().splitlines():
        starts = not line.strip() or not blocks or not blocks[-1].strip() or line.lstrip().startswith("- ")
        blocks.append(line) if starts else blocks.append(f"{blocks.pop()} {line.strip()}")
    lines: list[str] = []
    for block in blocks:
        hang = " " * (len(block) - len(block.lstrip()) + 2 * block.lstrip().startswith("- "))
        lines += textwrap.wrap(block, margin - indent, subsequent_indent=hang, break_on_hyphens=False) or [""]
    return "\n".join([lines[0], *(" " * indent + line if line else "" for line in lines[1:])]) if lines else ""


def generate(document: Path, output: Path) -> None:
    """Replaces the package in output."""
    config = Config.from_sources(
        ConfigFile(
            literal_enums=True,
            class_overrides=NAMES,
            project_name_override=PACKAGE,
            package_name_override=PACKAGE,
            post_hooks=[],
        ),
        MetaType.UV,
        document,
        "utf-8",
        overwrite=True,
        output_path=output,
    )
    data = YAML(typ="safe").load(document)
    spec = Spec(data)
    parsed = GeneratorData.from_dict(properties.prepare(data), config=config)
    if not isinstance(parsed, GeneratorData):
        sys.exit(f"{document}: {parsed.header}\n{parsed.detail}")
    shutil.rmtree(output, ignore_errors=True)
    output.parent.mkdir(parents=True, exist_ok=True)
    package = Package(openapi=parsed, config=config, custom_template_path=HERE / "templates")
    package.env.filters["docstring"] = docstring
    package.env.globals.update(spec=spec, operations=spec.operations(parsed), models=properties.models(parsed))
    # The generator leaves out what it reports as a problem.
    if problems := package.build():
        sys.exit("\n".join(f"{document}: {each.header}\n{each.detail}" for each in problems))
    for command in (["check", "--fix-only"], ["format"], ["check"]):
        subprocess.run([sys.executable, "-m", "ruff", *command, "--quiet", "--no-cache", str(output)], check=True)


if __name__ == "__main__":
    generate(Path(sys.argv[1]), Path(sys.argv[2]))
