"""An AWS account, a Pulumi engine and an image builder on one machine. Knows no program that runs on it."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[len(__name__.split("."))]
"""The folder that this package is imported from, by whatever name: a distribution may have it as a part."""
