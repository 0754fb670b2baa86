#!/usr/bin/env python3
"""Makes recordings of Indian Pines with the published, spatially disjoint training mask.

    pip install numpy scipy pillow
    Tools/make-disjoint-mask.py DISJOINT.mat FOLDER [--overlap-note TEXT]

`DISJOINT.mat` is `indianpines_disjoint_dset.mat` of the repository mhaut/HSI-datasets. It serves as
a mask only: its class numbers are a permutation of the ground truth's and 1 to 2 % of its pixels
disagree with it, so labels come from SampleData/IndianPines. FOLDER gets a copy of that recording
with the mask; do not commit it, the mask has a licence of its own.
"""

import argparse
import hashlib
import json
import pathlib
import shutil

import numpy as np
from PIL import Image
from scipy.io import loadmat

SHIPPED = pathlib.Path(__file__).resolve().parent.parent / "SampleData/IndianPines"
OVERLAP = ("the published disjoint mask keeps fields apart but not patches; its figures compare "
           "with those published for it")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("mask", type=pathlib.Path, metavar="DISJOINT.mat")
    parser.add_argument("folder", type=pathlib.Path, metavar="FOLDER")
    parser.add_argument("--overlap-note", default=OVERLAP, metavar="TEXT",
                        help="why overlapping patches are accepted; empty refuses them")
    options = parser.parse_args()

    arrays = [v for k, v in loadmat(options.mask).items() if not k.startswith("__")]
    if len(arrays) != 1 or arrays[0].shape != (145, 145):
        raise SystemExit(f"{options.mask}: {[a.shape for a in arrays]}, one 145 × 145 array wanted")
    labels = np.asarray(Image.open(SHIPPED / "labels.png"))
    mask = ((arrays[0] > 0) & (labels > 0)).astype(np.uint8)

    options.folder.mkdir(parents=True, exist_ok=True)
    manifest = json.loads((SHIPPED / "manifest.json").read_text())
    for name in manifest["digests"]:
        shutil.copyfile(SHIPPED / name, options.folder / name)
    Image.fromarray(mask).save(options.folder / "training-mask.png")
    manifest["name"] = "Indian Pines, disjoint training mask"
    split = {"trainingMask": "training-mask.png"}
    if options.overlap_note:
        split["acceptedOverlap"] = options.overlap_note
    manifest["recordings"][0]["split"] = split
    data = (options.folder / "training-mask.png").read_bytes()
    manifest["digests"]["training-mask.png"] = hashlib.sha256(data).hexdigest()
    text = json.dumps(manifest, indent=2, sort_keys=True, ensure_ascii=False)
    (options.folder / "manifest.json").write_text(text + "\n")
    print(f"{options.folder}: {int(mask.sum())} pixels for training, "
          f"{int((labels > 0).sum() - mask.sum())} for the test")


if __name__ == "__main__":
    main()
