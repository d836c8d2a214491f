"""`make up`: the program of this repository on the embedded account."""
