"""How the image is built and tagged."""
