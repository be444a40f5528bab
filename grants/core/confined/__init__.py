"""Hostile files are read by child processes under limits: `running` starts them, `child` is how each of them begins."""
