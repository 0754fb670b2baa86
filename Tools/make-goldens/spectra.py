# pip install numpy==2.4.6 scipy==1.17.1 scikit-learn==1.9.1 safetensors
"""Writes SampleData/Golden/spectra/pretreatments.safetensors (SNV, MSC, Savitzky-Golay, continuum
removal, absorbance and principal components by SciPy, NumPy and scikit-learn),
bands.safetensors (Gaussian responses by NumPy) and SampleData/Golden/chemometrics/
classifiers.safetensors (PLS-DA, discriminants and logistic regression by scikit-learn)."""

import pathlib

import numpy
from safetensors.numpy import save_file
from scipy.signal import savgol_filter
from scipy.spatial import ConvexHull
from sklearn.cross_decomposition import PLSRegression
from sklearn.decomposition import PCA
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.linear_model import LogisticRegression

golden = pathlib.Path(__file__).resolve().parents[2] / "SampleData/Golden"
random = numpy.random.default_rng(23)

# Spectra of 31 bands that are not equally far apart.
bands, pixels = 31, 40
wavelengths = 400 + numpy.cumsum(random.uniform(6, 30, bands))
shape = 0.45 + 0.3 * numpy.sin(
    numpy.arange(pixels)[:, None] / 3 + wavelengths[None] / 90)
spectra = shape * random.uniform(0.1, 1, (pixels, 1)) + random.uniform(0, 0.05, (pixels, 1))
spectra = numpy.clip(spectra, 0.002, 1.2).astype("f4").astype("f8")


def continuum(spectrum):
    """Over the upper hull, whose corners the hull of points with two more far below tells."""
    points = numpy.column_stack([wavelengths, spectrum])
    floor = [[wavelengths[0], spectrum.min() - 1], [wavelengths[-1], spectrum.min() - 1]]
    corners = sorted(i for i in ConvexHull(numpy.vstack([points, floor])).vertices if i < bands)
    return spectrum / numpy.interp(wavelengths, wavelengths[corners], spectrum[corners])


reference = spectra[:25].mean(0)
scattered = []
for spectrum in spectra:
    slope, offset = numpy.polyfit(reference, spectrum, 1)
    scattered.append((spectrum - offset) / slope)
components = PCA(n_components=4).fit(spectra[:25])
signs = numpy.sign(numpy.take_along_axis(
    components.components_, numpy.abs(components.components_).argmax(1)[:, None], 1))
tensors = {
    "wavelengths": wavelengths, "spectra": spectra,
    "snv": (spectra - spectra.mean(1, keepdims=True)) / spectra.std(1, ddof=1, keepdims=True),
    "msc": scattered,
    "continuum-removal": [continuum(spectrum) for spectrum in spectra],
    "absorbance": -numpy.log10(numpy.maximum(spectra, 0.02)),
    "pca": components.transform(spectra) * signs.T,
    "snv-savgol": savgol_filter(
        (spectra - spectra.mean(1, keepdims=True)) / spectra.std(1, ddof=1, keepdims=True),
        7, 2, deriv=1, mode="interp"),
}
for window, order, derivative in [(11, 2, 0), (11, 2, 1), (11, 2, 2), (5, 3, 0), (7, 4, 2),
                                  (15, 3, 1), (31, 6, 2), (9, 0, 0)]:
    tensors[f"savgol-{window}-{order}-{derivative}"] = savgol_filter(
        spectra, window, order, deriv=derivative, mode="interp")

# Another camera's bands: a Gaussian response times the width of spectrum of each source band.
targets = numpy.array([480.0, 560.5, 640.0, 733.3])
widths = numpy.array([60.0, 80.0, 45.0, 120.0])
edges = numpy.empty(bands)
edges[1:-1] = wavelengths[2:] - wavelengths[:-2]
edges[0] = 2 * (wavelengths[1] - wavelengths[0])
edges[-1] = 2 * (wavelengths[-1] - wavelengths[-2])
distance = (wavelengths[None] - targets[:, None]) / widths[:, None]
response = numpy.exp(-4 * numpy.log(2) * distance**2) * edges * (abs(distance) <= 1.5)
response /= response.sum(1, keepdims=True)
resampled = {
    "wavelengths": wavelengths, "spectra": spectra, "targets": targets, "widths": widths,
    "gaussian": spectra @ response.T,
    "linear": numpy.array([numpy.interp(targets, wavelengths, s) for s in spectra]),
}

# Four classes of unequal size whose means lie near each other.
sizes, features = [30, 22, 30, 38], 12
means = random.normal(0, 0.8, (4, features))
mixing = random.normal(0, 0.6, (features, features)) + numpy.eye(features)
labels = numpy.repeat(numpy.arange(4), sizes)
training = (means[labels] + random.normal(0, 1, (len(labels), features)) @ mixing).astype("f4")
test = (means[labels[::3]] + random.normal(0, 1, (40, features)) @ mixing).astype("f4")
training, test = training.astype("f8"), test.astype("f8")
classes = {"training": training, "labels": labels, "test": test}
membership = numpy.eye(4)[labels]
for count in [1, 3, 7]:
    pls = PLSRegression(n_components=count, scale=False, max_iter=10000, tol=1e-14)
    classes[f"pls-{count}"] = pls.fit(training, membership).predict(test)
for strength in [0.05, 1.0]:
    model = LogisticRegression(C=strength, tol=1e-10, max_iter=10000).fit(training, labels)
    classes[f"logistic-{strength:g}"] = model.predict_proba(test)
equal = numpy.concatenate([numpy.flatnonzero(labels == k)[:22] for k in range(4)])
axes = PCA(n_components=6).fit(training[equal])
model = LinearDiscriminantAnalysis(solver="lsqr", shrinkage=0.1, priors=[0.25] * 4).fit(
    axes.transform(training[equal]), labels[equal])
classes["equal"] = equal
# Its covariance divides by the samples, ours by the samples less the classes.
classes["discriminant"] = (
    model.decision_function(axes.transform(test)) - numpy.log(0.25)) * (88 - 4) / 88

for path, content in [("spectra/pretreatments", tensors), ("spectra/bands", resampled),
                      ("chemometrics/classifiers", classes)]:
    file = golden / f"{path}.safetensors"
    file.parent.mkdir(parents=True, exist_ok=True)
    save_file({k: numpy.ascontiguousarray(v, "<f4") for k, v in content.items()}, file)
