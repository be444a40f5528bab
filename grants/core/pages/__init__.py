"""Pages of a PDF as pictures, drawn by a child process that may die of it."""
