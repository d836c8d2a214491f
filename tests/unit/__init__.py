"""Tests of `model/`: plain values in and out, so none of them needs Pulumi, a server or a network."""
