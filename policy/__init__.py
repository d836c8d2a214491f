"""Rules that every stack must keep: named controls of Security Hub, CIS, Control Tower and checkov."""
