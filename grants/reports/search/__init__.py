"""One list of applications for everybody who works on them: a query, columns, an order."""
