# pyright: basic, reportMissingImports=false
# In the image.
"""Lets a worker obey two commands that the image refuses: to leave a queue, and to take it again."""

from celery.worker import control

control.Panel.data |= {name: getattr(control, name) for name in ("add_consumer", "cancel_consumer")}
