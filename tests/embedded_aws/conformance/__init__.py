"""Which sentences of AWS's documentation the embedded account and the bridge keep, and which not."""
