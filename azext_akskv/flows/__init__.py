"""One official procedure a file, and the drive that all of them share."""
