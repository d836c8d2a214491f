"""A deployment on one machine: engine, images, an AWS account on loopback. Knows no program it serves."""
