"""Amazon ECR: moto's repositories with what it leaves out, and the images that tasks pull from them."""

from local.aws.ecr.blobs import PATH
from local.aws.ecr.pull import image
from local.aws.ecr.registry import install

__all__ = ["PATH", "image", "install"]
