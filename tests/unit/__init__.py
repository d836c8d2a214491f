"""Tests of `components/model/`: plain values in and out; none needs Pulumi, a server or a network."""
