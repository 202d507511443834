"""Findings become messages: composing is pure, sending is the shell's."""
