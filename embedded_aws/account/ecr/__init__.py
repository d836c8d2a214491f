"""Amazon ECR: moto's repositories with what it leaves out, and the images that tasks pull from them."""

from embedded_aws.account.ecr.blobs import PATH
from embedded_aws.account.ecr.pull import image
from embedded_aws.account.ecr.registry import install

__all__ = ["PATH", "image", "install"]
