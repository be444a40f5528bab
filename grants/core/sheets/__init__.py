"""Workbooks: `writing` makes them safely and in little memory, `reading` reads hostile ones in a child process."""
