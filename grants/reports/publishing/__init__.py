"""Open data: the awards of a fund in the 360Giving standard, for anybody to read and use again."""
