"""Reading a line such as `Pay rent tomorrow 9am #home` as a task; docs/quick-add.md is the grammar."""
