"""The image as a Docker daemon builds, pushes and runs it, through the program and the engine."""
