"""The `grants` command as operators run it, with the tests' own kinds of promise registered."""

import tests.messages.kinds  # noqa: F401
from grants.__main__ import main

if __name__ == "__main__":
    main()
