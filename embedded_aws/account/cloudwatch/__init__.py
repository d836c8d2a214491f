"""CloudWatch metrics and alarms: what is published is stored, alarms are evaluated, and their actions run."""
