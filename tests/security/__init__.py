"""What the program renders, looked at as an attacker and an auditor would."""
