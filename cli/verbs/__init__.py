"""One module a verb: its options and help. A verb imports what it works with when it runs."""
