"""What machines read about the site: sitemap, schema.org description, and an RO-Crate of the run."""

from __future__ import annotations

import hashlib
import json
import mimetypes
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from .. import paths
from ..atomic import write_text
from .layout import json_script
from .stage import Stage

_TEXT_LICENSE = "https://creativecommons.org/licenses/by/4.0/"


def describe_site(staged: Stage, out: Path) -> None:
    """Write the metadata of a rendered site."""
    names = [page.relative_to(out).as_posix() for page in sorted(out.rglob("*.html")) if page.name != "404.html"]
    write_text(out / "sitemap.txt", "\n".join(names) + "\n")
    _into_head(out / "index.html", schema_org(staged))
    write_text(out / "ro-crate-metadata.json", json.dumps(ro_crate(staged, out), indent=1, ensure_ascii=False) + "\n")


def schema_org(staged: Stage) -> dict[str, Any]:
    """The study as schema.org data set, for search engines of data."""
    citation = _citation()
    synthetic = ["synthetic data"] if staged.study.synthetic else []
    return {
        "@context": "https://schema.org",
        "@type": "Dataset",
        "name": staged.project.title,
        "description": _description(staged),
        "license": _TEXT_LICENSE,
        "isAccessibleForFree": True,
        "creator": [_agent(author) for author in citation.get("authors", [])],
        "version": str(citation.get("version", "")) or None,
        "keywords": ["human trafficking", "service providers", "reproducible research", *synthetic],
        "distribution": [
            {"@type": "DataDownload", "encodingFormat": "application/json", "contentUrl": "downloads/results.json"}
        ],
    }  # fmt: skip


def ro_crate(staged: Stage, out: Path) -> dict[str, Any]:
    """The run as a research object (RO-Crate 1.1): files with checksums, software with versions, steps, inputs.

    Inputs are described by name and checksum and are not part of the crate: raw data are not published.
    """
    files = sorted(f for f in (out / "downloads").rglob("*") if f.is_file())
    files += [f for f in (out / "paper" / f"index.{suffix}" for suffix in ("html", "pdf", "docx")) if f.is_file()]
    parts = [_file(f, out) for f in files]
    software = [
        {"@id": f"#software-{name}", "@type": "SoftwareApplication", "name": name, "version": str(number)}
        for name, number in sorted((staged.run.get("packages") or {}).items())
    ]
    steps = [_action(name, staged) for name in staged.notebooks]
    whole = {
        "@id": "#run", "@type": "CreateAction", "name": f"Run of the study {staged.study.study}",
        "instrument": [{"@id": f"downloads/notebooks/{name}.ipynb"} for name in staged.notebooks],
        "object": [{"@id": f"#input-{key}"} for key in sorted(_inputs(staged.run))],
        "result": [{"@id": part["@id"]} for part in parts],
    }  # fmt: skip
    inputs = [
        {"@id": f"#input-{name}", "@type": "CreativeWork", "name": name, "identifier": f"sha256:{digest}"}
        for name, digest in sorted(_inputs(staged.run).items())
    ]
    citation = _citation()
    people = [_agent(author) | {"@id": f"#author-{i}"} for i, author in enumerate(citation.get("authors", []), 1)]
    root = {
        "@id": "./", "@type": "Dataset", "name": staged.project.title, "description": _description(staged),
        "license": {"@id": _TEXT_LICENSE}, "datePublished": str(citation.get("date-released", "2026-11-22")),
        "hasPart": [{"@id": part["@id"]} for part in parts],
        "mentions": [{"@id": part["@id"]} for part in [whole, *steps, *inputs]],
    }  # fmt: skip
    if people:
        root["author"] = [{"@id": one["@id"]} for one in people]
    about = {
        "@id": "ro-crate-metadata.json", "@type": "CreativeWork", "about": {"@id": "./"},
        "conformsTo": {"@id": "https://w3id.org/ro/crate/1.1"},
    }  # fmt: skip
    license_entity = {
        "@id": _TEXT_LICENSE, "@type": "CreativeWork", "name": "Creative Commons Attribution 4.0 International",
        "description": "License of text, figures and tables; the code is under the MIT license.",
    }  # fmt: skip
    graph = [about, root, license_entity, *people, *parts, *software, whole, *steps, *inputs]
    return {"@context": "https://w3id.org/ro/crate/1.1/context", "@graph": graph}


def _action(name: str, staged: Stage) -> dict[str, Any]:
    results = [output.label for output in staged.outputs().values() if output.notebook.name == name]
    folder = {"fig": "figures", "tbl": "tables"}
    return {
        "@id": f"#run-{name}", "@type": "CreateAction", "name": f"Execution of {name}.ipynb",
        "instrument": {"@id": f"downloads/notebooks/{name}.ipynb"},
        "result": [
            {"@id": f"downloads/{folder[label[:3]]}/{label}.csv"} for label in results
            if (staged.folder / "downloads" / folder[label[:3]] / f"{label}.csv").is_file()
        ],
    }  # fmt: skip


def _inputs(run: Mapping[str, Any]) -> dict[str, str]:
    """Names and checksums of the raw files that were read."""
    return dict(run.get("inputs") or {})


def _file(file: Path, out: Path) -> dict[str, Any]:
    content = file.read_bytes()
    media = mimetypes.guess_type(file.name)[0] or (
        "application/x-ipynb+json" if file.suffix == ".ipynb" else "text/plain"
    )
    return {
        "@id": file.relative_to(out).as_posix(), "@type": "File", "name": file.name, "encodingFormat": media,
        "contentSize": str(len(content)), "sha256": hashlib.sha256(content).hexdigest(),
    }  # fmt: skip


def _citation() -> dict[str, Any]:
    file = paths.root() / "CITATION.cff"
    return yaml.safe_load(file.read_text(encoding="utf-8")) if file.is_file() else {}


def _agent(author: dict[str, Any]) -> dict[str, Any]:
    if "name" in author:
        return {"@type": "Organization", "name": author["name"]}
    name = f"{author.get('given-names', '')} {author.get('family-names', '')}".strip()
    return {"@type": "Person", "name": name}


def _description(staged: Stage) -> str:
    note = " All records are synthetic; no number in it is a finding." if staged.study.synthetic else ""
    return f"{staged.project.description}{note}"


def _into_head(page: Path, data: dict[str, Any]) -> None:
    text = page.read_text(encoding="utf-8")
    kept = {key: value for key, value in data.items() if value}
    script = f'<script type="application/ld+json">{json_script(kept)}</script>\n'
    write_text(page, text.replace("</head>", f"{script}</head>", 1))
