"""What every part of Taskfleet stands on: settings, errors, identity, time, ids, logs."""
